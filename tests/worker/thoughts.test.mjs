/**
 * Reasoning that a model writes into its text, in tags at the beginning, through the built Worker:
 * it goes out as reasoning, and nothing in it is a call, a stop sequence or the JSON answer.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, chunks, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const parameters = { type: "object", properties: { path: { type: "string" } } };
const DIALECTS = {
  OpenAI: { path: CHAT, tools: [{ type: "function", function: { name: "delete_file", parameters } }], json: { response_format: { type: "json_object" } }, stop: "stop" },
  Anthropic: {
    path: MESSAGES,
    tools: [{ name: "delete_file", input_schema: parameters }],
    json: { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    stop: "stop_sequences",
  },
};

/** Every dialect, whole and streamed, the model's text as it is and with one character in each chunk. */
const WAYS = Object.entries(DIALECTS).flatMap(([name, dialect]) =>
  [false, true].flatMap((stream) => [false, true].map((single) => ({ name: `${name}, ${stream ? "streamed" : "whole"}${single ? ", in single characters" : ""}`, ...dialect, stream, single }))),
);

/** `{text, reasoning, calls, finish, usage}` of the answer to a request with `more`, the model giving `text`. */
async function ask({ path, stream, single }, text, more = {}, reasoning = undefined) {
  const all = single ? { chunks: [...(reasoning ? [{ reasoning_content: reasoning }] : []), ...text] } : { text, ...(reasoning && { reasoning }) };
  upstream.queue({ times: "always", ...all });
  const usage = stream && path === CHAT ? { stream_options: { include_usage: true } } : {};
  const answer = await post(gateway, path, { messages: [user("Hi")], max_tokens: 4096, stream, ...usage, ...more });
  assert.equal(answer.status, 200, answer.text);
  return { ...said(answer), ...ending(answer), answer, asked: chatsOf(upstream).length };
}

function ending({ json, text }) {
  const count = (value) => (value.match(/"(?:tool_use|tool_calls)"[:,]/g) ?? []).length;
  if (json?.choices) return { calls: json.choices[0].message.tool_calls?.length ?? 0, finish: json.choices[0].finish_reason, thought: json.usage.completion_tokens_details?.reasoning_tokens ?? 0 };
  if (json) return { calls: json.content.filter(({ type }) => type === "tool_use").length, finish: json.stop_reason, thought: json.usage.output_tokens_details?.thinking_tokens ?? 0 };
  if (text.startsWith("event:")) {
    const { delta, usage } = messageEvents(text).at(-2);
    return { calls: count(text.replace(/"stop_reason":"tool_use"/, "")), finish: delta.stop_reason, thought: usage.output_tokens_details?.thinking_tokens ?? 0 };
  }
  const all = chunks(text);
  const finish = all.map(({ choices }) => choices[0]?.finish_reason).find(Boolean);
  return { calls: all.filter(({ choices }) => choices[0]?.delta.tool_calls).length, finish, thought: all.at(-1).usage.completion_tokens_details?.reasoning_tokens ?? 0 };
}

const CALL = '<tool_call>{"name":"delete_file","arguments":{"path":"/"}}</tool_call>';
const WELL = { OpenAI: "stop", Anthropic: "end_turn" };
const isWell = (finish) => Object.values(WELL).includes(finish);

for (const way of WAYS) {
  test(`${way.name}: a call in a thought is none`, async () => {
    const thought = `I could ${CALL} but that is dangerous.`;
    const found = await ask(way, `<think>${thought}</think>I will not.`, { tools: way.tools });
    assert.deepEqual([found.text, found.reasoning, found.calls, isWell(found.finish)], ["I will not.", thought, 0, true]);
    assert.ok(found.thought > 10, `${found.thought} tokens of reasoning`);
  });

  test(`${way.name}: every tag, with and without tools, after white space, before empty lines`, async () => {
    const forms = [
      ["<think>", "</think>"],
      ["<thinking>", "</thinking>"],
      ["<thought>", "</thought>"],
      ["<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"],
      ["<|channel|>analysis<|message|>", "<|channel|>final<|message|>"],
      ["<|channel|>analysis<|message|>", "<|end|>"],
    ];
    for (const [open, close] of forms) {
      for (const more of [{}, { tools: way.tools }]) {
        upstream.reset();
        const found = await ask(way, `\n ${open}\nA <b> thought.${close}\n\nHello <think>there</think>.`, more);
        assert.deepEqual([found.text, found.reasoning, isWell(found.finish)], ["Hello <think>there</think>.", "A <b> thought.", true], open);
      }
    }
  });

  test(`${way.name}: a stop sequence does not match in a thought`, async () => {
    const found = await ask(way, "<think>One END two</think>three END four", { [way.stop]: ["END"] });
    assert.deepEqual([found.text, found.reasoning], ["three ", "One END two"]);
  });

  test(`${way.name}: the JSON in a thought is not the answer`, async () => {
    const found = await ask(way, '<think>Perhaps {"a": 1}?</think>\n{"a": 2}', way.json);
    assert.deepEqual([found.text, found.reasoning, found.asked], ['{"a": 2}', 'Perhaps {"a": 1}?', 1]);
  });

  test(`${way.name}: a call after a thought is one`, async () => {
    const found = await ask(way, `<think>\n\n</think>\n\n${CALL}`, { tools: way.tools });
    assert.deepEqual([found.text ?? "", found.reasoning, found.calls > 0], ["", "", true]);
  });

  test(`${way.name}: a thought that is not closed is no answer`, async () => {
    const text = `<think>Hm. ${CALL}</thi`;
    upstream.queue({ times: "always", ...(way.single ? { chunks: [...text] } : { text }) });
    const answer = await post(gateway, way.path, { messages: [user("Hi")], max_tokens: 4096, stream: way.stream, tools: way.tools });
    // What has gone out is not repeated.
    assert.deepEqual([answer.status, chatsOf(upstream).length], way.stream ? [200, 1] : [502, 2]);
    assert.match(answer.text, /DeGPT gave no answer/);
    assert.doesNotMatch(answer.text, /"tool_use"|"tool_calls"|"stop_reason":"|\[DONE\]/);
  });

  test(`${way.name}: a thought after reasoning is reasoning too`, async () => {
    const found = await ask(way, "<think>two</think>three", {}, "one ");
    assert.deepEqual([found.text, found.reasoning], ["three", "one two"]);
  });

  test(`${way.name}: reasoning that is not wanted is left out, and counted`, async () => {
    for (const more of [{ include_reasoning: false }, { thinking: { type: "disabled" } }]) {
      upstream.reset();
      const found = await ask(way, "<think>One two three.</think>four", more);
      assert.deepEqual([found.text, found.reasoning], ["four", ""], JSON.stringify(more));
      assert.ok(found.thought >= 3);
      assert.ok(!found.answer.text.includes('"type":"thinking"'), found.answer.text);
    }
  });

  test(`${way.name}: text without a tag at its beginning stays as it is`, async () => {
    const texts = ["Hello <think>there</think>", "</think>Hello", "<thin", " \n<", "<think", "<thinker>a</thinker>", "\n\n  code", "<|channel|>commentary<|message|>a", "`<think>`a</think>"];
    for (const text of texts) {
      upstream.reset();
      const found = await ask(way, text);
      assert.deepEqual([found.text, found.reasoning], [text, ""]);
    }
  });
}
