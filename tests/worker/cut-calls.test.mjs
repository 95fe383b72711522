/**
 * A call that is cut off by a limit of tokens, through the built Worker: what came of it goes out, as
 * the official APIs do it, and all of it is counted.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, chunks, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const parameters = { type: "object", properties: { path: { type: "string" }, text: { type: "string" } } };
const OPENAI = { path: CHAT, tools: [{ type: "function", function: { name: "write_file", parameters } }], cut: "length" };
const ANTHROPIC = { path: MESSAGES, tools: [{ name: "write_file", input_schema: parameters }], cut: "max_tokens" };
const WAYS = [OPENAI, ANTHROPIC].flatMap((dialect) => [false, true].map((stream) => ({ ...dialect, stream, name: `${dialect.path}, ${stream ? "streamed" : "whole"}` })));

/** `{text, calls: [{name, arguments}], finish, tokens, asked}`; the arguments are text. */
async function ask({ path, stream, tools }, behaviour, more = {}) {
  upstream.reset();
  upstream.queue({ times: "always", ...behaviour });
  const usage = stream && path === CHAT ? { stream_options: { include_usage: true } } : {};
  const answer = await post(gateway, path, { messages: [user("Hi")], max_tokens: 4096, stream, tools, ...usage, ...more });
  assert.equal(answer.status, 200, answer.text);
  return { text: said(answer).text ?? "", ...of(answer), asked: chatsOf(upstream).length };
}

function of({ json, text }) {
  if (json?.choices) {
    const [{ message, finish_reason: finish }] = json.choices;
    const calls = (message.tool_calls ?? []).map(({ function: { name, arguments: text } }) => ({ name, arguments: text }));
    return { calls, finish, tokens: json.usage.completion_tokens };
  }
  if (json) {
    const calls = json.content.filter(({ type }) => type === "tool_use").map(({ name, input }) => ({ name, arguments: JSON.stringify(input) }));
    return { calls, finish: json.stop_reason, tokens: json.usage.output_tokens };
  }
  const calls = [];
  if (text.startsWith("event:")) {
    const all = messageEvents(text);
    for (const { content_block: block, delta } of all) {
      if (block?.type === "tool_use") calls.push({ name: block.name, arguments: "" });
      if (delta?.type === "input_json_delta") calls.at(-1).arguments += delta.partial_json;
    }
    const { delta, usage } = all.at(-2);
    return { calls, finish: delta.stop_reason, tokens: usage.output_tokens };
  }
  const all = chunks(text);
  for (const call of all.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    const { name, arguments: more } = call.function;
    if (name) calls.push({ name, arguments: "" });
    calls[call.index].arguments += more;
  }
  const finish = all.map(({ choices }) => choices[0]?.finish_reason).find(Boolean);
  return { calls, finish, tokens: all.at(-1).usage.completion_tokens };
}

const LINES = "A line of the file. ".repeat(60);
const ARGUMENTS = JSON.stringify({ path: "/tmp/notes.txt", text: LINES });
const call = (json) => `<tool_call>\n${json}\n</tool_call>`;
const CALL = call(`{"name": "write_file", "arguments": ${ARGUMENTS}}`);

for (const way of WAYS) {
  test(`${way.name}: what fits under max_tokens of a call goes out`, async () => {
    for (const most of [60, 200]) {
      const found = await ask(way, { text: `I write it.\n${CALL}` }, { max_tokens: most });
      assert.deepEqual([found.text, found.finish, found.calls.length, found.asked], ["I write it.", way.cut, 1, 1]);
      assert.equal(found.calls[0].name, "write_file");
      assert.ok(found.tokens <= most && found.tokens > most - 4, `${found.tokens} of ${most}`);
      check(way, found.calls[0].arguments);
    }
  });

  test(`${way.name}: what DeGPT's limit leaves of a call goes out`, async () => {
    // In a tag, a fence and bare; with a line break in a string, as models write it.
    const texts = [CALL, CALL.replace("<tool_call>", "<tool_calls>\n<tool_call>"), "```json\n" + CALL, CALL.replace("<tool_call>\n", ""), CALL.replace("A line", "A\nline")];
    for (const text of texts) {
      const found = await ask(way, { text: text.slice(0, 500), finishReason: "length" });
      assert.deepEqual([found.text, found.finish, found.calls.length, found.asked], ["", way.cut, 1, 1], text.slice(0, 40));
      assert.ok(found.tokens > 80, `${found.tokens}`);
      check(way, found.calls[0].arguments, /A\nline/.test(text) ? ARGUMENTS.replace("A line", "A\\nline") : ARGUMENTS);
    }
  });

  test(`${way.name}: wherever DeGPT cuts a call, the client gets what can be used, or the text`, async () => {
    const whole = call('{"name": "write_file", "arguments": {"path": "a\\"b", "n": [12, true]}}');
    const named = whole.indexOf('"arguments"');
    for (let length = 1; length < whole.length; length += stepOf(length)) {
      const text = whole.slice(0, length);
      const found = await ask(way, { text, finishReason: "length" });
      assert.equal(found.finish, way.cut, text);
      if (found.calls.length === 0) {
        assert.equal(found.text, text);
        assert.ok(length < named, text);
      } else {
        assert.deepEqual([found.text, found.calls[0].name], ["", "write_file"], text);
        const written = found.calls[0].arguments;
        if (way.stream) assert.ok('{"path": "a\\"b", "n": [12, true]}'.startsWith(written), written);
        else JSON.parse(written);
      }
    }
  });

  test(`${way.name}: a call whose name is unknown, or may go on, stays text`, async () => {
    for (const name of ["delete_file", "write_file"]) {
      const text = `<tool_call>{"name": "${name}${name === "write_file" ? "" : '", "arguments": {"path": "/'}`;
      const found = await ask(way, { text, finishReason: "length" });
      assert.deepEqual([found.text, found.calls, found.finish], [text, [], way.cut]);
    }
  });

  test(`${way.name}: the calls before it stay whole`, async () => {
    const first = { name: "write_file", arguments: { path: "a" } };
    for (const text of [`${call(JSON.stringify(first))}\n${CALL.slice(0, 300)}`, `<tool_calls>[${JSON.stringify(first)}, ${CALL.slice(12, 300)}`]) {
      const found = await ask(way, { text, finishReason: "length" });
      assert.deepEqual([found.calls.length, found.finish], [2, way.cut], text);
      assert.deepEqual(JSON.parse(found.calls[0].arguments), { path: "a" });
      check(way, found.calls[1].arguments);
    }
  });

  test(`${way.name}: it is not asked for again, where a call is required`, async () => {
    const choice = way.path === CHAT ? "required" : { type: "any" };
    const found = await ask(way, { text: CALL }, { max_tokens: 60, tool_choice: choice });
    assert.deepEqual([found.calls.length, found.finish, found.asked], [1, way.cut, 1]);
  });

  test(`${way.name}: one call at most`, async () => {
    const one = way.path === CHAT ? { parallel_tool_calls: false } : { tool_choice: { type: "auto", disable_parallel_tool_use: true } };
    const found = await ask(way, { text: CALL.slice(0, 300), finishReason: "length" }, one);
    assert.deepEqual([found.calls.length, found.finish], [1, way.cut]);
  });
}

/** More places near the name and the strings, fewer elsewhere. */
const stepOf = (length) => (length < 20 ? 6 : 1);

/** The arguments of a cut call: in a stream what the model wrote, else a value whose strings begin as they did. */
function check({ stream }, text, whole = ARGUMENTS) {
  if (stream) {
    assert.ok(whole.startsWith(text) && text.length > 60, text);
    return;
  }
  const found = JSON.parse(text);
  const all = JSON.parse(whole);
  assert.equal(found.path, all.path);
  assert.ok(all.text.startsWith(found.text) && found.text.length > 20, found.text);
}

test("a custom tool's text is cut too", async () => {
  for (const stream of [false, true]) {
    upstream.reset();
    const tools = [{ type: "custom", custom: { name: "run" } }];
    upstream.queue({ text: `<tool_call>{"name": "run", "arguments": {"input": "${LINES}"}}</tool_call>` });
    const answer = await post(gateway, CHAT, { messages: [user("Hi")], max_tokens: 50, tools, stream });
    const calls = stream ? chunks(answer.text).flatMap(({ choices }) => choices[0].delta.tool_calls ?? []) : answer.json.choices[0].message.tool_calls;
    const input = calls.map(({ custom }) => custom.input).join("");
    assert.ok(LINES.startsWith(input) && input.length > 60, input);
  }
});
