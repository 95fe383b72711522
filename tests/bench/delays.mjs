/** What a chunk is late by when an answer comes at the pace of real ones. */
import { setTimeout as sleep } from "node:timers/promises";

import { ask, median, quantile } from "./measure.mjs";
import { OPENAI, paced } from "./requests.mjs";

/** The chunks of an answer by which people see that it has begun. */
const FIRST = 10;

/**
 * The milliseconds that a chunk takes from the upstream to the client, for each server: of the
 * first ten of an answer (`first`) and of the rest (`later`), the median (`p50`), the 99th of a
 * hundred (`p99`) and the longest (`most`). All servers have `streams` answers at once, `rounds` times.
 */
export async function delays(servers, pace, { streams, rounds }) {
  const names = Object.keys(servers);
  const took = Object.fromEntries(names.map((name) => [name, { first: [], later: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    const each = Array.from({ length: streams }, () => Object.entries(servers)).flat();
    const answers = each.map(async ([name, server], index) => {
      await sleep(index * 3);
      const { chunks } = await ask(server, paced(OPENAI, pace), { times: true });
      took[name].first.push(...chunks.slice(0, FIRST));
      took[name].later.push(...chunks.slice(FIRST));
    });
    await Promise.all(answers);
  }
  const summary = (chunks) => {
    const list = chunks.map(({ tookMs }) => tookMs);
    return { p50: median(list), p99: quantile(list, 0.99), most: quantile(list, 1) };
  };
  return Object.fromEntries(names.map((name) => [name, { first: summary(took[name].first), later: summary(took[name].later) }]));
}
