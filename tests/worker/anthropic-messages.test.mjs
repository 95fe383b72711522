/**
 * `POST /api/v1/messages` as JSON, in both versions of the API: the answer's shape, which model
 * answers, and what clients may send. Streams are in streaming.test.mjs, errors in errors.test.mjs.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { NEWER_FIELDS, USAGE_FIELDS, KEY, MESSAGES, chatsOf, lastBody, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth({ vars: { MODEL_ALIASES: "claude-*=claude-sonnet-4-5-20250929" } });

const CLAUDE = "claude-opus-4-20250514";

const ask = (more, headers) => post(gateway, MESSAGES, { max_tokens: 4096, messages: [user("Hello")], ...more }, headers);

/** The headers of the clients in the field, old and new. */
const clients = {
  "2023-06-01 with x-api-key": { "anthropic-version": "2023-06-01", "x-api-key": KEY, authorization: undefined },
  "2026-10-21 with Bearer": { "anthropic-version": "2026-10-21", authorization: `Bearer ${KEY}` },
  "no version at all": { "x-api-key": KEY, authorization: undefined },
  "any beta": { "anthropic-version": "2023-06-01", "anthropic-beta": "a-2099-01-01,token-counting-2024-11-01", "x-api-key": KEY },
};

for (const [name, headers] of Object.entries(clients)) {
  test(`the answer has every field of a message (${name})`, async () => {
    for (const query of ["", "?beta=true"]) {
      upstream.queue({ text: "Hi! 👋" });
      const body = { model: CLAUDE, max_tokens: 4096, messages: [user("Hello")] };
      const answer = await post(gateway, `${MESSAGES}${query}`, body, headers);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers["content-type"], "application/json");
      const { id, usage, ...rest } = answer.json;
      assert.match(id, /^msg_[0-9a-f]{32}$/);
      assert.equal(answer.headers["request-id"], id.slice("msg_".length));
      assert.deepEqual(Object.keys(usage), USAGE_FIELDS);
      assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0);
      assert.deepEqual(rest, {
        type: "message",
        role: "assistant",
        content: [{ type: "text", text: "Hi! 👋" }],
        model: CLAUDE,
        stop_reason: "end_turn",
        stop_sequence: null,
        ...NEWER_FIELDS,
      });
    }
  });
}

test("reasoning is a thinking block before the text", async () => {
  upstream.queue({ reasoning: "Hmm 🤔", text: "42" });
  const { content } = (await ask({ model: CLAUDE, thinking: { type: "enabled", budget_tokens: 1024 } })).json;
  assert.deepEqual(content, [
    { type: "thinking", thinking: "Hmm 🤔", signature: "" },
    { type: "text", text: "42" },
  ]);
});

test("finish reasons have Anthropic's names", async () => {
  for (const [finishReason, expected] of [["lost", "end_turn"], ["length", "max_tokens"], ["content_filter", "refusal"]]) {
    upstream.queue({ finishReason }, { finishReason });
    assert.equal((await ask({})).json.stop_reason, expected);
    const end = messageEvents((await ask({ stream: true })).text).find(({ type }) => type === "message_delta");
    assert.deepEqual(end.delta, { stop_reason: expected, stop_sequence: null, stop_details: null, container: null });
  }
});

const choices = [
  [{}, "deepseek-chat", false, "deepseek-chat"],
  [{ model: CLAUDE }, CLAUDE, false, CLAUDE],
  [{ model: "claude-haiku-4-5" }, "claude-sonnet-4-5-20250929", false, "claude-sonnet-4-5-20250929"],
  [{ model: CLAUDE, thinking: { type: "enabled", budget_tokens: 1024 } }, CLAUDE, true, `${CLAUDE}-think`],
  [{ model: CLAUDE, thinking: { type: "adaptive", display: "summarized" } }, CLAUDE, true, `${CLAUDE}-think`],
  [{ model: CLAUDE, thinking: { type: "disabled" } }, CLAUDE, false, CLAUDE],
  [{ model: `${CLAUDE}-think` }, CLAUDE, true, `${CLAUDE}-think`],
  [{ model: "gpt-4o", thinking: { type: "adaptive" } }, "gpt-4o", false, "gpt-4o"],
];
for (const [request, model, thinking, answering] of choices) {
  test(`${JSON.stringify(request)} is answered by ${answering}`, async () => {
    const whole = await ask(request);
    assert.equal(whole.status, 200, whole.text);
    const { model: asked, enable_thinking, project, stream } = lastBody(upstream);
    assert.deepEqual([asked, enable_thinking, project, stream], [model, thinking, "DecentralGPT", true]);
    assert.deepEqual([whole.json.model, whole.headers["x-degpt-model"]], [answering, model]);
    const streamed = await ask({ ...request, stream: true });
    assert.equal(messageEvents(streamed.text)[0].message.model, answering);
    assert.equal(streamed.headers["x-degpt-model"], model);
  });
}

const ephemeral = { cache_control: { type: "ephemeral", ttl: "1h" } };
const text = (words, more) => ({ type: "text", text: words, ...more });
/** What agents send: none of it may be refused. */
const habits = {
  "system as a string": { system: "Be short." },
  "system as blocks, with cache_control": { system: [text("Be", ephemeral), text("short.", ephemeral)] },
  "an empty system": { system: [] },
  "a system role inside messages": { messages: [{ role: "system", content: "Be short." }, user("Hello"), { role: "system", content: "Now long." }] },
  "content as blocks, with cache_control": { messages: [user([text("Hello", ephemeral), text("there", ephemeral)])] },
  "fields beside the messages": {
    ...ephemeral,
    metadata: { user_id: "u" },
    service_tier: "auto",
    stop_sequences: ["x"],
    temperature: 1,
    top_k: 5,
    top_p: 0.9,
    container: null,
    context_management: { edits: [] },
    mcp_servers: [],
    output_config: { effort: "high" },
    betas: ["x"],
    x_anything: [{}],
  },
  "replayed thinking, signed and unsigned": {
    messages: [
      user("a"),
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hmm", signature: "c2lnbmVk" },
          { type: "thinking", thinking: "Hmm", signature: "" },
          { type: "thinking", thinking: "Hmm" },
          { type: "redacted_thinking", data: "xyz" },
          text("b"),
        ],
      },
      user("c"),
    ],
  },
  "a turn of thinking alone": { messages: [user("a"), { role: "assistant", content: [{ type: "thinking", thinking: "Hmm", signature: "s" }] }, user("b")] },
  "empty assistant turns": { messages: [user("a"), { role: "assistant", content: "" }, user("b"), { role: "assistant", content: [] }, user("c")] },
  "an assistant's turn first": { messages: [{ role: "assistant", content: "Hi" }, user("a")] },
  "two turns of one role": { messages: [user("a"), user("b"), { role: "assistant", content: "c" }, { role: "assistant", content: "d" }, user("e")] },
  "tools, and earlier calls with their results": {
    tools: [{ name: "weather", description: "d", input_schema: { type: "object" }, ...ephemeral }],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    messages: [
      user("Weather?"),
      { role: "assistant", content: [text("I look."), { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Bern" } }] },
      user([{ type: "tool_result", tool_use_id: "toolu_1", content: "Sunny", ...ephemeral }]),
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_2", name: "weather", input: {} }] },
      user([{ type: "tool_result", tool_use_id: "toolu_2", is_error: true, content: [text("Down")] }, text("So?")]),
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_3", name: "weather", input: {} }] },
      user([{ type: "tool_result", tool_use_id: "toolu_3" }]),
    ],
  },
};
for (const [what, request] of Object.entries(habits)) {
  test(`clients may send ${what}`, async () => {
    for (const model of [CLAUDE, "deepseek-chat", "gpt-5"]) {
      const answer = await ask({ model, ...request });
      assert.equal(answer.status, 200, `${model}: ${answer.text}`);
      assert.match(said(answer).text, /^This is /);
      assert.equal(chatsOf(upstream).at(-1).why, null, "the shape was refused at first");
    }
  });
}

test("max_tokens is not required", async () => {
  assert.equal((await post(gateway, MESSAGES, { messages: [user("Hello")] })).status, 200);
});

test("an assistant's turn at the end is continued: by Qwen itself, by others because they are asked to", async () => {
  const messages = [user("a"), { role: "assistant", content: "It is" }];
  for (const [model, role] of [["qwen3-235b-a22b", "assistant"], ["deepseek-chat", "user"], [CLAUDE, "user"]]) {
    const answer = await ask({ model, messages });
    assert.equal(answer.status, 200, answer.text);
    const { reload = false, messages: sent } = lastBody(upstream);
    assert.deepEqual([sent.at(-1).role, reload], [role, role === "assistant"]);
  }
});
