/** The CPU that answers take of a server's process. */
import { setTimeout as sleep } from "node:timers/promises";

import { inside } from "./inside.mjs";
import { ask, cpuMs, median } from "./measure.mjs";
import { BURSTS, PACED, SHORT, paced } from "./requests.mjs";

const listFor = (names) => Object.fromEntries(names.map((name) => [name, []]));

/** The milliseconds of one answer that comes at once, a list with one for each round. */
export async function ofBursts(workers, rounds) {
  const spent = listFor(BURSTS.map(([name]) => name));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, worker, asked, times] of BURSTS) {
      const { pid } = workers[worker];
      const before = cpuMs(pid);
      for (let time = 0; time < times; time += 1) await ask(workers[worker], asked);
      if (round >= 0) spent[name].push((cpuMs(pid) - before) / times); // The first is for warming up.
    }
  }
  return spent;
}

/**
 * The milliseconds of one answer at a pace (`cpuMs`), their ratio to the no-op's (`toNoop`), and the
 * part of them in which the isolate was entered (`inside`; undefined where that cannot be told): lists
 * with one for each round. Each Worker answers beside the no-op in the same seconds, for a machine is
 * not as fast in one minute as in the next.
 */
export async function ofPaced(workers, pace, rounds) {
  const names = PACED.map(({ name }) => name);
  const spent = { cpuMs: listFor(names), toNoop: listFor(names), inside: listFor(names) };
  const [noop, ...others] = PACED;
  for (let round = 0; round < rounds; round += 1) {
    for (const other of others) {
      const [base, one] = await besideEachOther([noop, other], workers, pace);
      for (const { name, ms, part } of [base, one]) {
        spent.cpuMs[name].push(ms);
        spent.toNoop[name].push(ms / base.ms);
        spent.inside[name].push(part);
      }
    }
  }
  return spent;
}

async function besideEachOther(answering, workers, pace) {
  const pids = answering.map(({ name }) => workers[name].pid);
  const samples = await inside(pids);
  const before = pids.map(cpuMs);
  const all = Array.from({ length: pace.streams }, () => answering).flat();
  const answers = all.map(async ({ name, path }, index) => {
    await sleep((index * 1_000) / pace.aSecond / all.length);
    await ask(workers[name], paced(path, pace));
  });
  await Promise.all(answers);
  const after = pids.map(cpuMs);
  const partOf = await samples.parts();
  return answering.map(({ name }, index) => ({ name, ms: (after[index] - before[index]) / pace.streams, part: partOf(pids[index]) }));
}

/** How many short answers are asked for one after the other. */
const SHORT_ANSWERS = 60;
/** V8 optimizes what a request begins with after some hundreds of them. */
const WARM_UP_ROUNDS = 4;

/**
 * What a short answer takes of a server that is asked for one after the other: `cpuMs`, and in
 * milliseconds to the first byte (`firstMs`) and to the end (`totalMs`); of each round the median.
 */
export async function ofShort(servers, rounds) {
  const names = Object.keys(servers);
  const took = {};
  for (const kind of Object.keys(SHORT)) took[kind] = { cpuMs: listFor(names), firstMs: listFor(names), totalMs: listFor(names) };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const [kind, asked] of Object.entries(SHORT)) {
      for (const [name, server] of Object.entries(servers)) {
        const one = await oneShort(server, asked);
        if (round < 0) continue;
        for (const [what, value] of Object.entries(one)) took[kind][what][name].push(value);
      }
    }
  }
  return took;
}

async function oneShort(server, asked) {
  // Connections that were idle for a while are made anew.
  for (let time = 0; time < 3; time += 1) await ask(server, asked);
  const before = server.pid && cpuMs(server.pid);
  const answers = [];
  for (let time = 0; time < SHORT_ANSWERS; time += 1) answers.push(await ask(server, asked));
  return {
    cpuMs: server.pid && (cpuMs(server.pid) - before) / SHORT_ANSWERS,
    firstMs: median(answers.map(({ firstMs }) => firstMs)),
    totalMs: median(answers.map(({ totalMs }) => totalMs)),
  };
}
