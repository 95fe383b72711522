/** Upstreams that have begun an answer and never come to its end, while they keep the connection warm. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";

import { startUpstream } from "../upstream/server.mjs";
import { startGateway } from "../harness.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, until } from "../worker/exchange.mjs";

const IDLE_MS = 900;
const MAX_ANSWER_MS = 3_000;
/** How much later than it should an end may come on a busy machine. The attacks go on for longer. */
const SLACK_MS = 3_000;
const ATTACK_MS = 12_000;

const delta = (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const word = delta("Word");
const DONE = "data: [DONE]\n\n";

/** A first word, and then `piece` again and again. */
const forever = (piece, everyMs = 100) => [word, ...Array.from({ length: ATTACK_MS / everyMs }, () => [piece, { pauseMs: everyMs }]).flat(), DONE];

/** What says nothing: the silence counts on. */
const silences = {
  "comments": forever(": ping\n\n"),
  "empty lines": forever("\n"),
  "events without data": forever("event: ping\n\n"),
  "other fields": forever("id: 7\nretry: 10\n\n"),
  "a comment of 2 kB a second, that never ends": [word, ": ", ...forever("x".repeat(200)).slice(1)],
  "an event of one more byte every 100 ms": [word, ...[...delta("never comes to its end".repeat(8))].slice(0, ATTACK_MS / 100).flatMap((byte) => [byte, { pauseMs: 100 }])],
  "an event of one more line every 100 ms": forever("data: {\n"),
};

/** What says something, but never all: the time of an answer counts. */
const talks = {
  "words": forever(delta("Word"), 200),
  "chunks that say nothing": forever(delta(""), 200),
  "words and comments": forever(`: ping\n\n${delta("Word")}: ping\n\n`, 200),
};

const upstream = await startUpstream({ keepRequests: 1_000 });
const gateway = await startGateway({
  vars: { API_KEYS: KEY, DEGPT_API_KEY: "degpt-of-the-deployment", DEGPT_ORIGINS: upstream.url, IDLE_TIMEOUT_MS: `${IDLE_MS}`, MAX_ANSWER_MS: `${MAX_ANSWER_MS}`, KEEP_ALIVE_MS: "200" },
});

const isOf = (body, question) => body?.messages?.at(-1).content === question;

async function attack({ raw, question, dialect, delivery }) {
  upstream.queue({ raw, where: ({ body }) => isOf(body, question) });
  const got = await ask(gateway, { dialect, delivery, question, timeoutMs: ATTACK_MS });
  await until(() => upstream.requests.find(({ body }) => isOf(body, question)).endedAt, "the upstream is let go of", SLACK_MS);
  return got;
}

function assertEnd(got, { dialect, delivery, status, code, type, limitMs }) {
  const isStream = delivery === "stream";
  assert.deepEqual([got.status, got.isStream], isStream ? [200, true] : [status, false], got.body.slice(0, 300));
  const found = dialect === "anthropic" ? got.error?.type : got.error?.code;
  // A response that failed has one of the codes that its clients know.
  const responses = isStream ? "server_error" : code;
  assert.equal(found, { openai: code, anthropic: type, responses }[dialect]);
  assert.ok(got.totalMs > limitMs - 100 && got.totalMs < limitMs + SLACK_MS, `it ended after ${got.totalMs} ms`);
}

describe("an answer that never ends is ended", { concurrency: 48 }, () => {
  after(async () => {
    await gateway.close();
    await upstream.close();
  });
  const kinds = DIALECTS.flatMap((dialect) => DELIVERIES.map((delivery) => ({ dialect, delivery })));
  for (const { dialect, delivery } of kinds) {
    for (const [name, raw] of Object.entries(silences)) {
      it(`by its silence: ${name}, ${dialect}, ${delivery}`, async () => {
        const got = await attack({ raw, question: `${name} ${dialect} ${delivery}`, dialect, delivery });
        assertEnd(got, { dialect, delivery, status: 502, code: "upstream_stalled", type: "api_error", limitMs: IDLE_MS });
      });
    }
    for (const [name, raw] of Object.entries(talks)) {
      it(`by its length: ${name}, ${dialect}, ${delivery}`, async () => {
        const got = await attack({ raw, question: `${name} ${dialect} ${delivery}`, dialect, delivery });
        assertEnd(got, { dialect, delivery, status: 504, code: "upstream_timeout", type: "timeout_error", limitMs: MAX_ANSWER_MS });
      });
    }
    it(`and one that takes its time is not: ${dialect}, ${delivery}`, async () => {
      const raw = [word, { pauseMs: 500 }, ": ping\n\n", delta(" by"), { pauseMs: 500 }, ": ping\n\n", delta(" word"), { pauseMs: 500 }, DONE];
      const got = await attack({ raw, question: `slow ${dialect} ${delivery}`, dialect, delivery });
      assert.deepEqual([got.status, got.text, got.error], [200, "Word by word", undefined]);
    });
  }
});
