/**
 * What the adversary tests share: attacks on the built Worker in workerd, and what they cost it.
 *
 * Memory is counted as Cloudflare counts an isolate's, of which it allows 128 MB: the WebAssembly
 * memory, V8's heap and the buffers that are held. Here one process is one isolate, so that is the
 * growth of the process's own pages (`RssAnon`) since the Worker was warm.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The pages that only this process has, in bytes. Linux alone tells. */
export function memoryOf({ pid }) {
  const [, kib] = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kib === undefined) throw new Error("the memory of a process is read from Linux's /proc");
  return Number(kib) * 1024;
}

/** The CPU time that a process has used so far, in milliseconds. */
export function cpuMsOf({ pid }) {
  const TICKS_PER_S = 100;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
}

/** Runs `attack`, and returns what it returned and the most memory that was held meanwhile, in bytes above the beginning. */
export async function withPeak(gateway, attack) {
  const before = memoryOf(gateway);
  let peak = before;
  const look = () => (peak = Math.max(peak, memoryOf(gateway)));
  const watch = setInterval(look, 10);
  try {
    const result = await attack();
    look();
    return { result, grownBytes: peak - before };
  } finally {
    clearInterval(watch);
  }
}

/** Asks `probe` again and again while `attack` runs; returns its slowest answer in milliseconds. */
export async function slowestWhile(attack, probe, everyMs = 50) {
  let isOver = false;
  let slowestMs = 0;
  const over = Promise.resolve(attack()).finally(() => (isOver = true));
  over.catch(() => {});
  do {
    const from = performance.now();
    await probe();
    slowestMs = Math.max(slowestMs, performance.now() - from);
    await sleep(everyMs);
  } while (!isOver);
  return { result: await over, slowestMs };
}

/** How many of `answers` are answers. Each other one must be a true 503, and each answer whole, as `isWhole` tells. */
export function countAnswers(answers, isWhole) {
  for (const { status, json, headers, ended } of answers) {
    assert.ok(ended, "an answer broke off");
    if (status === 200) {
      assert.ok(isWhole(json), "half an answer");
      continue;
    }
    assert.equal(status, 503, JSON.stringify(json).slice(0, 300));
    assert.equal(headers["retry-after"], "2");
    assert.ok(json.error.code === "overloaded" || json.error.type === "overloaded_error");
  }
  return answers.filter(({ status }) => status === 200).length;
}
