/** What the bench measures with: a client, and what Linux knows of a process. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import http from "node:http";

import { SENT } from "./upstream.mjs";

export const KEY = "key-of-the-bench";

const agent = new http.Agent({ keepAlive: true });

/** The time in milliseconds, by the clock that the upstream's chunks have their times of. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * Asks `worker` and reads to the end. Resolves to the answer's `bytes`, the milliseconds to its
 * first byte (`firstMs`) and to its end (`totalMs`), and `endedAt`. With `times` also to its `chunks`
 * (`sentAt`, `tookMs`) and to when its `pieces` came.
 */
export function ask(worker, { path, body }, { times = false } = {}) {
  return new Promise((resolve, reject) => {
    const start = nowMs();
    const options = { agent, method: body ? "POST" : "GET", headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } };
    const request = http.request(worker.url + path, options, (response) => {
      let bytes = 0;
      let firstMs;
      let text = "";
      const [chunks, pieces] = [[], []];
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode} of ${path}`));
      response.on("data", (piece) => {
        const now = nowMs();
        firstMs ??= now - start;
        bytes += piece.length;
        if (!times) return;
        pieces.push(now);
        text += piece;
        const whole = text.lastIndexOf("\n") + 1;
        for (const [, sent] of text.slice(0, whole).matchAll(SENT)) chunks.push({ sentAt: sent / 1e6, tookMs: now - sent / 1e6 });
        text = text.slice(whole);
      });
      response.on("end", () => {
        const endedAt = nowMs();
        resolve({ bytes, firstMs, totalMs: endedAt - start, endedAt, chunks, pieces });
      });
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Opens an answer and leaves it open; resolves at its first byte to a function that ends it. */
export function open(worker, { path, body }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const request = http.request(worker.url + path, { agent: false, method: "POST", headers }, (response) => {
      response.on("error", () => {});
      response.once("data", () => resolve(() => request.destroy()));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The CPU time that the threads of a process have had, in milliseconds. */
export function cpuMs(pid) {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      return 0; // It has just ended.
    }
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** A field of a process's status that is in kB, in bytes: VmRSS (memory now), VmHWM (its peak). */
export function memoryBytes(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)[1]) * 1024;
}

/** Makes the peak of a process's memory what it is now. */
export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

export function quantile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (values) => quantile(values, 0.5);
