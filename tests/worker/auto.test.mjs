/**
 * Requests to `auto` through the built Worker: a model that fails is followed by the next, it rests
 * for all, and the answer tells who gave it. The faults themselves are in fault-table.mjs.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { paths } from "../upstream/paths.mjs";
import { CHAT, COUNT_TOKENS, MESSAGES, chatsOf, chunks, get, messageEvents, post, startBoth, startFor, timesAsked, user } from "./client.mjs";

const [FIRST, SECOND, THIRD, LAST] = ["deepseek-chat", "doubao-seed-1-6-250615", "qwen3-max-preview", "gpt-5.1"];

/** As wrangler.toml has it. */
const AUTO = { AUTO_MODELS: [FIRST, SECOND, THIRD, LAST].join(", "), DEFAULT_MODEL: "" };
const { upstream } = await startBoth();
const fresh = (vars = {}, isolates = 1) => {
  upstream.reset();
  return startFor(upstream, { ...AUTO, ...vars }, isolates);
};

const APIS = [
  { name: "OpenAI", path: CHAT, body: { messages: [user("Hello")] } },
  { name: "Anthropic", path: MESSAGES, body: { max_tokens: 4096, messages: [user("Hello")] } },
  { name: "Responses", path: "/v1/responses", body: { input: "Hello" } },
];

/** The models that were asked, each once for a row of attempts. */
const asked = () => chatsOf(upstream).map(({ body }) => body.model).filter((model, place, all) => model !== all[place - 1]);

const down = (...models) => upstream.queue(...models.map((model) => ({ model, fakeSuccess: true, times: "always" })));

for (const { name, path, body } of APIS) {
  for (const stream of [false, true]) {
    const how = `${name}, ${stream ? "streamed" : "whole"}`;

    test(`with two models down the third answers, and the next request does not ask those: ${how}`, async () => {
      const gateway = await fresh();
      down(FIRST, SECOND);
      const answer = await post(gateway, path, { ...body, model: "auto", stream });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(asked(), [FIRST, SECOND, THIRD]);
      assert.equal(answer.headers["x-degpt-model"], THIRD);
      assert.equal(answer.headers["x-degpt-attempts"], "3");
      assert.ok(answer.text.includes(`"model":"${THIRD}"`));
      assert.ok(!answer.text.includes(FIRST) && !answer.text.includes(SECOND), "no trace of the others");

      for (const model of ["auto", undefined]) {
        const before = chatsOf(upstream).length;
        const next = await post(gateway, path, { ...body, model, stream });
        assert.deepEqual([next.status, next.headers["x-degpt-model"], next.headers["x-degpt-attempts"]], [200, THIRD, "1"]);
        assert.equal(chatsOf(upstream).length, before + 1);
      }
      // By name it is asked all the same, and told as it is.
      const named = await post(gateway, path, { ...body, model: FIRST, stream });
      assert.equal(named.status, 502);
      assert.equal(named.headers["x-degpt-attempts"], undefined);
    });
  }
}

test("isolates tell each other which models rest", async () => {
  for (const stream of [false, true]) {
    const { urls } = await fresh({}, 2);
    const [first, second] = urls.map((url) => ({ url }));
    down(FIRST, SECOND);
    const ask = (isolate) => post(isolate, CHAT, { model: "auto", messages: [user("Hello")], stream });
    assert.equal((await ask(first)).headers["x-degpt-model"], THIRD);
    const before = chatsOf(upstream).length;
    assert.equal((await ask(second)).headers["x-degpt-model"], THIRD);
    assert.equal(chatsOf(upstream).length, before + 1, `the second isolate asked for itself, stream: ${stream}`);
  }
});

test("headers that go out before an answer name no model; the answer does", async () => {
  const gateway = await fresh({ COMMIT_AFTER_MS: "100", KEEP_ALIVE_MS: "150" });
  for (const [path, body] of [[CHAT, { messages: [user("Hello")] }], [MESSAGES, { max_tokens: 4096, messages: [user("Hello")] }]]) {
    upstream.reset();
    upstream.queue({ model: FIRST, status: 404, delayHeadersMs: 600, times: "always" });
    const own = await startFor(upstream, { ...AUTO, COMMIT_AFTER_MS: "100", KEEP_ALIVE_MS: "150" });
    const answer = await post(own, path, { ...body, model: "auto", stream: true });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["x-degpt-model"], undefined);
    assert.equal(answer.headers["x-degpt-attempts"], undefined);
    assert.match(answer.text, /^(: keep-alive\n\n){2,}/, "a sign of life in between");
    const models = path === CHAT ? chunks(answer.text).map(({ model }) => model) : [messageEvents(answer.text)[0].message.model];
    assert.deepEqual([...new Set(models)], [SECOND]);
  }
  await gateway.close();
});

test("the count of tokens is for any model, and asks none", async () => {
  const gateway = await fresh();
  const { status, json } = await post(gateway, COUNT_TOKENS, { model: "auto", messages: [user("Hello")] });
  assert.equal(status, 200);
  assert.ok(json.input_tokens > 0);
  assert.equal(upstream.requests.length, 0);
});

test("who may answer in place of a model that is named is for the deployment to say", async () => {
  const gateway = await fresh({ MODEL_FALLBACKS: `gpt-5=${THIRD},${LAST}; claude*=${FIRST}` });
  down("gpt-5");
  const answer = await post(gateway, CHAT, { model: "gpt-5", messages: [user("Hello")] });
  assert.deepEqual([answer.status, answer.json.model, answer.headers["x-degpt-attempts"]], [200, THIRD, "2"]);
  const other = await post(gateway, CHAT, { model: "o3", messages: [user("Hello")] });
  assert.equal(other.headers["x-degpt-model"], "o3");
});

test("a picture goes to those that take pictures", async () => {
  const gateway = await fresh();
  down(SECOND);
  const content = [{ type: "text", text: "What is it?" }, { type: "image_url", image_url: { url: "https://a.example/a.png" } }];
  const answer = await post(gateway, CHAT, { model: "auto", messages: [user(content)] });
  assert.equal(answer.json.model, THIRD);
  assert.equal(answer.headers["x-degpt-model"], "qvq-max");
});

test("if all are down the error says so, and all are asked again", async () => {
  const gateway = await fresh();
  down(FIRST, SECOND, THIRD, LAST);
  for (const { path, body } of APIS) {
    const before = chatsOf(upstream).length;
    const { status, json } = await post(gateway, path, { ...body, model: "auto" });
    assert.equal(status, 502);
    assert.match(json.error.message, /None of 4 models answered/);
    assert.equal(chatsOf(upstream).length, before + 8, "each once more");
  }
  upstream.reset();
  const answer = await post(gateway, CHAT, { model: "auto", messages: [user("Hello")] });
  assert.deepEqual([answer.status, answer.headers["x-degpt-model"]], [200, FIRST]);
});

test("what DeGPT offers and nobody else knows can be asked, with one look at its list", async () => {
  const gateway = await fresh();
  upstream.queue({ path: paths.config, config: { default_models: "gpt-4o,kimi-k3" }, times: "always" });
  for (const name of ["kimi-k3", "moonshot/Kimi-K3"]) {
    const { headers, json } = await post(gateway, CHAT, { model: name, messages: [user("Hello")] });
    // The stand-in does not know it, and declines.
    assert.equal(json.error.code, "upstream_declined", headers["x-degpt-model"]);
    assert.equal(chatsOf(upstream).at(-1).body.model, "kimi-k3");
  }
  const { json } = await get(gateway, "/v1/models/kimi-k3");
  assert.deepEqual([json.id, json.live, json.support], ["kimi-k3", true, "text"]);
  assert.equal((await post(gateway, CHAT, { model: "nobody", messages: [user("Hello")] })).status, 404);
  assert.equal(timesAsked(upstream, paths.config), 1);
});
