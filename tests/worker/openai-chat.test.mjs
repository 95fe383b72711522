/**
 * `POST /api/v1/chat/completions` as JSON: the answer's shape, which model answers, and what
 * clients may send. Streams are in streaming.test.mjs, errors in errors.test.mjs.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { CHAT, chatsOf, chunks, lastBody, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth({
  vars: { MODEL_ALIASES: "gpt-3.5-turbo = gpt-5-mini, gpt-4-* = gpt-4o, claude-3*=claude-opus-4-20250514, o3=gpt-5" },
});

const ask = (more) => post(gateway, CHAT, { messages: [user("Hello")], ...more });

test("the answer has every field of a chat completion, made here and not by DeGPT", async () => {
  upstream.queue({ text: "Hi! 👋" });
  const { status, headers, json } = await ask({ model: "deepseek-chat" });
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/json");
  const { id, created, usage, ...rest } = json;
  assert.match(id, /^chatcmpl-[0-9a-f]{32}$/);
  assert.ok(Number.isInteger(created) && Math.abs(created - Date.now() / 1000) < 60);
  assert.deepEqual(Object.keys(usage), ["prompt_tokens", "completion_tokens", "total_tokens"]);
  assert.ok(Object.values(usage).every((count) => Number.isInteger(count) && count > 0));
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assert.deepEqual(rest, {
    object: "chat.completion",
    model: "deepseek-chat",
    choices: [{ message: { role: "assistant", content: "Hi! 👋", refusal: null }, finish_reason: "stop", index: 0, logprobs: null }],
  });
  assert.equal(headers["x-request-id"], id.slice("chatcmpl-".length));
});

test("DeGPT is always asked to stream, with every field it needs and no other", async () => {
  for (const stream of [undefined, false, true, null]) {
    await ask({ stream, temperature: 0.5, max_tokens: 5, stop: ["x"], user: "u" });
    assert.deepEqual(lastBody(upstream), {
      model: "deepseek-chat",
      messages: [user("Hello")],
      project: "DecentralGPT",
      stream: true,
      enable_thinking: false,
    });
  }
});

test("what is accepted from DeGPT says whether the answer is put together here", async () => {
  await ask({});
  assert.equal(chatsOf(upstream).at(-1).headers.accept, "*/*");
  await ask({ stream: true });
  assert.equal(chatsOf(upstream).at(-1).headers.accept, "text/event-stream");
});

test("reasoning stands in reasoning_content, and its tokens in the usage", async () => {
  upstream.queue({ reasoning: "Hmm, 让我想想 🤔", text: "42" });
  const { choices, usage } = (await ask({ model: "deepseek-reasoner" })).json;
  assert.deepEqual(choices[0].message, { role: "assistant", content: "42", reasoning_content: "Hmm, 让我想想 🤔", refusal: null });
  const { reasoning_tokens: reasoning } = usage.completion_tokens_details;
  assert.ok(reasoning > 0 && reasoning < usage.completion_tokens);
});

test("only a finish reason that says more than `stop` is believed", async () => {
  for (const [finishReason, expected] of [["lost", "stop"], ["repeated", "stop"], ["length", "length"], ["content_filter", "content_filter"], ["tool_calls", "stop"]]) {
    upstream.queue({ finishReason }, { finishReason });
    assert.equal((await ask({})).json.choices[0].finish_reason, expected, finishReason);
    const streamed = chunks((await ask({ stream: true })).text).map(({ choices }) => choices[0].finish_reason);
    assert.deepEqual(streamed.filter((reason) => reason !== null), [expected], finishReason);
  }
});

/** The request's fields, then: the model at DeGPT, enable_thinking, and the answer's model. */
const choices = [
  [{}, "deepseek-chat", false, "deepseek-chat"],
  [{ model: null }, "deepseek-chat", false, "deepseek-chat"],
  [{ model: "" }, "deepseek-chat", false, "deepseek-chat"],
  [{ model: "auto" }, "deepseek-chat", false, "deepseek-chat"],
  [{ model: "gpt-4o" }, "gpt-4o", false, "gpt-4o"],
  // Aliases: exact, by prefix; an exact one wins over an id.
  [{ model: "gpt-3.5-turbo" }, "gpt-5-mini", false, "gpt-5-mini"],
  [{ model: "gpt-4-turbo" }, "gpt-4o", false, "gpt-4o"],
  [{ model: "claude-3-5-sonnet-latest" }, "claude-opus-4-20250514", false, "claude-opus-4-20250514"],
  [{ model: "o3" }, "gpt-5", false, "gpt-5"],
  // Thinking: by id, or by a request where there is a variant that thinks.
  [{ model: "qwen3-235b-a22b" }, "qwen3-235b-a22b", false, "qwen3-235b-a22b"],
  [{ model: "qwen3-235b-a22b-think" }, "qwen3-235b-a22b", true, "qwen3-235b-a22b-think"],
  [{ model: "qwen3-235b-a22b", reasoning_effort: "low" }, "qwen3-235b-a22b", true, "qwen3-235b-a22b-think"],
  [{ model: "qwen3-235b-a22b", reasoning_effort: "xhigh" }, "qwen3-235b-a22b", true, "qwen3-235b-a22b-think"],
  [{ model: "qwen3-235b-a22b", reasoning_effort: "none" }, "qwen3-235b-a22b", false, "qwen3-235b-a22b"],
  [{ model: "qwen3-235b-a22b", reasoning_effort: "minimal" }, "qwen3-235b-a22b", false, "qwen3-235b-a22b"],
  [{ model: "qwen3-235b-a22b", reasoning_effort: null }, "qwen3-235b-a22b", false, "qwen3-235b-a22b"],
  [{ model: "qwen3-235b-a22b", thinking: { type: "enabled" } }, "qwen3-235b-a22b", true, "qwen3-235b-a22b-think"],
  [{ model: "qwen3-235b-a22b", thinking: { type: "adaptive" } }, "qwen3-235b-a22b", true, "qwen3-235b-a22b-think"],
  [{ model: "qwen3-235b-a22b", thinking: { type: "disabled" } }, "qwen3-235b-a22b", false, "qwen3-235b-a22b"],
  [{ model: "claude-sonnet-4-5-20250929", reasoning_effort: "high" }, "claude-sonnet-4-5-20250929", true, "claude-sonnet-4-5-20250929-think"],
  // No variant that thinks: a GPT model would be refused, others would not know.
  [{ model: "gpt-4o", reasoning_effort: "high" }, "gpt-4o", false, "gpt-4o"],
  [{ model: "gpt-5", reasoning_effort: "high" }, "gpt-5", false, "gpt-5"],
  [{ model: "deepseek-chat", thinking: { type: "enabled" } }, "deepseek-chat", false, "deepseek-chat"],
  // Thinking by itself.
  [{ model: "deepseek-reasoner" }, "deepseek-reasoner", true, "deepseek-reasoner"],
  [{ model: "grok-3-mini", reasoning_effort: "none" }, "grok-3-mini", true, "grok-3-mini"],
];
for (const [request, model, thinking, answering] of choices) {
  test(`${JSON.stringify(request)} is answered by ${answering}`, async () => {
    const whole = await ask(request);
    assert.equal(whole.status, 200, whole.text);
    const { model: asked, enable_thinking } = lastBody(upstream);
    assert.deepEqual([asked, enable_thinking], [model, thinking]);
    assert.deepEqual([whole.json.model, whole.headers["x-degpt-model"]], [answering, model]);

    const streamed = await ask({ ...request, stream: true });
    assert.ok(chunks(streamed.text).every((chunk) => chunk.model === answering));
    assert.equal(streamed.headers["x-degpt-model"], model);
  });
}

const tools = [{ type: "function", function: { name: "weather", description: "d", parameters: { type: "object", properties: {} } } }];
/** What real clients send: none of it may be refused. */
const habits = {
  "every optional field of the reference": {
    audio: null,
    frequency_penalty: 0,
    logit_bias: {},
    logprobs: false,
    max_completion_tokens: 5,
    metadata: { a: "b" },
    modalities: ["text"],
    n: 1,
    parallel_tool_calls: true,
    prediction: null,
    presence_penalty: 0,
    prompt_cache_key: "k",
    response_format: { type: "text" },
    safety_identifier: "s",
    seed: 1,
    service_tier: "auto",
    store: false,
    temperature: 1,
    top_logprobs: null,
    top_p: 1,
    user: "u",
    verbosity: "low",
    web_search_options: {},
  },
  "fields nobody knows": { cache_control: { type: "ephemeral" }, x_anything: [1, { a: null }], chat_id: "1" },
  "a stream option without a stream": { stream_options: { include_usage: true } },
  "stream options of null": { stream: false, stream_options: null },
  "a developer role": { messages: [{ role: "developer", content: "Be short." }, user("Hello")] },
  "text parts as lists, for every role": {
    messages: [
      { role: "system", content: [{ type: "text", text: "Be" }, { type: "text", text: "short." }] },
      user([{ type: "text", text: "Hello", cache_control: { type: "ephemeral" } }]),
      { role: "assistant", content: [{ type: "text", text: "Hi." }] },
      user([{ type: "text", text: "And?" }]),
    ],
  },
  "an empty assistant turn": { messages: [user("a"), { role: "assistant", content: "" }, user("b")] },
  "an assistant turn of null": { messages: [user("a"), { role: "assistant", content: null }, user("b")] },
  "an assistant turn without content": { messages: [user("a"), { role: "assistant" }, user("b")] },
  "an assistant turn of no parts": { messages: [user("a"), { role: "assistant", content: [] }, user("b")] },
  "several system messages": { messages: [{ role: "system", content: "a" }, user("b"), { role: "system", content: "c" }, user("d")] },
  "names, refusals and reasoning of earlier turns": {
    messages: [
      { ...user("a"), name: "ada" },
      { role: "assistant", content: "b", refusal: null, reasoning_content: "r", audio: null, annotations: [], tool_calls: null },
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      user("c"),
    ],
  },
  "tools and an earlier tool call": {
    tools,
    tool_choice: "auto",
    messages: [
      user("Weather?"),
      { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "call_1", content: "Sunny" },
      { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "21 °C" }] },
    ],
  },
  "functions, as they were before tools": {
    functions: [{ name: "weather", parameters: {} }],
    function_call: "auto",
    messages: [user("Weather?"), { role: "assistant", content: null, function_call: { name: "weather", arguments: "{}" } }, { role: "function", name: "weather", content: "Sunny" }],
  },
};
const families = ["deepseek-chat", "claude-opus-4-20250514", "gpt-5"];
for (const [what, request] of Object.entries(habits)) {
  test(`clients may send ${what}`, async () => {
    for (const model of families) {
      const answer = await ask({ model, ...request });
      assert.equal(answer.status, 200, `${model}: ${answer.text}`);
      assert.match(said(answer).text, /^This is /);
      assert.equal(chatsOf(upstream).at(-1).why, null, "the shape was refused at first");
    }
  });
}

test("a body's content type does not matter, nor does white space around it", async () => {
  const body = '\n {"messages":[{"role":"user","content":"Hello"}]} \r\n';
  for (const type of ["text/plain", undefined, "application/json; charset=utf-8"]) {
    assert.equal((await post(gateway, CHAT, body, { "content-type": type })).status, 200, type);
  }
});
