/**
 * How soon the upstream is let go after a client has left, in workerd.
 *
 * The runtime notices that a client has gone when it writes to it. So a streamed answer is released
 * at its next byte: while it flows at once, in a silence at the next keep-alive, and before its
 * headers at the commit, when they are written. Of a whole answer nothing is written before its end:
 * there the upstream is read to that end, or to its limit of silence, and then let go.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, open } from "./exchange.mjs";

const COMMIT_MS = 600;
const KEEP_ALIVE_MS = 800;
const IDLE_MS = 2_000;

let upstream;
let gateway;

before(async () => {
  upstream = await startUpstream({ defaults: { text: "Hi there" } });
  gateway = await startGateway({
    vars: {
      API_KEYS: KEY,
      DEGPT_ORIGINS: upstream.url,
      COMMIT_AFTER_MS: String(COMMIT_MS),
      KEEP_ALIVE_MS: String(KEEP_ALIVE_MS),
      IDLE_TIMEOUT_MS: String(IDLE_MS),
    },
  });
  await ask(gateway, { question: "Sign in" });
});
after(() => Promise.all([gateway.close(), upstream.close()]));

/** What the upstream does, when the client leaves, and how long the upstream may then still be held. */
const PHASES = [
  { phase: "while it flows", delivery: "stream", fault: { chunkCount: 10_000, paceMs: 20 }, leaveMs: 300, withinMs: 1_000 },
  { phase: "while it is silent", delivery: "stream", fault: { silentAfter: 3 }, leaveMs: 300, withinMs: KEEP_ALIVE_MS + 1_000 },
  { phase: "before the headers of the upstream", delivery: "stream", fault: { neverAnswer: true }, leaveMs: 200, withinMs: COMMIT_MS + KEEP_ALIVE_MS + 1_000 },
  { phase: "before the first event", delivery: "stream", fault: { silentAfter: 0 }, leaveMs: 200, withinMs: COMMIT_MS + KEEP_ALIVE_MS + 1_000 },
  { phase: "after the commit, before the first event", delivery: "stream", fault: { silentAfter: 0 }, leaveMs: COMMIT_MS + 300, withinMs: KEEP_ALIVE_MS + 1_000 },
  { phase: "while it flows", delivery: "json", fault: { chunkCount: 100, paceMs: 20 }, leaveMs: 300, withinMs: 4_000 },
  { phase: "while it is silent", delivery: "json", fault: { silentAfter: 3 }, leaveMs: 300, withinMs: IDLE_MS + 1_000 },
];

describe("the upstream is let go after its client has left", { concurrency: true }, () => {
  for (const dialect of DIALECTS) {
    for (const { phase, delivery, fault, leaveMs, withinMs } of PHASES) {
      it(`${phase}: ${dialect}, ${delivery}`, async (t) => {
        const question = `${phase} ${dialect} ${delivery}`;
        const isIt = ({ body }) => body?.messages?.at(-1).content === question;
        upstream.queue({ ...fault, where: isIt });
        const client = open(gateway, { dialect, delivery, question });
        const record = await upstream.until(isIt);
        await sleep(leaveMs);
        assert.equal(record.endedAt, null, "the upstream is held while the client is there");
        const leftAt = Date.now();
        client.leave();
        await upstream.until((each) => each === record && each.endedAt, withinMs + 200);
        const tookMs = record.endedAt - leftAt;
        t.diagnostic(`let go after ${tookMs} ms`);
        assert.ok(tookMs < withinMs, `let go after ${tookMs} ms`);

        const next = await ask(gateway, { dialect, delivery, question: "next" });
        assert.equal(next.text, "Hi there");
      });
    }
  }
});

/** An attempt that is given up must not be held while the next one takes its time. */
const GIVEN_UP = {
  "an event that is not JSON": { raw: ["data: {\n\n", { pauseMs: 60_000 }] },
  "an error line": { raw: ['data: {"error": "quota"}\n\n', { pauseMs: 60_000 }] },
  "the apology": { fakeSuccess: true, keepOpenAfterDone: true },
};

describe("an attempt that is given up is let go before the next one is answered", { concurrency: true }, () => {
  for (const dialect of DIALECTS) {
    for (const delivery of DELIVERIES) {
      for (const [name, fault] of Object.entries(GIVEN_UP)) {
        it(`${name}: ${dialect}, ${delivery}`, async () => {
          const question = `${name} ${dialect} ${delivery}`;
          const isIt = ({ body }) => body?.messages?.at(-1).content === question;
          upstream.queue({ ...fault, where: isIt }, { delayHeadersMs: 1_500, where: isIt });
          const got = await ask(gateway, { dialect, delivery, question });
          assert.equal(got.text, "Hi there");
          const [first, second] = upstream.requests.filter(isIt);
          assert.ok(first.endedAt && first.endedAt < second.at + 1_000, `let go ${first.endedAt - second.at} ms after the next one began`);
        });
      }
    }
  }
});
