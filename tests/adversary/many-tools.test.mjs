/**
 * Requests with very many tools, calls and what else may be many. What they cost grows with their
 * size and no faster: each is sent in two sizes, the second twice the first, and its CPU is limited
 * to a generous multiple of what work in proportion takes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, MESSAGES, post, startBoth, user } from "../worker/client.mjs";
import { cpuMsOf } from "./support.mjs";

const { gateway, upstream } = await startBoth({ upstream: { keepRequests: 4 } });
await post(gateway, CHAT, { messages: [user("Hi")] });

const many = (make, count) => Array.from({ length: count }, (_, index) => make(index));
const name = (index) => `tool_${String(index).padStart(7, "0")}`;
const functionTool = (index) => ({ type: "function", function: { name: name(index), parameters: { type: "object" } } });
const tool = (index) => ({ name: name(index), input_schema: { type: "object" } });
const call = (index) => `<tool_call>{"name": "${name(index)}", "arguments": {}}</tool_call>`;

async function cpuMs(run) {
  const before = cpuMsOf(gateway);
  await run();
  return cpuMsOf(gateway) - before;
}

/** Runs `attack(size)` and `attack(2 * size)`: neither may cost over `mostMs` of CPU for each. */
async function assertLinear(attack, size, mostMs) {
  const once = await cpuMs(() => attack(size));
  const twice = await cpuMs(() => attack(2 * size));
  console.log(`${once} ms of CPU, and ${twice} ms for twice as much; at most ${mostMs} for each`);
  assert.ok(once <= mostMs && twice <= 2 * mostMs, `${once} ms of CPU, and ${twice} ms for twice as much; at most ${mostMs}`);
}

async function refused(path, body, pattern) {
  const { status, json, text } = await post(gateway, path, body);
  assert.equal(status, 400, text.slice(0, 200));
  assert.equal(json.error.type, "invalid_request_error");
  assert.match(`${json.error.param ?? ""} ${json.error.message}`, pattern);
}

test("more than 1,024 tools are a 400 that says so", async () => {
  const messages = [user("Hi")];
  const pattern = /\btools\b.*1,?024/;
  await assertLinear((count) => refused(CHAT, { messages, tools: many(functionTool, count) }, pattern), 50_000, 400);
  await refused(CHAT, { messages, tools: many(functionTool, 1_025) }, pattern);
  await refused(CHAT, { messages, functions: many((index) => ({ name: name(index) }), 1_025) }, /\bfunctions\b.*1,?024/);
  await refused(MESSAGES, { max_tokens: 9, messages, tools: many(tool, 1_025) }, pattern);
  const addition = (index) => ({ type: "tool_addition", tool: { type: "tool_definition", definition: tool(index) } });
  const added = [user("Hi"), { role: "system", content: many(addition, 1_025) }, user("Go on")];
  await refused(MESSAGES, { max_tokens: 9, messages: added }, pattern);
});

test("1,024 tools are described, each", async () => {
  for (const [path, tools] of [[CHAT, many(functionTool, 1_024)], [MESSAGES, many(tool, 1_024)]]) {
    const { status, text } = await post(gateway, path, { max_tokens: 99, messages: [user("Hi")], tools });
    assert.equal(status, 200, text.slice(0, 200));
    const told = JSON.stringify(upstream.requests.at(-1).body.messages);
    for (const index of [0, 511, 1_023]) assert.ok(told.includes(name(index)));
  }
});

test("descriptions and schemas beyond what a model can read are a 400", async () => {
  const messages = [user("Hi")];
  const long = "x".repeat(1 << 20);
  const pattern = /\btools\b.*bytes/;
  await refused(CHAT, { messages, tools: [{ type: "function", function: { name: "a", description: long } }] }, pattern);
  await refused(CHAT, { messages, tools: [{ type: "function", function: { name: "a", parameters: { description: long } } }] }, pattern);
  await refused(MESSAGES, { max_tokens: 9, messages, tools: [{ ...tool(0), description: long }] }, pattern);
  await refused(MESSAGES, { max_tokens: 9, messages, tools: [{ ...tool(0), input_examples: [long] }] }, pattern);
  await refused(CHAT, { messages, tools: [{ type: "function", function: { name: "a".repeat(300) } }] }, /tools\[0\].*name/);
});

for (const stream of [false, true]) {
  test(`an answer of very many calls of very many tools, ${stream ? "streamed" : "whole"}`, async () => {
    const body = { messages: [user("Hi")], tools: many(functionTool, 1_000), stream };
    const attack = async (calls) => {
      const block = many((index) => call(index % 1_000), 50).join("\n");
      upstream.queue({ chunks: many(() => block, calls / 50) });
      const { status, text } = await post(gateway, CHAT, body);
      assert.equal(status, 200, text.slice(0, 200));
      assert.ok(text.includes(`_${calls - 1}"`), "a call is missing");
    };
    await assertLinear(attack, 5_000, 500);
  });
}

test("a choice that allows very many tools", async () => {
  const tools = many(functionTool, 1_000);
  const attack = async (count) => {
    const allowed = many((index) => ({ type: "function", function: { name: name(index % 1_000) } }), count);
    const choice = { type: "allowed_tools", allowed_tools: { mode: "auto", tools: allowed } };
    const { status, text } = await post(gateway, CHAT, { messages: [user("Hi")], tools, tool_choice: choice });
    assert.equal(status, 200, text.slice(0, 200));
  };
  await assertLinear(attack, 50_000, 400);
});

test("a conversation that loads, adds and removes tools all the time", async () => {
  const tools = many((index) => ({ ...tool(index), defer_loading: true }), 1_000);
  const change = (index) => {
    const place = (index * 7) % 1_000;
    if (index % 3 === 0) return { type: "tool_reference", tool_name: name(place) };
    if (index % 3 === 1) return { type: "tool_removal", tool: { type: "tool_reference", name: name(place) } };
    return { type: "tool_addition", tool: { type: "tool_definition", definition: tool(place) } };
  };
  const attack = async (count) => {
    const messages = [user("Hi"), { role: "system", content: many(change, count) }, user("Go on")];
    const { status, text } = await post(gateway, MESSAGES, { max_tokens: 99, messages, tools });
    assert.equal(status, 200, text.slice(0, 200));
  };
  await assertLinear(attack, 8_000, 600);
});

test("stop sequences of any length are a 400 beyond 4,096 bytes", async () => {
  const stop = "a".repeat(4_097);
  await refused(CHAT, { messages: [user("Hi")], stop }, /\bstop\b.*4,?096/);
  await refused(MESSAGES, { max_tokens: 9, messages: [user("Hi")], stop_sequences: ["b", stop] }, /\bstop_sequences\b.*4,?096/);
});

test("64 long stop sequences that nearly match", async () => {
  const sequences = many((index) => `${"a".repeat(4_000)}${String.fromCharCode(98 + (index % 20))}${index}`, 64);
  const attack = async (length) => {
    upstream.queue({ chunks: many(() => "a".repeat(1_000), length / 1_000) });
    const body = { max_tokens: 1_000_000, messages: [user("Hi")], stop_sequences: sequences };
    const { status, text } = await post(gateway, MESSAGES, body);
    assert.equal(status, 200, text.slice(0, 200));
  };
  await assertLinear(attack, 50_000, 700);
});

test("a conversation of very many messages, parts and results", async () => {
  const attack = async (count) => {
    const asked = many((index) => ({ id: `c${index}`, type: "function", function: { name: name(index % 9), arguments: "{}" } }), count);
    const results = many((index) => ({ role: "tool", tool_call_id: `c${index}`, content: [{ type: "text", text: "<" }] }), count);
    const parts = many(() => ({ type: "text", text: "`<tool_call> {" }), count);
    const messages = [user(parts), { role: "assistant", content: null, tool_calls: asked }, ...results, user("Go on")];
    const { status, text } = await post(gateway, CHAT, { messages, tools: many(functionTool, 9) });
    assert.equal(status, 200, text.slice(0, 200));
  };
  await assertLinear(attack, 3_500, 800);
});

test("text that is full of what could begin a tag or a call", async () => {
  const pieces = ["<", "<~", "</ tool_", "&lt;", "\\u003c", "{\"name\":\"", "{ ", "<tool_call", "<  \n\t~/", "{\"name\" : \"tool_0"];
  for (const piece of pieces) {
    const attack = async (count) => {
      const content = piece.repeat(count / piece.length);
      upstream.queue({ chunks: many(() => piece.repeat(100), count / piece.length / 100) });
      const { status, text } = await post(gateway, CHAT, { messages: [user(content)], tools: many(functionTool, 9) });
      assert.equal(status, 200, text.slice(0, 200));
    };
    await assertLinear(attack, 100_000, 500);
  }
});
