/**
 * A whole (not streamed) answer in time, in workerd: a slow upstream is not taken for a silent one,
 * nor a silent one for a slow one, and the end mark ends the waiting.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DIALECTS, KEY, ask } from "./exchange.mjs";

const IDLE_MS = 1_000;

let upstream;
let gateway;

before(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, IDLE_TIMEOUT_MS: String(IDLE_MS), FIRST_BYTE_TIMEOUT_MS: "60000" } });
});
after(() => Promise.all([gateway.close(), upstream.close()]));

const words = (count) => Array.from({ length: count }, (_, index) => `word ${index} `);

/** What the upstream does; the error's code if there is one; after how long the answer comes, from and to. */
const TABLE = [
  { name: "steady for ten times the limit of a silence", fault: { chunks: words(50), paceMs: 200 }, fromMs: 9_800, toMs: 15_000 },
  { name: "silent for less than the limit, late", fault: { chunks: words(50), paceMs: 100, pauseAfter: { chunk: 49, ms: 0.6 * IDLE_MS } }, fromMs: 5_400, toMs: 9_000 },
  { name: "silent before its first event for longer than the limit", fault: { chunks: words(5), pauseAfter: { chunk: 0, ms: 2.5 * IDLE_MS } }, fromMs: 2_400, toMs: 5_000 },
  { name: "silent at once", fault: { chunks: words(50), silentAfter: 1 }, code: "upstream_stalled", fromMs: 900, toMs: 2_500 },
  { name: "silent, late", fault: { chunks: words(50), paceMs: 100, silentAfter: 49 }, code: "upstream_stalled", fromMs: 5_600, toMs: 9_000 },
  { name: "at its end with the connection open", fault: { chunks: words(50), keepOpenAfterDone: true }, fromMs: 0, toMs: 900 },
  { name: "at its end with the connection open, late", fault: { chunks: words(25), paceMs: 100, keepOpenAfterDone: true }, fromMs: 2_400, toMs: 3_300 },
];

describe("a whole answer of an upstream that is", { concurrency: true }, () => {
  for (const dialect of DIALECTS) {
    for (const { name, fault, code, fromMs, toMs } of TABLE) {
      it(`${name}: ${dialect}`, async () => {
        const question = `${name} ${dialect}`;
        upstream.queue({ ...fault, where: ({ body }) => body?.messages.at(-1).content === question });
        const got = await ask(gateway, { dialect, delivery: "json", question, timeoutMs: 20_000 });
        assert.deepEqual([got.status, got.text], code ? [502, ""] : [200, fault.chunks.join("")], got.body.slice(0, 300));
        if (code && dialect === "openai") assert.equal(got.error.code, code);
        assert.ok(got.totalMs >= fromMs && got.totalMs <= toMs, `after ${Math.round(got.totalMs)} ms`);
      });
    }
  }
});
