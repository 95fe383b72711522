/**
 * The project's seed: every example request as it was printed, with the answer it has to get.
 * What differs is what the issue about the routes says, and nothing else.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { attachment } from "../upstream/pictures.mjs";
import { NEWER_FIELDS, USAGE_FIELDS, CHAT, MESSAGES, MODELS, chatsOf, chunks, get, lastBody, messageEvents, said, send, startBoth } from "./client.mjs";

// `paceMs`: slow enough to tell a stream from an answer sent at once.
const { gateway, upstream } = await startBoth({
  vars: { API_KEYS: "YOUR_API_KEY,ANTHROPIC_API_KEY" },
  upstream: { defaults: { paceMs: 3 } },
});

const fixture = (name) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

const openAiHeaders = {
  accept: "application/json",
  authorization: "Bearer YOUR_API_KEY",
  "content-type": "application/json",
};

const ask = (body) => send(gateway, "POST", CHAT, { headers: openAiHeaders, body });

const STREAMED_TEXT =
  "我是 **DeepSeek-V3**，由 **深度求索（DeepSeek）** 公司开发的 **大语言模型**。我的知识截止日期是 **2024年7月**，可以处理 **128K 上下文**，并且支持 **文本、文档（如PDF、Word、Excel、PPT等）的解析和分析**。  \n\n如果你有任何问题或需要帮助，尽管问我哦！😊";
const JSON_TEXT =
  "我是 **DeepSeek-V3**，由 **深度求索（DeepSeek）** 公司开发的 **大语言模型**。我的知识截止到 **2024年7月**，可以处理 **128K 超长上下文**，并且支持 **文本、文档（如PDF、Word、Excel、PPT等）的解析和分析**。  \n\n如果你有任何问题，不论是学习、编程、写作，还是生活相关，都可以问我！😊";
const CLAUDE_TEXT =
  "我是Claude，一个由Anthropic公司创建的AI助手。我是基于大型语言模型训练而成的，旨在通过自然对话的方式提供帮助。我可以协助处理各种任务，包括回答问题、写作、分析、编程、翻译等。有什么我可以帮助您的吗？";

/** A stream in OpenAI's form whose first content came while DeepSeek was still speaking. */
function assertStreamed(answer) {
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"], /^text\/event-stream/);
  const first = answer.pieces.find(({ text }) => /"content":"[^"]/.test(text));
  const { endedAt } = chatsOf(upstream).at(-1);
  assert.ok(first.at < endedAt - 50, `first content at ${first.at}, upstream's end at ${endedAt}`);
  for (const { id, object, model, created, choices } of chunks(answer.text)) {
    assert.equal(object, "chat.completion.chunk");
    assert.equal(typeof id, "string");
    assert.ok(Number.isInteger(created));
    assert.equal(model, chunks(answer.text)[0].model);
    assert.equal(choices.length, 1);
    assert.deepEqual(Object.keys(choices[0]), ["index", "delta", "logprobs", "finish_reason"]);
    assert.equal(choices[0].logprobs, null);
  }
}

test("1: the models are the seed's, with the differences that are meant", async () => {
  const seed = JSON.parse(fixture("seed-models.json"));
  const answer = await get(gateway, MODELS);
  assert.equal(answer.status, 200);
  const { data, ...about } = answer.json;

  const { data: seedModels, ...seedAbout } = seed;
  assert.deepEqual(about, { ...seedAbout, time: 20260209 });

  const seen = new Set();
  const expected = seedModels.map((model) => {
    // In the seed a model and its thinking variant share an id.
    const isVariant = seen.has(model.id);
    seen.add(model.id);
    return { ...model, id: isVariant ? `${model.id}-think` : model.id, created: model.created / 1000 };
  });
  assert.equal(expected.length, 18);
  for (const [index, model] of expected.entries()) {
    const { thinking, tier, architecture, supported_parameters: parameters, live, ...rest } = data[index];
    assert.deepEqual(rest, model);
    assert.deepEqual(architecture.input_modalities[0], "text");
    assert.ok(parameters.includes("tools"));
    assert.equal(typeof thinking, "boolean");
    assert.equal(typeof live, "boolean");
    assert.ok([1, 2, 3].includes(tier));
  }
});

test("2: the question to `auto`, streamed", async () => {
  const answer = await ask(`{
    "model": "auto",
    "messages": [{"role": "user", "content": "你是什么模型?"}],
    "stream":true
  }`);
  assertStreamed(answer);
  assert.equal(said(answer).text, STREAMED_TEXT);
  assert.ok(chunks(answer.text).every(({ model }) => model === "deepseek-chat"));
  assert.equal(chunks(answer.text).at(-1).choices[0].finish_reason, "stop");
});

test("2: the question to `auto`, as JSON", async () => {
  const answer = await ask(`{
    "model": "auto",
    "messages": [{"role": "user", "content": "你是什么模型?"}],
    "stream":false
  }`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"], /^application\/json/);
  const { id, created, usage, ...rest } = answer.json;
  assert.match(id, /^chatcmpl-\w+$/);
  assert.ok(Math.abs(created - Date.now() / 1000) < 60);
  assert.deepEqual(Object.keys(usage), ["prompt_tokens", "completion_tokens", "total_tokens"]);
  assert.deepEqual(rest, {
    object: "chat.completion",
    model: "deepseek-chat",
    choices: [
      { index: 0, message: { role: "assistant", content: JSON_TEXT, refusal: null }, logprobs: null, finish_reason: "stop" },
    ],
  });
});

test("3.1: the question as a list of parts, streamed", async () => {
  const answer = await ask(`{
    "model": "deepseek-chat",
    "messages": [{"role": "user", "content": [{"type":"text","text":"你是什么模型？"}]}],
    "stream":true
  }`);
  assertStreamed(answer);
  assert.equal(said(answer).text, STREAMED_TEXT);
});

test("3.2: a picture, streamed", async () => {
  const body = fixture("seed-picture-request.json");
  const answer = await ask(body);
  assertStreamed(answer);
  assert.equal(answer.headers["x-degpt-model"], "doubao-seed-1-6-250615");
  assert.match(said(answer).text, /^I was shown a picture \(image\/png, 7929 bytes, sha256 3d4486690f25\)\./);

  const sent = lastBody(upstream);
  assert.equal(sent.model, "doubao-seed-1-6-250615");
  assert.deepEqual(sent.messages, JSON.parse(body).messages);
  const { data } = attachment(sent.messages[0].content[1]);
  assert.equal(data.length, 7929);
});

test("4: the question to Claude", async () => {
  const answer = await send(gateway, "POST", MESSAGES, {
    headers: { "content-type": "application/json", "x-api-key": "ANTHROPIC_API_KEY", "anthropic-version": "2023-06-01" },
    body: `{
    "model": "claude-opus-4-20250514",
    "max_tokens": 1000,
    "messages": [
      {
        "role": "user",
        "content": "你是什么模型?"
      }
    ]
  }`,
  });
  assert.equal(answer.status, 200);
  const { id, usage, ...rest } = answer.json;
  assert.equal(typeof id, "string");
  assert.deepEqual(Object.keys(usage), USAGE_FIELDS);
  assert.deepEqual(rest, {
    type: "message",
    role: "assistant",
    content: [{ type: "text", text: CLAUDE_TEXT }],
    model: "claude-opus-4-20250514",
    stop_reason: "end_turn",
    stop_sequence: null,
    ...NEWER_FIELDS,
  });
});

test("4: the question to Claude, streamed, has the same text", async () => {
  const answer = await send(gateway, "POST", MESSAGES, {
    headers: { "content-type": "application/json", "x-api-key": "ANTHROPIC_API_KEY", "anthropic-version": "2023-06-01" },
    body: { model: "claude-opus-4-20250514", max_tokens: 1000, stream: true, messages: [{ role: "user", content: "你是什么模型?" }] },
  });
  assert.equal(said(answer).text, CLAUDE_TEXT);
  assert.equal(messageEvents(answer.text)[0].message.model, "claude-opus-4-20250514");
});
