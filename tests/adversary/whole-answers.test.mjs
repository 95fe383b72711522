/** Whole answers as long as they may be, many at once: what is held of them, and that none is cut. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, MESSAGES, post, startBoth, user } from "../worker/client.mjs";
import { countAnswers, withPeak } from "./support.mjs";

const MB = 1e6;
const ISOLATE_BYTES = 128 * MB;

const PIECE = "word ".repeat(180_000);
const PIECES = 9;
const LENGTH = PIECE.length * PIECES;
const isWhole = (json) => (json.choices?.[0].message.content ?? json.content[0].text).length === LENGTH;

const { gateway, upstream } = await startBoth({ upstream: { keepRequests: 10 } });
upstream.queue({ chunks: Array(PIECES).fill(PIECE), times: "always", where: ({ body }) => body?.messages?.at(-1).content === "long" });
const ask = (path, text = "long") => post(gateway, path, { max_tokens: 1e9, messages: [user(text)] });
assert.equal((await ask(CHAT, "Hello")).status, 200);

test("50 JSON answers that run into 8 MB each", async (t) => {
  const { result, grownBytes } = await withPeak(gateway, () =>
    Promise.all(Array.from({ length: 50 }, (_, index) => ask(index % 2 ? CHAT : MESSAGES))),
  );
  const answered = countAnswers(result, isWhole);
  t.diagnostic(`50 answers of ${(LENGTH / MB).toFixed(1)} MB at once: ${Math.round(grownBytes / MB)} MB, ${answered} answered`);
  assert.ok(grownBytes < ISOLATE_BYTES, `${grownBytes} bytes`);
  assert.ok(answered < 50);
  assert.equal((await ask(CHAT, "Hello")).status, 200);
});

test("one such answer by itself is whole, in either dialect", async (t) => {
  const { result, grownBytes } = await withPeak(gateway, async () => [await ask(CHAT), await ask(MESSAGES)]);
  assert.equal(countAnswers(result, isWhole), 2);
  t.diagnostic(`one after the other: ${Math.round(grownBytes / MB)} MB more`);
});
