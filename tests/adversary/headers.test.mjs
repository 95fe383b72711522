/** Requests that would make the headers of their answers long: clients refuse such an answer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, MESSAGES, post, send, startBoth, user } from "../worker/client.mjs";

const MOST_BYTES = 1024;

const { gateway } = await startBoth();

/** Tools that nobody carries out, and those that the gateway does. */
const code = (index) => ({ type: "code_execution_20250825", name: `code_execution_${index}` });
const search = (index) => ({ type: "web_search_20250305", name: `web_search_${index}` });
const many = (make, count) => Array.from({ length: count }, (_, index) => make(index));

function assertBounded({ headers }) {
  for (const [name, value] of Object.entries(headers)) {
    assert.ok(String(value).length <= MOST_BYTES, `${name}: ${String(value).length} bytes`);
    assert.match(String(value), /^[ -~]*$/, name);
  }
}

for (const stream of [false, true]) {
  test(`tools that nobody carries out are named once, ${stream ? "streamed" : "whole"}`, async () => {
    const tools = [...many(code, 900), { type: "advisor_20260301", name: "advisor" }, ...many(code, 100)];
    const answer = await post(gateway, MESSAGES, { max_tokens: 99, messages: [user("Hi")], top_k: 1, tools, stream });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["x-degpt-ignored"], "top_k, tools.code_execution, tools.advisor");
    assertBounded(answer);
  });
}

test("tools that the conversation adds are named once", async () => {
  const addition = (index) => ({ type: "tool_addition", tool: { type: "tool_definition", definition: code(index) } });
  const messages = [user("Hi"), { role: "system", content: many(addition, 10_000) }, user("Go on")];
  const answer = await post(gateway, MESSAGES, { max_tokens: 99, messages });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["x-degpt-ignored"], "tools.code_execution");
  assertBounded(answer);
});

test("a thousand searches of the web are one", async () => {
  const answer = await post(gateway, MESSAGES, { max_tokens: 99, messages: [user("Hi")], tools: many(search, 1_000) });
  assert.equal(answer.status, 200, answer.text);
  assertBounded(answer);
});

test("50,000 tools are a 400 of the dialect with headers of the usual length", async () => {
  const answer = await post(gateway, MESSAGES, { max_tokens: 99, messages: [user("Hi")], tools: many(search, 50_000) });
  assert.equal(answer.status, 400);
  assert.equal(answer.json.error.type, "invalid_request_error");
  assert.match(answer.json.error.message, /^tools: /);
  assertBounded(answer);
});

test("everything that has no effect, at once", async () => {
  const names = ["temperature", "top_p", "top_k", "min_p", "seed", "frequency_penalty", "presence_penalty", "repetition_penalty"];
  const more = ["logit_bias", "verbosity", "prediction", "moderation", "thinking_budget"];
  const fields = Object.fromEntries([...names, ...more].map((name) => [name, 1]));
  const message = { ...user("Hi"), name: "Alice\r\nx: y" };
  const answer = await post(gateway, CHAT, { ...fields, store: true, service_tier: "flex", messages: [message] });
  assert.equal(answer.status, 200, answer.text);
  assert.ok(answer.headers["x-degpt-ignored"].startsWith([...names, ...more].join(", ")));
  assertBounded(answer);
});

test("a preflight that asks for many headers gets whole names, as many as fit", async () => {
  const ask = async (asked) => {
    const headers = { origin: "https://page.example", "access-control-request-method": "POST", "access-control-request-headers": asked };
    const answer = await send(gateway, "OPTIONS", CHAT, { headers });
    assert.equal(answer.status, 204);
    assertBounded(answer);
    return answer.headers["access-control-allow-headers"];
  };
  assert.equal(await ask("authorization,content-type"), "authorization,content-type");
  const names = many((index) => `x-header-${index}`, 1_000);
  const allowed = (await ask(names.join(","))).split(",");
  assert.ok(allowed.length > 50);
  assert.deepEqual(allowed, names.slice(0, allowed.length));
  assert.equal(await ask("x".repeat(5_000)), undefined);
});

test("a long name of a model is in no header", async () => {
  const answer = await post(gateway, CHAT, { model: "gpt-".repeat(10_000), messages: [user("Hi")] });
  assert.equal(answer.status, 404);
  assertBounded(answer);
});
