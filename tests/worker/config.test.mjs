/**
 * The deployment's variables: a bad one is reported by its name in the caller's dialect, on every
 * route and never with its content; a good one does what it says.
 */
import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { startUpstream } from "../upstream/server.mjs";
import { CHAT, COUNT_TOKENS, KEY, MESSAGES, MODELS, chatsOf, get, post, send, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const bad = [
  ["API_KEYS", "[]"],
  ["API_KEYS", []],
  ["API_KEYS", ["secret"]],
  ["API_KEYS", 20251127],
  ["API_KEYS", true],
  ["API_KEYS", {}],
  ["API_KEYS", '["secret"]'],
  ["API_KEYS", '"secret"'],
  ["API_KEYS", "null"],
  ["API_KEYS", "one\nsecret"],
  ["API_KEYS", "s\u00e9cret"],
  ["DEGPT_API_KEY", ["secret"]],
  ["DEGPT_API_KEY", "secret\r\nx-more: secret"],
  ["DEGPT_VISITOR_ID", 7],
  ["DEGPT_API_KEY", "degpt-top secret"],
  ["DEGPT_VISITOR_ID", "top secret"],
  ["DEGPT_API_KEY", "degpt-a, degpt-b, se cret"],
  ["DEGPT_API_KEY", "degpt-secret, degpt-secret"],
  ["DEGPT_API_KEY", ["degpt-secret"]],
  ["DEGPT_DAILY", "secret"],
  ["DEGPT_DAILY", false],
  ["DEGPT_ORIGINS", "secret"],
  ["DEGPT_ORIGINS", "ftp://secret.example"],
  ["DEGPT_ORIGINS", "https://secret.example/path"],
  ["DEGPT_ORIGINS", ["https://secret.example"]],
  ["DEGPT_ORIGINS", "https://secret.example:port"],
  ["DEGPT_ORIGINS", "https://secret.example\nsecret"],
  ["DEFAULT_MODEL", "secret"],
  ["DEFAULT_MODEL", ["deepseek-chat"]],
  ["VISION_MODEL", "secret"],
  // A model, but one without eyes.
  ["VISION_MODEL", "deepseek-reasoner"],
  ["MODEL_ALIASES", "secret"],
  ["MODEL_ALIASES", "a=secret"],
  ["MODELS_EXTRA", "secret"],
  ["MODELS_EXTRA", '{"id":"secret"}'],
  ["MODELS_EXTRA", '[{"id":""}]'],
  ["MODELS_EXTRA", [{ id: "deepseek-chat", text_model: "secret\nx-more: secret" }]],
  ["MODELS_EXTRA", JSON.stringify([{ id: "deepseek-chat", text_model: "secret\r\n" }])],
  ["MODELS_EXTRA", JSON.stringify([{ id: "deepseek-chat", image_model: "secret \u6a21" }])],
  ["MODELS_EXTRA", JSON.stringify([{ id: "secret\u0000", text_model: "a" }])],
  ["MODELS_EXTRA", { id: "secret" }],
  ["MODEL_ALIASES", { a: "deepseek-chat" }],
  ["MODELS_EXTRA", '[{"id":"a","secret":1}]'],
  ["MAX_BODY_BYTES", "secret"],
  ["MAX_BODY_BYTES", "-1"],
  ["MAX_BODY_BYTES", "20 MiB"],
  ["MAX_BODY_BYTES", [4096]],
  ["MAX_BODY_BYTES", false],
  ["CORS_ORIGINS", "secret"],
  ["CORS_ORIGINS", ["https://secret.example"]],
  ["CORS_ORIGINS", '["https://secret.example"]'],
  ["CORS_ORIGINS", "https://secret.example\r\nx-more: secret"],
  ["CLIENT_DEGPT_KEYS", "secret"],
  ["COMMIT_AFTER_MS", "secret"],
  ["FIRST_BYTE_TIMEOUT_MS", "0"],
  ["IDLE_TIMEOUT_MS", "secret"],
  ["KEEP_ALIVE_MS", "secret"],
  ["MAX_ANSWER_MS", "15 min"],
  ["MAX_ANSWER_BYTES", "secret"],
  ["GATHER_MS", "secret"],
  ["GATHER_MS", 251],
  ["LOG_PANICS", "secret"],
  ["LOG_PANICS", ["full"]],
];
for (const [name, value] of bad) {
  test(`${name}=${JSON.stringify(value)} is a 500 that names it and does not show it`, async () => {
    const broken = await startFor(upstream, { [name]: value });
    const body = { messages: [user("Hello")] };
    const answers = [
      await post(broken, CHAT, body),
      await post(broken, CHAT, { ...body, stream: true }),
      await post(broken, MESSAGES, body),
      await post(broken, COUNT_TOKENS, body),
      await get(broken, MODELS),
      await get(broken, MODELS, { "anthropic-version": "2023-06-01" }),
    ];
    for (const [index, { status, headers, json, text }] of answers.entries()) {
      const isAnthropic = [2, 3, 5].includes(index);
      assert.equal(status, 500);
      assert.equal(headers["x-should-retry"], "false");
      assert.equal(headers["access-control-allow-origin"], "*");
      assert.equal(json.error.type, isAnthropic ? "api_error" : "server_error");
      if (isAnthropic) assert.equal(json.request_id, headers["request-id"]);
      else assert.deepEqual([json.error.param, json.error.code], [null, "configuration_error"]);
      assert.ok(json.error.message.includes(name), text);
      // The rule it breaks may name what is expected, so only telling values are looked for.
      if (/secret/.test(JSON.stringify(value))) assert.doesNotMatch(text, /secret/);
    }
    assert.doesNotMatch(broken.log(), /secret|panicked|internal fault/);
  });
}

test("lists and numbers of wrangler.toml are taken where they are meant", async () => {
  const other = await startFor(upstream, { MODELS_EXTRA: [{ id: "house", text_model: "deepseek-chat" }], MAX_BODY_BYTES: 2048 });
  const { status, json } = await post(other, CHAT, { model: "house", messages: [user("Hello")] });
  assert.deepEqual([status, json.model], [200, "house"]);
  assert.equal((await post(other, CHAT, { messages: [user("x".repeat(2048))] })).status, 413);
});

test("blank values are as good as none", async () => {
  const names = ["DEGPT_API_KEY", "DEGPT_VISITOR_ID", "DEFAULT_MODEL", "VISION_MODEL", "MODEL_ALIASES", "MODELS_EXTRA", "MAX_BODY_BYTES", "CORS_ORIGINS", "CLIENT_DEGPT_KEYS", "GATHER_MS", "LOG_PANICS"];
  for (const blank of ["", "  ", undefined]) {
    const same = await startFor(upstream, Object.fromEntries(names.map((name) => [name, blank])));
    const answer = await post(same, CHAT, { messages: [user("Hello")] });
    assert.deepEqual([answer.status, answer.json.model], [200, "deepseek-chat"]);
  }
});

test("DEFAULT_MODEL answers for `auto` and for none", async () => {
  const other = await startFor(upstream, { DEFAULT_MODEL: "claude-opus-4-20250514-think" });
  for (const model of [undefined, "auto"]) {
    const { json, headers } = await post(other, CHAT, { model, messages: [user("Hello")] });
    assert.deepEqual([json.model, headers["x-degpt-model"]], ["claude-opus-4-20250514-think", "claude-opus-4-20250514"]);
  }
});

test("MODELS_EXTRA's models can be asked for, aliased and made the default", async () => {
  const extra = [{ id: "house-think", text_model: "claude-opus-4-20250514", images: "anthropic" }];
  const other = await startFor(upstream, { MODELS_EXTRA: JSON.stringify(extra), MODEL_ALIASES: "h*=house-think", DEFAULT_MODEL: "house-think" });
  for (const model of ["house-think", "hut", undefined]) {
    const { status, json } = await post(other, CHAT, { model, messages: [user("Hello")] });
    assert.deepEqual([status, json.model], [200, "house-think"]);
    const { body } = chatsOf(upstream).at(-1);
    assert.deepEqual([body.model, body.enable_thinking], ["claude-opus-4-20250514", true]);
  }
});

test("the longest alias with a * wins, an exact one before all, and a known id before a *", async () => {
  const MODEL_ALIASES = "*=grok-4-0709, gpt*=gpt-4o, gpt-5-*=gpt-5, gpt-5-mini-high=o3";
  const other = await startFor(upstream, { MODEL_ALIASES });
  const table = [["anything", "grok-4-0709"], ["gpt-7", "gpt-4o"], ["gpt-5-nano", "gpt-5"], ["gpt-5-mini", "gpt-5-mini"], ["gpt-5-mini-high", "o3"]];
  for (const [model, expected] of table) {
    assert.equal((await post(other, CHAT, { model, messages: [user("Hello")] })).json.model, expected, model);
  }
});

describe("DEGPT_ORIGINS", () => {
  test("the next one is asked when the first is away", async () => {
    const away = await startUpstream();
    await away.close();
    const other = await startFor(upstream, { DEGPT_ORIGINS: ` ${away.url}/ , ${upstream.url}` });
    for (const path of [CHAT, MESSAGES]) {
      assert.equal((await post(other, path, { messages: [user("Hello")] })).status, 200);
    }
  });

  test("a slash at the end does no harm", async () => {
    const other = await startFor(upstream, { DEGPT_ORIGINS: `${upstream.url}/` });
    upstream.reset();
    assert.equal((await post(other, CHAT, { messages: [user("Hello")] })).status, 200);
    assert.deepEqual([...new Set(upstream.requests.map(({ path }) => path))], ["/api/v1/auths/printSignIn", "/api/v1/conversation/refresh", "/api/v1/chat/completion/proxy"]);
  });
});

test("what a gateway writes to its log has nothing of requests in it", async () => {
  await post(gateway, CHAT, { messages: [user("a-private-prompt")] });
  await post(gateway, CHAT, { messages: [user("a-private-prompt")], model: "nobody" });
  await send(gateway, "POST", CHAT, { headers: { authorization: "Bearer a-private-key" }, body: "a-private-prompt" });
  assert.doesNotMatch(gateway.log(), new RegExp(`private|${KEY}`));
});
