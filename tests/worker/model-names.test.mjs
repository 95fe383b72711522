/**
 * The names that clients have for models, through the built Worker with the settings of wrangler.toml:
 * which model answers, where the answer says so, and what is said of a name that leads nowhere.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { COUNT_TOKENS, MODELS, dialects, get, lastBody, post, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const SONNET = "claude-sonnet-4-5-20250929";
const OPUS = "claude-opus-4-20250514";

/** A name, and the id of the model that answers. */
const NAMES = [
  ["GPT-4o", "gpt-4o"],
  ["  deepseek-chat\n", "deepseek-chat"],
  ["openai/gpt-5", "gpt-5"],
  ["openrouter/anthropic/Claude-Sonnet-4-5", SONNET],
  ["deepseek/deepseek-reasoner", "deepseek-reasoner"],
  [`${SONNET}[1m]`, SONNET],
  ["claude-sonnet-4-5[1M]", SONNET],
  ["claude-sonnet-4-5", SONNET],
  ["claude-sonnet-4-5-latest", SONNET],
  ["claude-opus-4", OPUS],
  ["claude-opus-4-0", OPUS],
  ["grok-4", "grok-4-0709"],
  ["xai/grok-4-latest", "grok-4-0709"],
  ["doubao-seed-1-6", "doubao-seed-1-6-250615"],
  ["gpt-5-latest", "gpt-5"],
  ["claude-sonnet-4-5-think", `${SONNET}-think`],
  ["anthropic/Claude-Opus-4-Think[1m]", `${OPUS}-think`],
  ["gpt-5 [1m]", "gpt-5"],
  // The date of a release, where the id has none.
  ["gpt-5-2025-08-07", "gpt-5"],
  ["gpt-5-mini-2025-08-07", "gpt-5-mini"],
  ["openai/o3-2025-04-16", "o3"],
  ["deepseek-chat-0324", "deepseek-chat"],
  ["auto", "deepseek-chat"],
  ["openrouter/Auto", "deepseek-chat"],
  // What agents and apps ask for by themselves.
  ["claude-opus-4-8", OPUS],
  ["claude-opus-4-1-20250805", OPUS],
  ["claude-fable-5", SONNET],
  ["claude-sonnet-5", SONNET],
  ["claude-haiku-4-5-20251001", SONNET],
  ["claude-3-7-sonnet-latest", SONNET],
  ["anthropic/claude-opus-4.8[1m]", OPUS],
  ["opus", OPUS],
  ["sonnet", SONNET],
  ["sonnet[1m]", SONNET],
  ["haiku", SONNET],
  ["gpt-4o-mini", "gpt-4o-mini"],
  ["gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
  // What DeGPT answers though no list of its has it.
  ["gpt-5-chat-latest", "gpt-5-chat-latest"],
  ["xai/grok-3", "grok-3"],
  ["grok-3-latest", "grok-3"],
  ["qwen-vl-plus", "qwen-vl-plus"],
  ["qvq-max", "qvq-max"],
  ["gpt-3.5-turbo", "gpt-5-mini"],
  ["gpt-4", "gpt-4.1"],
  ["gpt-4-turbo", "gpt-4.1"],
  ["gpt-4o-2024-08-06", "gpt-4o"],
  ["openai/gpt-5.1-codex", "gpt-5.1"],
];

for (const [name, id] of NAMES) {
  test(`${JSON.stringify(name)} is ${id}, and every answer says so`, async () => {
    for (const { name: dialect, path, body } of dialects) {
      for (const stream of [false, true]) {
        const answer = await post(gateway, path, body({ model: name, stream }));
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.text.includes(`"model":"${id}"`), `${dialect} ${stream}: ${answer.text.slice(0, 300)}`);
        const { model } = lastBody(upstream);
        assert.equal(model, id.replace(/-think$/, ""));
        assert.equal(answer.headers["x-degpt-model"], model);
      }
    }
    const counted = await post(gateway, COUNT_TOKENS, { model: name, messages: [user("Hi")] });
    assert.equal(counted.status, 200, counted.text);
    for (const headers of [{}, { "anthropic-version": "2023-06-01" }]) {
      const one = await get(gateway, `${MODELS}/${encodeURIComponent(name)}`, headers);
      assert.deepEqual([one.status, one.json.id], [200, id]);
    }
  });
}

const NOWHERE = [
  ["deepseek", ["deepseek-chat", "deepseek-reasoner"]],
  ["gemini-flash", ["gemini-2.5-flash-preview-05-20"]],
  ["qwen3-max", ["qwen3-max-preview"]],
  ["groq-4", ["grok-4-0709"]],
  ["claud-sonnet-4.5", [SONNET]],
  ["gpt4o", ["gpt-4o"]],
  ["x".repeat(100_000), []],
  ["?", []],
  ["openai/", []],
];
for (const [name, nearest] of NOWHERE) {
  test(`${JSON.stringify(name).slice(0, 40)} is a 404 that names what is near`, async () => {
    for (const { path, body } of [...dialects, { path: COUNT_TOKENS, body: (more) => ({ messages: [user("Hi")], ...more }) }]) {
      const { status, json } = await post(gateway, path, body({ model: name }));
      assert.equal(status, 404);
      const { message } = json.error;
      for (const id of nearest) assert.ok(message.includes(`\`${id}\``), message);
      assert.match(message, /MODEL_ALIASES/);
      assert.ok(message.length < 700, message);
      assert.ok(message.match(/`/g).length <= 2 + 3 * 2, message);
    }
    if (name.length < 100) {
      const one = await get(gateway, `${MODELS}/${encodeURIComponent(name)}`);
      assert.equal(one.status, 404);
    }
  });
}

test("a deployment's own names come first", async () => {
  const MODELS_EXTRA = JSON.stringify([{ id: "house/Big", text_model: "grok-4-0709" }, { id: "big", text_model: "gpt-4o" }, { id: "claude-sonnet-4-5-20260101", text_model: "o4-mini" }]);
  const other = await startFor(upstream, { MODELS_EXTRA, MODEL_ALIASES: "GPT-4o=o3, openai/*=gpt-5, gpt-4*=gpt-4.1" });
  for (const [name, upstreamId] of [
    ["house/Big", "grok-4-0709"],
    ["HOUSE/BIG", "grok-4-0709"],
    ["Big", "gpt-4o"],
    ["gpt-4O", "o3"],
    ["openai/gpt-4o", "o3"],
    ["openai/anything", "gpt-5"],
    ["azure/GPT-4-turbo", "gpt-4.1"],
    // The newest of one name.
    ["claude-sonnet-4-5", "o4-mini"],
    [SONNET, SONNET],
  ]) {
    const answer = await post(other, dialects[0].path, dialects[0].body({ model: name }));
    assert.equal(answer.headers["x-degpt-model"], upstreamId, `${name}: ${answer.text}`);
  }
});
