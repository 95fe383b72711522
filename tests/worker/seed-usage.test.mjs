/**
 * The token counts of the seed's answers, exactly: they are those of the `cl100k_base` encoding.
 * The seed's counts of the question are 0; here the question is counted too.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { seedJsonText } from "../upstream/texts.mjs";
import { CHAT, MESSAGES, chunks, messageEvents, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const question = { messages: [user("你是什么模型?")] };
const claude = { ...question, model: "claude-opus-4-20250514", max_tokens: 1000 };

test("the seed's JSON answer counts 131 tokens", async () => {
  const { usage } = (await post(gateway, CHAT, question)).json;
  assert.equal(usage.completion_tokens, 131);
  assert.ok(usage.prompt_tokens > 0 && usage.prompt_tokens < 30, `${usage.prompt_tokens}`);
  assert.equal(usage.total_tokens, usage.prompt_tokens + 131);
});

test("the seed's Claude answer counts 103 tokens, as JSON and streamed", async () => {
  assert.equal((await post(gateway, MESSAGES, claude)).json.usage.output_tokens, 103);
  const streamed = messageEvents((await post(gateway, MESSAGES, { ...claude, stream: true })).text);
  assert.equal(streamed.find(({ type }) => type === "message_delta").usage.output_tokens, 103);
});

test("the same text counts the same however it is cut and written", async () => {
  const body = { ...question, stream: true, stream_options: { include_usage: true } };
  const whole = [{ chunks: [seedJsonText] }, { text: seedJsonText }, { text: seedJsonText, writeMode: "bytes" }];
  for (const behaviour of whole) {
    upstream.queue(behaviour);
    const { usage } = chunks((await post(gateway, CHAT, body)).text).at(-1);
    assert.equal(usage.completion_tokens, 131, JSON.stringify(behaviour));
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  }
});
