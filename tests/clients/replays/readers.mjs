/**
 * How apps read answers: each reader takes the body of one and returns what an app would show of it.
 *
 * They are strict where one app or another is: Zed's types have no room for a chunk without `choices`,
 * NextChat puts a call together by which chunk has an id, others by `index`.
 *
 * What is read of an answer: `{choices: [{text, reasoning, calls: [{name, input}], end}], usage}`, with
 * `usage` as `[input, output]` tokens, where there is one.
 */
import assert from "node:assert/strict";

/** By the names in the data: `read(body, options)`; `reasoningIn` are the fields that the app takes reasoning from. */
export const readers = {
  models: (body) => list(body, (entry) => assert.equal(entry.object, "model")),
  "anthropic models": (body) => list(body, (entry) => assert.equal(entry.type, "model")),
  chat: readChat,
  "chat stream": readChatStream,
  message: readMessage,
  "message stream": readMessageStream,
  "response stream": readResponseStream,
};

/** Whether an answer of this kind is a stream, or a list of models. */
export const isStream = (kind) => kind.endsWith("stream");
export const isList = (kind) => kind.endsWith("models");

function list(body, check) {
  const { data } = JSON.parse(body);
  assert.ok(Array.isArray(data));
  for (const entry of data) check(entry);
  return data.map(({ id }) => id);
}

function readChat(body, { reasoningIn }) {
  const { choices, usage } = JSON.parse(body);
  return {
    choices: choices.map(({ message, finish_reason: end }) => ({
      text: message.content ?? "",
      reasoning: reasoningIn.map((field) => message[field]).find(Boolean) ?? "",
      calls: (message.tool_calls ?? []).map(({ function: { name, arguments: input } }) => ({ name, input: JSON.parse(input) })),
      end,
    })),
    usage: chatUsage(usage),
  };
}

function readChatStream(body, { reasoningIn }) {
  const events = eventsOf(body);
  assert.equal(events.pop(), "[DONE]");
  const choices = [];
  let usage;
  for (const chunk of events.map((data) => JSON.parse(data))) {
    assert.ok(Array.isArray(chunk.choices));
    if (chunk.usage) usage = chatUsage(chunk.usage);
    for (const { index, delta, finish_reason: end } of chunk.choices) {
      assert.ok(Number.isInteger(index) && typeof delta === "object");
      const choice = (choices[index] ??= { text: "", reasoning: "", calls: [], end: undefined, byId: [] });
      choice.text += delta.content ?? "";
      choice.reasoning += reasoningIn.map((field) => delta[field]).find(Boolean) ?? "";
      for (const part of delta.tool_calls ?? []) addCall(choice, part);
      choice.end = end ?? choice.end;
    }
  }
  for (const choice of choices) {
    assert.deepEqual(choice.byId, choice.calls, "calls by their ids are those by their indexes");
    choice.calls = choice.calls.map(({ name, input }) => ({ name, input: JSON.parse(input) }));
  }
  return { choices, usage };
}

function addCall(choice, { index, id, function: { name, arguments: input = "" } }) {
  assert.ok(Number.isInteger(index));
  if (id) choice.byId.push({ name, input: "" });
  choice.byId.at(-1).input += input;
  choice.calls[index] ??= { name, input: "" };
  choice.calls[index].input += input;
}

function chatUsage(usage) {
  if (!usage) return undefined;
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  return [usage.prompt_tokens, usage.completion_tokens];
}

function readMessage(body) {
  const { content, stop_reason: end, usage } = JSON.parse(body);
  const joined = (type, field) => content.filter((block) => block.type === type).map((block) => block[field]).join("");
  const calls = content.filter(({ type }) => type === "tool_use").map(({ name, input }) => ({ name, input }));
  return {
    choices: [{ text: joined("text", "text"), reasoning: joined("thinking", "thinking"), calls, end }],
    usage: [usage.input_tokens, usage.output_tokens],
  };
}

function readMessageStream(body) {
  const events = eventsOf(body).map((data) => JSON.parse(data));
  assert.deepEqual([events[0].type, events.at(-1).type], ["message_start", "message_stop"]);
  const { usage } = events[0].message;
  const blocks = [];
  const choice = { text: "", reasoning: "", calls: [], end: undefined };
  for (const { type, index, content_block: block, delta, ...event } of events) {
    if (type === "content_block_start") blocks[index] = { ...block, json: "" };
    if (type === "content_block_delta") {
      choice.text += delta.text ?? "";
      choice.reasoning += delta.thinking ?? "";
      blocks[index].json += delta.partial_json ?? "";
    }
    if (type === "message_delta") {
      choice.end = delta.stop_reason;
      Object.assign(usage, event.usage);
    }
  }
  for (const { type, name, json } of blocks) {
    if (type === "tool_use") choice.calls.push({ name, input: JSON.parse(json || "{}") });
  }
  return { choices: [choice], usage: [usage.input_tokens, usage.output_tokens] };
}

function readResponseStream(body) {
  const events = eventsOf(body).map((data) => JSON.parse(data));
  const { type, response } = events.at(-1);
  assert.equal(type, "response.completed");
  const deltas = (kind) => events.filter((event) => event.type === kind).map(({ delta }) => delta).join("");
  const items = events.filter((event) => event.type === "response.output_item.done").map(({ item }) => item);
  const calls = items.filter((item) => item.type === "function_call");
  return {
    choices: [
      {
        text: deltas("response.output_text.delta"),
        reasoning: deltas("response.reasoning_summary_text.delta"),
        calls: calls.map(({ name, arguments: input }) => ({ name, input: JSON.parse(input) })),
        end: response.status,
      },
    ],
    usage: [response.usage.input_tokens, response.usage.output_tokens],
  };
}

/** The data of a stream's events; comments and names are for nobody here. */
function eventsOf(body) {
  assert.ok(body.endsWith("\n\n"), "the last event ends");
  const lines = body.split("\n").filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.replace(/^data: ?/, ""));
}
