/** Strangers who guess keys: none of their requests reaches DeGPT, and others are answered meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, MESSAGES, chatsOf, post, startBoth, user } from "../worker/client.mjs";
import { slowestWhile } from "./support.mjs";

const GUESSES = 300;

test("wrong keys are refused at once, and cost DeGPT and others nothing", async () => {
  const { gateway, upstream } = await startBoth({ upstream: { keepRequests: 10_000 } });
  const honest = async () => {
    const { status } = await post(gateway, CHAT, { messages: [user("Hello")] });
    assert.equal(status, 200);
  };
  await honest();
  const before = chatsOf(upstream).length;
  let honestAsked = 0;
  const guess = (index) =>
    post(gateway, index % 2 ? CHAT : MESSAGES, { messages: [user("Hello")] }, { authorization: `Bearer guess-${index}` });
  const attack = () => Promise.all(Array.from({ length: GUESSES }, (_, index) => guess(index)));
  const { result, slowestMs } = await slowestWhile(attack, async () => {
    honestAsked += 1;
    await honest();
  });
  assert.deepEqual(new Set(result.map(({ status }) => status)), new Set([401]));
  assert.equal(chatsOf(upstream).length - before, honestAsked);
  assert.ok(slowestMs < 5_000, `an honest request took ${slowestMs} ms`);
});
