/**
 * Calls that cannot be read, and calls of strict tools whose arguments do not fit their schema, through
 * the built Worker: the model is told once what was wrong, and what still is not right is marked.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, chunks, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const schema = { type: "object", properties: { days: { type: "integer", minimum: 1 } }, required: ["days"] };
const openAi = (strict) => [{ type: "function", function: { name: "weather", parameters: schema, ...(strict !== undefined && { strict }) } }];
const anthropic = (strict) => [{ name: "weather", input_schema: schema, ...(strict !== undefined && { strict }) }];
const WAYS = [
  [CHAT, openAi, "required"],
  [MESSAGES, anthropic, { type: "any" }],
].flatMap(([path, tools, required]) => [false, true].map((stream) => ({ path, tools, required, stream, name: `${path}, ${stream ? "streamed" : "whole"}` })));

const call = (days, name = "weather") => `<tool_call>\n{"name": "${name}", "arguments": {"days": ${days}}}\n</tool_call>`;
const GOOD = call(3);

/** `{text, calls, marked, told}`: the arguments of the calls, the header, and what the model was told when asked again. */
async function ask(way, texts, { strict, ...more } = {}) {
  upstream.reset();
  for (const text of texts) upstream.queue(typeof text === "string" ? { text } : text);
  const body = { messages: [user("Hi")], max_tokens: 4096, stream: way.stream, tools: way.tools(strict), ...more };
  const answer = await post(gateway, way.path, body);
  assert.equal(answer.status, 200, answer.text);
  const told = chatsOf(upstream).slice(1).map(({ body }) => body.messages.at(-1).content);
  return { text: (said(answer).text ?? "").trim(), calls: callsOf(answer), marked: answer.headers["x-degpt-tools"], told, answer };
}

function callsOf({ json, text }) {
  const parse = (list) => list.map((text) => JSON.parse(text));
  if (json?.choices) return parse((json.choices[0].message.tool_calls ?? []).map((call) => call.function.arguments));
  if (json) return json.content.filter(({ type }) => type === "tool_use").map(({ input }) => input);
  if (text.startsWith("event:")) return parse(messageEvents(text).flatMap(({ delta }) => delta?.partial_json ?? []));
  return parse(chunks(text).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []).map((call) => call.function.arguments).filter(Boolean));
}

const UNREADABLE = [
  ["broken JSON", '<tool_call>{"name": "weather", "arguments": {broken</tool_call>', /JSON/],
  ["no JSON", "<tool_call>\nweather days=3\n</tool_call>", /JSON/],
  ["a tool that is not declared", call(3, "wether"), /no tool/],
  ["no end", '<tool_call>{"name": "weather", "arguments": {days: 3', /JSON/],
];

for (const way of WAYS) {
  for (const [name, text, why] of UNREADABLE) {
    test(`${way.name}: a call with ${name} is asked for again, with what was wrong`, async () => {
      for (const more of [{}, { tool_choice: way.required }]) {
        const again = await ask(way, [text, GOOD], more);
        assert.deepEqual([again.text, again.calls, again.marked, again.told.length], ["", [{ days: 3 }], undefined, 1]);
        assert.match(again.told[0], why);
        const twice = await ask(way, [text, text], more);
        assert.deepEqual([twice.text, twice.calls, twice.marked, twice.told.length], [text, [], "unreadable", 1]);
        // If there is no second answer, the first counts.
        const failed = await ask(way, [text, { status: 400, times: "always" }], more);
        assert.deepEqual([failed.text, failed.calls, failed.marked], [text, [], "unreadable"]);
      }
    });
  }

  test(`${way.name}: after words that were sent the text of the call goes out`, async () => {
    const text = `I look.\n${UNREADABLE[0][1]}`;
    const found = await ask(way, [{ chunks: ["I look", ".\n", UNREADABLE[0][1]] }, GOOD]);
    if (way.stream) assert.deepEqual([found.text, found.calls, found.told], [text, [], []]);
    else assert.deepEqual([found.text, found.calls, found.marked, found.told.length], ["", [{ days: 3 }], undefined, 1]);
  });

  test(`${way.name}: what a text only says of tags is not asked for again`, async () => {
    for (const text of ["Write `<tool_call>` before it.", "The tag <tool_call> opens a call.", "```xml\n<tool_call>\nx\n</tool_call>\n```\nLike that."]) {
      const found = await ask(way, [text, GOOD]);
      assert.deepEqual([found.text, found.calls, found.marked, found.told], [text, [], undefined, []]);
    }
  });

  test(`${way.name}: the arguments of a strict tool are held to its schema`, async () => {
    for (const more of [{}, { tool_choice: way.required }]) {
      const again = await ask(way, [call(0), GOOD], { strict: true, ...more });
      assert.deepEqual([again.calls, again.marked, again.told.length], [[{ days: 3 }], undefined, 1]);
      assert.match(again.told[0], /weather/);
      assert.match(again.told[0], /schema/);
      const twice = await ask(way, [call(0), call(-1)], { strict: true, ...more });
      assert.deepEqual([twice.calls, twice.marked, twice.told.length], [[{ days: -1 }], "invalid", 1]);
      const failed = await ask(way, [call(0), { status: 400, times: "always" }], { strict: true, ...more });
      assert.deepEqual([failed.calls, failed.marked], [[{ days: 0 }], "invalid"]);
      assert.ok(/"(tool_calls|tool_use)"/.test(failed.answer.text.slice(-400)), failed.answer.text);
    }
    const fine = await ask(way, [GOOD, call(1)], { strict: true });
    assert.deepEqual([fine.calls, fine.marked, fine.told], [[{ days: 3 }], undefined, []]);
    for (const strict of [false, undefined]) {
      const loose = await ask(way, [call(0), GOOD], { strict });
      assert.deepEqual([loose.calls, loose.marked, loose.told], [[{ days: 0 }], undefined, []]);
    }
  });

  test(`${way.name}: one of several calls of a strict tool`, async () => {
    const found = await ask(way, [`${GOOD}\n${call(0)}`, `${GOOD}\n${call(4)}`], { strict: true });
    const [first, second] = way.stream ? [{ days: 3 }, { days: 0 }] : [{ days: 3 }, { days: 4 }];
    assert.deepEqual([found.calls, found.marked], [[first, second], undefined]);
    const reversed = await ask(way, [`${call(0)}\n${GOOD}`, GOOD], { strict: true });
    assert.deepEqual([reversed.calls, reversed.marked, reversed.told.length], [[{ days: 3 }], undefined, 1]);
  });

  test(`${way.name}: a strict tool after words`, async () => {
    const found = await ask(way, [{ chunks: ["I look.", "\n", call(0)] }, GOOD], { strict: true });
    if (way.stream) assert.deepEqual([found.text, found.calls, found.told], ["I look.", [{ days: 0 }], []]);
    else assert.deepEqual([found.text, found.calls, found.marked, found.told.length], ["", [{ days: 3 }], undefined, 1]);
  });

  test(`${way.name}: a schema that cannot be judged is said so`, async () => {
    const tools = JSON.parse(JSON.stringify(way.tools(true)).replace('"required":', '"$dynamicRef":"#x","required":'));
    const found = await ask({ ...way, tools: () => tools }, [call(0)]);
    assert.deepEqual([found.calls, found.marked, found.told], [[{ days: 0 }], "unjudged", []]);
  });

  test(`${way.name}: strict is obeyed, and not named`, async () => {
    const { answer } = await ask(way, [GOOD], { strict: true });
    assert.equal(answer.headers["x-degpt-ignored"], undefined);
  });
}
