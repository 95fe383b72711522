/**
 * `npm run bench [-- --publish] [-- --rounds 7]`: what the gateway costs at the edge, in workerd.
 *
 * Beside the built Worker, in the same rounds and over the same upstream, run a Worker that hands
 * the answer on (`passthrough`), one that leads each chunk through JavaScript (`noop`), and the
 * smallest one in JavaScript that does the gateway's work (`smallest`). A figure by itself says how
 * fast a machine is; what counts is its ratio to one of those within the run. CPU is what Linux
 * accounts to workerd's threads. Everything is on this machine; about two minutes.
 *
 * Prints a table. The figures go to `.tools/bench/results.json` and the chart beside it, with
 * `--publish` to tests/bench/ and the table into README.md.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { build } from "../../scripts/build.mjs";
import { Failure, command } from "../../scripts/process.mjs";
import { bundleSize, programSize } from "../../scripts/size.mjs";
import { startWorker } from "../../scripts/workerd.mjs";
import { KEY, ask, cpuMs, forgetPeak, median, memoryBytes, open, quantile } from "./measure.mjs";
import { report } from "./report.mjs";
import { startFastUpstream } from "./upstream.mjs";

/** Chunks of a stream that comes as fast as it is read. */
const CHUNKS = 2_000;
/** Streams at once of a steady rate, how many chunks each, and the milliseconds between two. */
const STEADY = { streams: 40, chunks: 50, everyMs: 20 };
const IDLE_STREAMS = 500;
const IMAGE_BYTES = 5_000_000;
const MODEL_LISTS = 50;

const FOLDERS = {
  gateway: "build",
  passthrough: "tests/bench/workers/passthrough",
  noop: "tests/bench/workers/noop",
  smallest: "tests/bench/workers/smallest",
};

const OPENAI = "/api/v1/chat/completions";
const ANTHROPIC = "/api/v1/messages";
const tool = { type: "function", function: { name: "weather", description: "Tells the weather", parameters: { type: "object" } } };
const anthropicTool = { name: "weather", description: "Tells the weather", input_schema: { type: "object" } };
const FULL = { stop: ["\u0000end\u0000", "never said"], stream_options: { include_usage: true }, tools: [tool], max_tokens: 1_000_000 };

/** A request for an answer that comes as `order` says. */
function request(path, order, more = {}) {
  const body = { model: "deepseek-chat", messages: [{ role: "user", content: order }], stream: true, max_tokens: path === ANTHROPIC ? 1_000_000 : undefined };
  // The messages stand last: that is where the upstream looks for its order.
  const { messages, ...rest } = { ...body, ...more };
  return { path, body: JSON.stringify({ ...rest, messages }) };
}

const burst = `burst ${CHUNKS}`;
const steady = `paced ${STEADY.chunks} ${STEADY.everyMs}`;

/** What is measured in CPU, each `times` in a round. */
const CPU = [
  ["passthrough", "passthrough", request(OPENAI, burst), 6],
  ["noop", "noop", request(OPENAI, burst), 2],
  ["smallest", "smallest", request(OPENAI, burst), 2],
  ["openai", "gateway", request(OPENAI, burst), 6],
  ["openai, include_usage", "gateway", request(OPENAI, burst, { stream_options: { include_usage: true } }), 6],
  ["openai, stop", "gateway", request(OPENAI, burst, { stop: FULL.stop }), 6],
  ["openai, tools", "gateway", request(OPENAI, burst, { tools: [tool] }), 6],
  ["openai, all of these and max_tokens", "gateway", request(OPENAI, burst, FULL), 6],
  ["anthropic", "gateway", request(ANTHROPIC, burst), 6],
  ["anthropic, stop and tools", "gateway", request(ANTHROPIC, burst, { stop_sequences: FULL.stop, tools: [anthropicTool] }), 6],
  ["json: smallest", "smallest", request(OPENAI, burst, { stream: false }), 6],
  ["json: openai", "gateway", request(OPENAI, burst, { stream: false }), 6],
  ["json: anthropic", "gateway", request(ANTHROPIC, burst, { stream: false }), 6],
  ["models", "gateway", { path: "/api/v1/models" }, MODEL_LISTS],
];

const STEADY_CPU = [
  ["steady: noop", "noop", request(OPENAI, steady)],
  ["steady: smallest", "smallest", request(OPENAI, steady)],
  ["steady: openai", "gateway", request(OPENAI, steady)],
  ["steady: anthropic", "gateway", request(ANTHROPIC, steady)],
];

async function bench() {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" }, publish: { type: "boolean", default: false } } });
  const rounds = Number(values.rounds);
  if (!(rounds >= 1 && rounds <= 50)) throw new Failure("--rounds takes 1 to 50");
  if (process.platform !== "linux") throw new Failure("This reads /proc, which only Linux has.");
  await build();

  const upstream = await startFastUpstream();
  const vars = { API_KEYS: KEY, DEGPT_API_KEY: "degpt-of-the-bench", DEGPT_ORIGINS: upstream.url };
  const start = (name, more) => startWorker({ folder: FOLDERS[name], vars, ...more });
  const results = {};
  try {
    const workers = {};
    for (const name of Object.keys(FOLDERS)) workers[name] = await start(name);
    console.log(`CPU of ${CPU.length} kinds of answers`);
    results.cpuMs = await cpuOfAnswers(workers, rounds);
    console.log(`CPU of streams at ${1_000 / STEADY.everyMs} chunks a second, and what they are late by`);
    results.steadyCpuMs = await cpuOfSteadyStreams(workers, rounds);
    results.latencyMs = await latencies({ direct: upstream, ...workers }, rounds);
    console.log("the first byte");
    results.firstByteMs = await firstBytes({ direct: upstream, ...workers }, rounds);
    console.log("memory");
    await Promise.all(Object.values(workers).map((worker) => worker.close()));
    results.idleStreamBytes = await idleStreams(start);
    results.imagePeak = await imagePeak(start);
    console.log("starts");
    results.startMs = await starts(start, rounds);
    results.bundle = { bytes: bundleSize(), programBytes: programSize() };
  } finally {
    upstream.close();
  }
  report(results, { publish: values.publish, rounds, chunks: CHUNKS, steadyChunks: STEADY.chunks, imageBytes: IMAGE_BYTES });
}

/** The milliseconds of CPU for one request of each kind, a list with one for each round. */
async function cpuOfAnswers(workers, rounds) {
  const cpu = Object.fromEntries(CPU.map(([name]) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, worker, asked, times] of CPU) {
      const { pid } = workers[worker];
      const before = cpuMs(pid);
      for (let time = 0; time < times; time += 1) await ask(workers[worker], asked);
      if (round >= 0) cpu[name].push((cpuMs(pid) - before) / times); // The first is for warming up.
    }
  }
  return cpu;
}

/** The milliseconds of CPU for one stream that comes steadily, beside others. */
async function cpuOfSteadyStreams(workers, rounds) {
  const cpu = Object.fromEntries(STEADY_CPU.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, worker, asked] of STEADY_CPU) {
      const { pid } = workers[worker];
      const before = cpuMs(pid);
      const streams = Array.from({ length: STEADY.streams }, async (_, index) => {
        await sleep((index * STEADY.everyMs) / STEADY.streams);
        await ask(workers[worker], asked);
      });
      await Promise.all(streams);
      cpu[name].push((cpuMs(pid) - before) / STEADY.streams);
    }
  }
  return cpu;
}

/** The milliseconds that a chunk takes from the upstream to the client: of all, the median and the 99th of a hundred. */
async function latencies(servers, rounds) {
  const tookMs = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      Object.entries(servers).map(async ([name, server], index) => {
        await sleep(index * 3);
        const answer = await ask(server, request(OPENAI, `paced ${2 * STEADY.chunks} ${STEADY.everyMs}`), { times: true });
        // The first ones of a connection are about the connection.
        tookMs[name].push(...answer.tookMs.slice(5));
      }),
    );
  }
  return Object.fromEntries(Object.entries(tookMs).map(([name, list]) => [name, { p50: median(list), p99: quantile(list, 0.99) }]));
}

/** The milliseconds to the first byte of a stream, the medians of each round. */
async function firstBytes(servers, rounds) {
  const firstMs = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const list = [];
      for (let time = 0; time < 20; time += 1) list.push((await ask(server, request(OPENAI, "burst 1"))).firstMs);
      firstMs[name].push(median(list));
    }
  }
  return firstMs;
}

/** What a stream takes of memory while nothing comes, in bytes. */
async function idleStreams(start) {
  const bytes = {};
  for (const name of Object.keys(FOLDERS)) {
    const worker = await start(name);
    const openSome = (count) => Promise.all(Array.from({ length: count }, () => open(worker, request(OPENAI, "idle"))));
    const ends = await openSome(20);
    await sleep(500);
    const before = memoryBytes(worker.pid, "VmRSS");
    ends.push(...(await openSome(IDLE_STREAMS)));
    await sleep(1_000);
    bytes[name] = (memoryBytes(worker.pid, "VmRSS") - before) / IDLE_STREAMS;
    ends.forEach((end) => end());
    await worker.close();
  }
  return bytes;
}

/**
 * By how much a request with a picture raises the memory of a process, in bytes. It has served many
 * with small ones before: else most of it would be the compiler's, which is at work then.
 */
async function imagePeak(start) {
  const withPicture = (bytes) => {
    const url = `data:image/png;base64,${Buffer.alloc((bytes * 3) / 4, 7).toString("base64")}`;
    const content = [{ type: "image_url", image_url: { url } }, { type: "text", text: "burst 1" }];
    return request(OPENAI, "", { model: "doubao-seed-1-6-250615", messages: [{ role: "user", content }] });
  };
  const [small, asked] = [withPicture(IMAGE_BYTES / 25), withPicture(IMAGE_BYTES)];
  const peaks = {};
  for (const name of ["gateway", "passthrough", "smallest"]) {
    const worker = await start(name);
    for (let time = 0; time < 40; time += 1) await ask(worker, small);
    await sleep(500);
    const before = memoryBytes(worker.pid, "VmRSS");
    forgetPeak(worker.pid);
    await ask(worker, asked);
    const bytes = memoryBytes(worker.pid, "VmHWM") - before;
    const cpuBefore = cpuMs(worker.pid);
    for (let time = 0; time < 5; time += 1) await ask(worker, asked);
    peaks[name] = { bytes, cpuMs: (cpuMs(worker.pid) - cpuBefore) / 5 };
    await worker.close();
  }
  return peaks;
}

/** The milliseconds from the start of workerd to the end of its first answer. */
async function starts(start, rounds) {
  const startMs = Object.fromEntries(Object.keys(FOLDERS).map((name) => [name, []]));
  for (let round = 0; round < Math.max(rounds, 9); round += 1) {
    for (const name of Object.keys(FOLDERS)) {
      const worker = await start(name, { compiled: true });
      await ask(worker, request(OPENAI, "burst 1"));
      startMs[name].push(performance.now() - worker.spawnedAt);
      await worker.close();
    }
  }
  return startMs;
}

await command(bench);
