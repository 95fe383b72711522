/**
 * Streams, in both dialects: which chunks and events come, in which order, when, and how they end.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { NEWER_FIELDS, USAGE_FIELDS, CHAT, MESSAGES, chatsOf, chunks, events, messageEvents, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const openAi = (more) => post(gateway, CHAT, { model: "deepseek-reasoner", messages: [user("Hello")], stream: true, ...more });
const anthropic = (more) =>
  post(gateway, MESSAGES, { model: "deepseek-reasoner", max_tokens: 4096, messages: [user("Hello")], stream: true, ...more });

/** Reasoning, then text, in several chunks, with the empty and null ones DeGPT sends between. */
const PARTS = [
  { content: "" },
  { reasoning_content: "Hm" },
  { reasoning_content: "m 🤔" },
  { content: null },
  { content: "Four" },
  { content: "" },
  { content: "ty-two 四十二 🎉" },
];

test("OpenAI: a role chunk, the deltas in order, one finish chunk, [DONE]", async () => {
  upstream.queue({ chunks: PARTS });
  const answer = await openAi();
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"], /^text\/event-stream/);
  assert.equal(answer.headers["cache-control"], "no-cache");
  const deltas = chunks(answer.text).map(({ choices }) => [choices[0].delta, choices[0].finish_reason]);
  assert.deepEqual(deltas, [
    [{ role: "assistant", content: "", refusal: null }, null],
    [{ reasoning_content: "Hm" }, null],
    [{ reasoning_content: "m 🤔" }, null],
    [{ content: "Four" }, null],
    [{ content: "ty-two 四十二 🎉" }, null],
    [{}, "stop"],
  ]);
});

test("OpenAI: every chunk has the same id, object, time and model, made here", async () => {
  // Claude's chunks have a new id each, a float as the time and the model as the object.
  for (const model of ["claude-opus-4-20250514", "gpt-5", "deepseek-chat"]) {
    const answer = await openAi({ model });
    const all = chunks(answer.text);
    for (const { id, object, created, model: answering, choices, ...rest } of all) {
      assert.equal(id, `chatcmpl-${answer.headers["x-request-id"]}`);
      assert.equal(object, "chat.completion.chunk");
      assert.ok(Number.isInteger(created) && Math.abs(created - Date.now() / 1000) < 60);
      assert.equal(created, all[0].created);
      assert.equal(answering, model);
      assert.equal(choices[0].index, 0);
      assert.deepEqual(rest, {});
    }
  }
});

test("OpenAI: with include_usage, one last chunk without choices has the usage, and the others null", async () => {
  upstream.queue({ chunks: PARTS });
  const all = chunks((await openAi({ stream_options: { include_usage: true } })).text);
  const last = all.pop();
  assert.deepEqual(last.choices, []);
  assert.deepEqual([last.id, last.object, last.created, last.model], [all[0].id, all[0].object, all[0].created, all[0].model]);
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total, completion_tokens_details: details } = last.usage;
  assert.ok(prompt > 0 && completion > 0);
  assert.equal(total, prompt + completion);
  assert.ok(details.reasoning_tokens > 0 && details.reasoning_tokens < completion);
  assert.ok(all.every((chunk) => chunk.usage === null && chunk.choices.length === 1));
});

test("OpenAI: without include_usage there is no usage anywhere", async () => {
  for (const options of [undefined, null, {}, { include_usage: false }, { include_usage: null }]) {
    const all = chunks((await openAi({ stream_options: options })).text);
    assert.ok(all.every((chunk) => !("usage" in chunk) && chunk.choices.length === 1), JSON.stringify(options));
  }
});

test("the usage of a stream is that of the same answer as JSON", async () => {
  const body = { stream_options: { include_usage: true } };
  upstream.queue({ chunks: PARTS }, { chunks: PARTS }, { chunks: PARTS });
  const { usage } = chunks((await openAi(body)).text).at(-1);
  assert.deepEqual((await openAi({ stream: false })).json.usage, usage);
  const end = messageEvents((await anthropic()).text).find(({ type }) => type === "message_delta");
  assert.equal(end.usage.output_tokens, usage.completion_tokens);
});

test("Anthropic: exactly the reference's events, thinking before text, in order", async () => {
  upstream.queue({ chunks: PARTS });
  const answer = await anthropic();
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"], /^text\/event-stream/);
  const all = messageEvents(answer.text);
  const { message } = all.shift();
  const { usage: startUsage, ...opening } = message;
  assert.deepEqual(opening, {
    id: `msg_${answer.headers["request-id"]}`,
    type: "message",
    role: "assistant",
    content: [],
    model: "deepseek-reasoner",
    stop_reason: null,
    stop_sequence: null,
    ...NEWER_FIELDS,
  });
  assert.deepEqual(Object.keys(startUsage), USAGE_FIELDS);
  const end = all.find(({ type }) => type === "message_delta");
  const { usage } = end;
  assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0);
  assert.equal(startUsage.input_tokens, usage.input_tokens);
  const delta = (index, value) => ({ type: "content_block_delta", index, delta: value });
  assert.deepEqual(all, [
    { type: "ping" },
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    delta(0, { type: "thinking_delta", thinking: "Hm" }),
    delta(0, { type: "thinking_delta", thinking: "m 🤔" }),
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
    delta(1, { type: "text_delta", text: "Four" }),
    delta(1, { type: "text_delta", text: "ty-two 四十二 🎉" }),
    { type: "content_block_stop", index: 1 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container: null }, usage },
    { type: "message_stop" },
  ]);
});

test("Anthropic: text alone is one block, number 0, and there is no [DONE]", async () => {
  upstream.queue({ text: "Hi" });
  const { text } = await anthropic({ model: "gpt-4o" });
  const types = messageEvents(text).map(({ type, index }) => (index === undefined ? type : `${type} ${index}`));
  assert.deepEqual(types, [
    "message_start",
    "ping",
    "content_block_start 0",
    "content_block_delta 0",
    "content_block_stop 0",
    "message_delta",
    "message_stop",
  ]);
  assert.doesNotMatch(text, /DONE/);
});

const streams = { OpenAI: openAi, Anthropic: anthropic };
for (const [name, ask] of Object.entries(streams)) {
  test(`${name}: the first chunk arrives before the last is produced, and each in its time`, async () => {
    upstream.queue({ chunks: Array.from({ length: 10 }, (_, index) => `part ${index} `), paceMs: 40 });
    const { pieces } = await ask();
    const { endedAt } = chatsOf(upstream).at(-1);
    const at = (index) => pieces.find(({ text }) => text.includes(`part ${index} `)).at;
    assert.ok(at(0) < endedAt - 150, `the first came ${endedAt - at(0)} ms before the end`);
    // A busy machine may let a few come together, but not most of them.
    const apart = Array.from({ length: 9 }, (_, index) => at(index + 1) - at(index)).filter((ms) => ms >= 10);
    assert.ok(apart.length >= 6, `only ${apart.length} of 9 came apart`);
  });

  test(`${name}: the body ends at once after the end mark, even if DeGPT's does not`, { timeout: 10_000 }, async () => {
    upstream.queue({ text: "Hi", keepOpenAfterDone: true });
    const { endedAt, pieces, ended } = await ask();
    assert.ok(ended);
    assert.ok(endedAt - pieces.at(-1).at < 1000);
    assert.ok(Date.now() - pieces[0].at < 1000);
    // And DeGPT's connection is let go.
    await upstream.until(({ releasedAt }) => releasedAt !== null);
  });

  test(`${name}: the stream is the same however DeGPT's bytes are cut`, async () => {
    const stripped = async (writeMode) => {
      upstream.queue({ chunks: PARTS, writeMode });
      const { text, headers } = await ask();
      return text.replaceAll(headers["request-id"], "ID").replace(/"created":\d+/g, '"created":0');
    };
    const expected = await stripped("events");
    for (const mode of ["bytes", "whole", { mode: "random", seed: 7, max: 40 }, { mode: "group", events: 3 }]) {
      assert.equal(await stripped(mode), expected, JSON.stringify(mode));
    }
  });

  test(`${name}: a DeGPT that pauses is kept alive with what clients pass over`, async () => {
    const patient = await startBoth({ vars: { KEEP_ALIVE_MS: "60", COMMIT_AFTER_MS: "50" } });
    patient.upstream.queue({ delayHeadersMs: 600, chunks: ["a", "b"], pauseAfter: { chunk: 1, ms: 300 } });
    const [path, more] = ask === openAi ? [CHAT, {}] : [MESSAGES, { max_tokens: 1 }];
    const { text, pieces, startedAt } = await post(patient.gateway, path, { messages: [user("Hello")], stream: true, ...more });
    assert.ok(pieces[0].at - startedAt < 500, "the opening did not come before the answer");
    if (ask === openAi) {
      assert.ok(text.split(": keep-alive\n\n").length > 4);
      assert.deepEqual(chunks(text).map(({ choices }) => choices[0].delta.content), ["", "a", "b", undefined]);
    } else {
      const types = messageEvents(text).map(({ type }) => type);
      assert.ok(types.filter((type) => type === "ping").length > 4);
      assert.deepEqual(
        types.filter((type) => type !== "ping"),
        ["message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
      );
    }
  });
}

test("an answer that breaks off never ends cleanly, in either dialect", async () => {
  upstream.queue({ chunks: ["a", "b", "c"], endAfter: 2 }, { chunks: ["a", "b", "c"], endAfter: 2 });
  const broken = events((await openAi()).text).map(({ data }) => data);
  assert.ok(!broken.includes("[DONE]"));
  assert.ok(broken.every((data) => !data.includes('"finish_reason":"stop"')));
  assert.deepEqual(Object.keys(JSON.parse(broken.at(-1)).error).sort(), ["code", "message", "param", "type"]);

  const answer = await anthropic();
  const all = messageEvents(answer.text);
  assert.deepEqual(all.slice(-2).map(({ type }) => type), ["content_block_stop", "error"]);
  assert.deepEqual(Object.keys(all.at(-1)), ["type", "error", "request_id"]);
  assert.equal(all.at(-1).request_id, answer.headers["request-id"]);
});

test("an answer that breaks off while its reasoning is hidden has not begun, in either dialect", { timeout: 20_000 }, async () => {
  for (const ask of [openAi, anthropic]) {
    for (const fault of [{ breakAfter: 2 }, { endAfter: 2 }, { errorLine: 2 }]) {
      const broken = { reasoning: "One two three four five six seven.", paceMs: 20, ...fault };
      upstream.queue(broken, { text: "There." });
      const repeated = await ask({ include_reasoning: false });
      assert.equal(repeated.status, 200);
      assert.match(repeated.text, /"Th"/);
      assert.doesNotMatch(repeated.text, /"error":/);
      upstream.queue(broken, broken);
      const refused = await ask({ include_reasoning: false });
      assert.equal(refused.status, 502, `${JSON.stringify(fault)}: ${refused.text}`);
    }
  }
});

test("an answer that fails before it begins has a status of its own", async () => {
  for (const ask of Object.values(streams)) {
    upstream.queue({ status: 429, headers: { "retry-after": "7" } });
    const { status, headers, json } = await ask();
    assert.deepEqual([status, headers["retry-after"]], [429, "7"]);
    assert.match(json.error.type, /^rate_limit/);
  }
});

test("many streams at once do not mix", async () => {
  const ask = async (index) => {
    const words = `caller ${index} 🎉 `;
    const stream = index % 2 === 0 ? openAi : anthropic;
    upstream.queue({ where: ({ body }) => body.messages.at(-1).content === words, chunks: Array(20).fill(words), paceMs: 2 });
    const { text } = await stream({ messages: [user(words)] });
    const told = index % 2 === 0 ? chunks(text).map(({ choices }) => choices[0].delta.content) : messageEvents(text).map(({ delta }) => delta?.text);
    assert.equal(told.join(""), words.repeat(20));
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
});
