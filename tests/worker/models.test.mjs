/**
 * The models routes: OpenAI's list, Anthropic's pages, one model in both shapes, and what is
 * repeated of DeGPT's own `/api/config`.
 */
import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { paths } from "../upstream/paths.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { KEY, MODELS, get, send, startBoth, startFor, timesAsked } from "./client.mjs";

// Two ids that an address cannot hold as they are.
const EXTRA = [{ id: "a/b", name: "Slash" }, { id: "模型 100%", text_model: "model-100", images: "openai" }, { id: "gpt-4o", name: "Mine", tier: 1, context_length: 128_000 }];

const { gateway, upstream } = await startBoth();
const extended = await startFor(upstream, { MODELS_EXTRA: JSON.stringify(EXTRA) });

const anthropic = { "anthropic-version": "2023-06-01" };

/** In listing order: the seed's 18, then the newer ones. */
const IDS = [
  "deepseek-chat",
  "doubao-seed-1-6-250615",
  "qwen3-235b-a22b",
  "qwen3-235b-a22b-think",
  "gpt-5-mini",
  "gpt-4o",
  "deepseek-reasoner",
  "gemini-2.5-flash-preview-05-20",
  "grok-4-0709",
  "doubao-seed-1-6-thinking-250615",
  "o3",
  "o4-mini",
  "gpt-4.1",
  "gpt-5",
  "claude-opus-4-20250514",
  "claude-opus-4-20250514-think",
  "grok-3-mini",
  "gemini-2.5-pro",
  "qwen3-max-preview",
  "gpt-5.1",
  "grok-4-1-fast-non-reasoning",
  "gpt-5.2",
  "claude-sonnet-4-5-20250929",
  "claude-sonnet-4-5-20250929-think",
  "grok-4-1-fast-reasoning",
  "gemini-3-pro-preview",
];

test("the list has every model once, in order, with all fields, and needs no key", async () => {
  const { status, headers, json } = await get(gateway, MODELS);
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^application\/json/);
  assert.equal(json.object, "list");
  assert.deepEqual(json.data.map(({ id }) => id), IDS);
  for (const model of json.data) {
    assert.deepEqual(
      Object.keys(model).sort(),
      ["architecture", "created", "description", "id", "live", "model", "name", "object", "owned_by", "support", "supported_parameters", "thinking", "tier", "tip"],
    );
    if (model.support === "image") assert.ok(model.architecture.input_modalities.includes("image"), model.id);
    assert.equal(model.object, "model");
    assert.ok(Number.isInteger(model.created) && model.created > 1.7e9 && model.created < 1.8e9, `${model.created}`);
    assert.equal(model.model, model.id.replace(/-think$/, ""));
    if (model.id.endsWith("-think")) assert.equal(model.thinking, true);
  }
  const thinking = json.data.filter((model) => model.thinking).map(({ id }) => id);
  assert.deepEqual(thinking, [
    "qwen3-235b-a22b-think",
    "deepseek-reasoner",
    "doubao-seed-1-6-thinking-250615",
    "o3",
    "claude-opus-4-20250514-think",
    "grok-3-mini",
    "claude-sonnet-4-5-20250929-think",
  ]);
  assert.deepEqual(json.data[0].architecture, { input_modalities: ["text"], output_modalities: ["text"] });
  const { tier, created } = json.data.find(({ id }) => id === "gemini-3-pro-preview");
  assert.deepEqual([tier, created], [3, Date.parse("2026-02-09") / 1000]);
});

test("MODELS_EXTRA adds entries and replaces those of the same id", async () => {
  const { data } = (await get(extended, MODELS)).json;
  assert.deepEqual(data.map(({ id }) => id), [...IDS, "a/b", "模型 100%"]);
  const { name, tier, model, context_length: length } = data.find(({ id }) => id === "gpt-4o");
  assert.deepEqual([name, tier, model, length], ["Mine", 1, "gpt-4o", 128_000]);
});

test("one model, in both shapes", async () => {
  const { data } = (await get(gateway, MODELS)).json;
  for (const expected of [data[0], data[3], data[25]]) {
    assert.deepEqual((await get(gateway, `${MODELS}/${expected.id}`)).json, expected);
  }
  assert.deepEqual((await get(gateway, `${MODELS}/deepseek-chat`, anthropic)).json, {
    type: "model",
    id: "deepseek-chat",
    // What the newest web client calls it; OpenAI's list has the seed's name.
    display_name: "DeepSeek V3.2",
    created_at: "2025-08-23T12:26:48Z",
    lifecycle: "active",
    ...{ capabilities: null, deprecated_at: null, line: null, max_input_tokens: null, max_tokens: null, retires_at: null },
  });
});

test("ids may be percent-encoded, whatever is in them", async () => {
  const table = [
    ["a%2Fb", "a/b"],
    ["a%2fb", "a/b"],
    ["a/b", "a/b"],
    ["gpt%2D4o", "gpt-4o"],
    [encodeURIComponent("模型 100%"), "模型 100%"],
  ];
  for (const [path, id] of table) {
    for (const headers of [{}, anthropic]) {
      const { status, json } = await get(extended, `${MODELS}/${path}`, headers);
      assert.deepEqual([status, json.id], [200, id], path);
    }
  }
});

test("an unknown model is a 404 in the caller's shape", async () => {
  const openAi = await get(gateway, `${MODELS}/nobody`);
  assert.equal(openAi.status, 404);
  assert.deepEqual(
    [openAi.json.error.code, openAi.json.error.type, openAi.json.error.param],
    ["model_not_found", "invalid_request_error", "model"],
  );
  assert.match(openAi.json.error.message, /nobody/);
  const other = await get(gateway, `${MODELS}/nobody`, anthropic);
  assert.deepEqual([other.status, other.json.error.type], [404, "not_found_error"]);
});

for (const version of ["2023-06-01", "2026-10-21"]) {
  test(`Anthropic's pages follow each other and end (${version})`, async () => {
    const headers = { "anthropic-version": version };
    for (const [limit, pages] of [[undefined, 2], [1, 26], [7, 4], [26, 1], [1000, 1]]) {
      const seen = [];
      let query = limit === undefined ? "?beta=true" : `?limit=${limit}`;
      let count = 0;
      for (;;) {
        const { status, json } = await get(gateway, `${MODELS}${query}`, headers);
        count += 1;
        assert.equal(status, 200);
        assert.deepEqual(Object.keys(json).sort(), ["data", "first_id", "has_more", "last_id"]);
        const ids = json.data.map(({ id }) => id);
        assert.deepEqual([json.first_id, json.last_id], [ids[0], ids.at(-1)]);
        seen.push(...json.data);
        if (!json.has_more) break;
        query = `?${limit === undefined ? "" : `limit=${limit}&`}after_id=${encodeURIComponent(json.last_id)}`;
      }
      assert.deepEqual(seen.map(({ id }) => id), IDS);
      assert.equal(count, pages);
      for (const model of seen) {
        assert.equal(model.type, "model");
        assert.equal(typeof model.display_name, "string");
        assert.match(model.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }
    }
  });
}

test("a page before an id holds what stands right before it", async () => {
  const page = async (query) => {
    const { data, has_more } = (await get(gateway, `${MODELS}?${query}`, anthropic)).json;
    return [data.map(({ id }) => id), has_more];
  };
  assert.deepEqual(await page(`limit=2&before_id=${IDS[5]}`), [IDS.slice(3, 5), true]);
  assert.deepEqual(await page(`limit=5&before_id=${IDS[5]}`), [IDS.slice(0, 5), false]);
  assert.deepEqual(await page(`before_id=${IDS[0]}`), [[], false]);
  assert.deepEqual(await page(`after_id=${IDS[25]}`), [[], false]);
});

test("a bad page query is a 400 that names the parameter", async () => {
  for (const [query, name] of [["limit=0", "limit"], ["limit=1001", "limit"], ["limit=x", "limit"], ["after_id=nobody", "after_id"], ["before_id=nobody", "before_id"]]) {
    const { status, json } = await get(gateway, `${MODELS}?${query}`, anthropic);
    assert.equal(status, 400, query);
    assert.equal(json.error.type, "invalid_request_error");
    assert.match(json.error.message, new RegExp(name));
  }
});

test("without an anthropic-version it is OpenAI's list, x-api-key or not", async () => {
  const { json } = await get(gateway, `${MODELS}?limit=2`, { "x-api-key": KEY });
  assert.deepEqual([json.object, json.data.length], ["list", 26]);
});

test("DeGPT's own words stand around the list, and are asked for once by many", async () => {
  const about = { status: true, name: "DeGPT II", version: "9.9.9", default_locale: "zh-CN", auth: true };
  upstream.reset();
  upstream.queue({ path: paths.config, body: about, delayHeadersMs: 50, times: "always" });
  const fresh = await startFor(upstream);
  const answers = await Promise.all(Array.from({ length: 10 }, () => get(fresh, MODELS)));
  answers.push(await get(fresh, MODELS));
  for (const { json } of answers) {
    const { name, version, default_locale, status, provider, time } = json;
    assert.deepEqual([name, version, default_locale, status, provider, time], ["DeGPT II", "9.9.9", "zh-CN", true, "DeGPT", 20260209]);
  }
  assert.equal(timesAsked(upstream, paths.config), 1);
  assert.equal(upstream.requests[0].credential, null);
  upstream.reset();
});

test("DeGPT's own list marks the entries and adds to them; where it has none, nothing is said of it", async () => {
  const live = async (behaviour, vars) => {
    upstream.reset();
    upstream.queue({ path: paths.config, times: "always", ...behaviour });
    const fresh = await startFor(upstream, vars);
    const { data } = (await get(fresh, MODELS)).json;
    const page = (await get(fresh, `${MODELS}?limit=1000`, anthropic)).json;
    assert.deepEqual(page.data.map(({ id }) => id), data.map(({ id }) => id));
    assert.ok(timesAsked(upstream, paths.config) <= 1);
    return data;
  };
  const offered = await live({ config: { default_models: "gpt-5.1, kimi-k3,claude-opus-4-20250514,gpt-4o-mini,<b>" } });
  assert.deepEqual(
    offered.filter((model) => model.live).map(({ id }) => id),
    ["claude-opus-4-20250514", "claude-opus-4-20250514-think", "gpt-5.1", "gpt-4o-mini", "kimi-k3"],
  );
  assert.equal(offered.length, IDS.length + 2);
  for (const behaviour of [{ fault: "noDefaultModels" }, { config: { default_models: ["gpt-5.1"] } }, { config: { default_models: 7 } }, { status: 500 }]) {
    const data = await live(behaviour);
    assert.deepEqual(data.map(({ id }) => id), IDS);
    assert.ok(data.every((model) => !("live" in model)), JSON.stringify(behaviour));
  }
  const off = await live({ config: { default_models: "gpt-5.1,kimi-k3" } }, { MODELS_LIVE: "off" });
  assert.ok(off.length === IDS.length && off.every((model) => !("live" in model)));
  upstream.reset();
});

test("Anthropic's page and a single model do not ask DeGPT if its list does not count", async () => {
  const fresh = await startFor(upstream, { MODELS_LIVE: "off" });
  upstream.reset();
  await get(fresh, MODELS, anthropic);
  await get(fresh, `${MODELS}/gpt-4o`);
  assert.equal(upstream.requests.length, 0);
});

const BUILT_IN = { version: "0.1.125", name: "DeGPT", default_locale: "en-US", status: false };
const failures = [
  ["answers 500", { status: 500 }],
  ["answers no JSON", { body: "<html>maintenance</html>" }],
  ["redirects", { status: 302, headers: { location: "/elsewhere" } }],
  ["does not answer", { neverAnswer: true }],
  ["sends headers late", { delayHeadersMs: 2600 }],
  ["refuses the connection", { refuseConnection: true }],
];
// At once, for two of them take their two seconds.
describe("when DeGPT's config fails, the list is there all the same, with status false", { concurrency: true }, () => {
  for (const [what, behaviour] of failures) {
    test(`it ${what}`, async (t) => {
      const mine = await startUpstream();
      t.after(() => mine.close());
      mine.queue({ path: paths.config, times: "always", ...behaviour });
      const fresh = await startFor(mine);
      const { status, json, startedAt, endedAt } = await get(fresh, MODELS);
      assert.equal(status, 200);
      const { version, name, default_locale, status: isUp, data } = json;
      assert.deepEqual({ version, name, default_locale, status: isUp }, BUILT_IN);
      assert.equal(data.length, 26);
      assert.ok(endedAt - startedAt < 2500, `${endedAt - startedAt} ms`);
      // Its silence is remembered for a while too: the next caller does not wait again.
      const again = await get(fresh, MODELS);
      assert.equal(again.json.status, false);
      assert.ok(again.endedAt - again.startedAt < 1000);
      assert.equal(timesAsked(mine, paths.config), 1);
    });
  }
});

test("HEAD has the headers and no body", async () => {
  for (const path of [MODELS, `${MODELS}/gpt-4o`]) {
    const { status, headers, text } = await send(gateway, "HEAD", path);
    assert.deepEqual([status, text], [200, ""]);
    assert.match(headers["content-type"], /^application\/json/);
  }
});
