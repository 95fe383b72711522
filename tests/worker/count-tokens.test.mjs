/**
 * `POST /api/v1/messages/count_tokens`: counted here, without asking DeGPT. How exact the count is
 * is the business of the counter's own tests.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { COUNT_TOKENS, MESSAGES, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

async function count(body, headers) {
  const { status, json, text } = await post(gateway, `${COUNT_TOKENS}?beta=true`, body, headers);
  assert.equal(status, 200, text);
  assert.deepEqual(Object.keys(json), ["input_tokens"]);
  assert.ok(Number.isInteger(json.input_tokens) && json.input_tokens > 0);
  return json.input_tokens;
}

test("the answer is the count and nothing else, and DeGPT is not asked", async () => {
  upstream.reset();
  for (const headers of [{ "anthropic-version": "2023-06-01", "anthropic-beta": "token-counting-2024-11-01" }, { "anthropic-version": "2026-10-21" }, {}]) {
    await count({ model: "claude-opus-4-20250514", messages: [user("Hello")] }, headers);
  }
  assert.equal(upstream.requests.length, 0);
});

test("all that is sent counts", async () => {
  const base = await count({ messages: [user("Hello")] });
  const more = {
    "a longer message": { messages: [user("Hello, and how is the weather in Bern today?")] },
    "one more message": { messages: [user("Hello"), { role: "assistant", content: "Hi" }, user("?")] },
    "a system text": { system: "Be short and kind.", messages: [user("Hello")] },
    "system blocks": { system: [{ type: "text", text: "Be short and kind." }], messages: [user("Hello")] },
    "a picture": { messages: [user([{ type: "text", text: "Hello" }, { type: "image", source: { type: "base64", media_type: "image/png", data: PICTURE } }])] },
    "a tool call and its result": {
      messages: [
        user("Hello"),
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "weather", input: { city: "Bern" } }] },
        user([{ type: "tool_result", tool_use_id: "t", content: "Sunny" }]),
      ],
    },
  };
  for (const [what, body] of Object.entries(more)) {
    const counted = await count(body);
    assert.ok(counted > base, `${what}: ${counted}, not more than ${base}`);
  }
});

test("tools count too", async () => {
  const tool = {
    name: "weather",
    description: "Tells the weather of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } } },
  };
  const base = await count({ messages: [user("Hello")] });
  const one = await count({ messages: [user("Hello")], tools: [tool] });
  assert.ok(one > base);
  assert.ok((await count({ messages: [user("Hello")], tools: [tool, { ...tool, name: "forecast" }] })) > one);
});

test("a picture's count does not grow with its bytes", async () => {
  const withPicture = (data) => ({ messages: [user([{ type: "image", source: { type: "base64", media_type: "image/png", data } }])] });
  const counted = await count(withPicture(PICTURE));
  assert.equal(await count(withPicture(`iVBORw0K${"A".repeat(400_000)}`)), counted);
  assert.ok(counted < 5000);
});

test("what would be a message's input_tokens is what is counted", async () => {
  const body = { model: "claude-opus-4-20250514", system: "Be short.", messages: [user("你好, 世界 🎉")] };
  const { usage } = (await post(gateway, MESSAGES, { ...body, max_tokens: 1 })).json;
  assert.equal(usage.input_tokens, await count(body));
});

test("keys and errors are those of messages", async () => {
  const missing = await post(gateway, COUNT_TOKENS, { messages: [user("a")] }, { authorization: undefined });
  assert.deepEqual([missing.status, missing.json.error.type], [401, "authentication_error"]);
  const empty = await post(gateway, COUNT_TOKENS, { messages: [] });
  assert.deepEqual([empty.status, empty.json.error.type], [400, "invalid_request_error"]);
  const wrong = await post(gateway, COUNT_TOKENS, "{");
  assert.deepEqual([wrong.status, wrong.json.type, wrong.json.request_id], [400, "error", wrong.headers["request-id"]]);
});

test("an unknown model is a 404, as for messages", async () => {
  const { status, json } = await post(gateway, COUNT_TOKENS, { model: "nobody", messages: [user("a")] });
  assert.deepEqual([status, json.error.type], [404, "not_found_error"]);
});
