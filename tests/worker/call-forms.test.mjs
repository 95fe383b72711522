/**
 * Calls in the forms of other models through the built Worker: a client gets calls, in both dialects, streamed and
 * whole, and none of the markup. What only looks like a call stays text.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, chunks, messageEvents, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const schema = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] };
const WANTED = [
  { name: "weather", input: { city: "Paris", days: 2 } },
  { name: "weather", input: { city: "75001", days: 3 } },
];

const dsml = ({ name, input: { city, days } }) =>
  `<｜DSML｜invoke name="${name}">\n<｜DSML｜parameter name="city" string="true">${city}</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">${days}</｜DSML｜parameter>\n</｜DSML｜invoke>\n`;
const invoke = ({ name, input: { city, days } }) =>
  `<invoke name="${name}">\n<parameter name="city">${city}</parameter>\n<parameter name="days">${days}</parameter>\n</invoke>\n`;
const assigned = ({ name, input: { city, days } }) =>
  `<tool_call>\n<function=${name}>\n<parameter=city>\n${city}\n</parameter>\n<parameter=days>\n${days}\n</parameter>\n</function>\n</tool_call>\n`;
const python = ({ name, input: { city, days } }) => `${name}(city="${city}", days=${days})`;
const marked = ({ name, input }) => `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${name}\n\`\`\`json\n${JSON.stringify(input)}\n\`\`\`<｜tool▁call▁end｜>`;

/** What it is, the words before the calls, and the calls. */
const FORMS = [
  ["DSML", "我来查。", `<｜DSML｜function_calls>\n${WANTED.map(dsml).join("")}</｜DSML｜function_calls>`],
  ["DeepSeek V3", "", `<｜tool▁calls▁begin｜>${WANTED.map(marked).join("\n")}<｜tool▁calls▁end｜>`],
  ["invoke", "I look.", `<function_calls>\n${WANTED.map(invoke).join("")}</function_calls>`],
  ["function=", "", WANTED.map(assigned).join("")],
  ["tool_code", "I look.", `\`\`\`tool_code\nprint([${WANTED.map(python).join(", ")}])\n\`\`\``],
  ["a list in Python", "", `[${WANTED.map(python).join(", ")}]`],
];

/** The answer in pieces of a few characters, as models write. */
const pieces = (text) => [...text].map((_, place, all) => (place % 3 === 0 ? all.slice(place, place + 3).join("") : "")).filter(Boolean);

const CLIENTS = {
  OpenAI: async (stream) => {
    const tools = [{ type: "function", function: { name: "weather", parameters: schema } }];
    const { status, text, json } = await post(gateway, CHAT, { messages: [user("Hi")], tools, stream });
    assert.equal(status, 200, text);
    if (!stream) {
      const [{ message, finish_reason: finish }] = json.choices;
      const calls = (message.tool_calls ?? []).map(({ function: { name, arguments: input } }) => ({ name, input: JSON.parse(input) }));
      return { text: message.content ?? "", calls, finish };
    }
    const seen = { text: "", calls: [], finish: undefined };
    for (const { choices } of chunks(text)) {
      const [{ delta, finish_reason: finish } = { delta: {} }] = choices;
      seen.text += delta.content ?? "";
      for (const { index, function: { name, arguments: input } } of delta.tool_calls ?? []) {
        seen.calls[index] ??= { name, input: "" };
        seen.calls[index].input += input;
      }
      seen.finish = finish ?? seen.finish;
    }
    for (const call of seen.calls) call.input = JSON.parse(call.input);
    return seen;
  },
  Anthropic: async (stream) => {
    const tools = [{ name: "weather", input_schema: schema }];
    const { status, text, json } = await post(gateway, MESSAGES, { messages: [user("Hi")], tools, stream, max_tokens: 4096 });
    assert.equal(status, 200, text);
    if (!stream) {
      const calls = json.content.filter(({ type }) => type === "tool_use").map(({ name, input }) => ({ name, input }));
      return { text: json.content.map(({ text }) => text ?? "").join(""), calls, finish: json.stop_reason };
    }
    const blocks = [];
    let finish;
    for (const { type, index, content_block: block, delta } of messageEvents(text)) {
      if (type === "content_block_start") blocks[index] = { ...block, json: "" };
      if (type === "content_block_delta" && delta.text !== undefined) blocks[index].text += delta.text;
      if (type === "content_block_delta" && delta.partial_json !== undefined) blocks[index].json += delta.partial_json;
      if (type === "message_delta") finish = delta.stop_reason;
    }
    const calls = blocks.filter(({ type }) => type === "tool_use").map(({ name, json }) => ({ name, input: JSON.parse(json) }));
    return { text: blocks.map(({ text }) => text ?? "").join(""), calls, finish };
  },
};
const FINISH = { OpenAI: ["tool_calls", "stop"], Anthropic: ["tool_use", "end_turn"] };

for (const [dialect, ask] of Object.entries(CLIENTS)) {
  for (const stream of [false, true]) {
    const how = `${dialect}, ${stream ? "streamed" : "whole"}`;
    for (const [name, words, calls] of FORMS) {
      test(`${how}: ${name} becomes calls`, async () => {
        upstream.queue({ chunks: pieces(`${words}\n\n${calls}`) });
        assert.deepEqual(await ask(stream), { text: words, calls: WANTED, finish: FINISH[dialect][0] });
        assert.equal(chatsOf(upstream).length, 1);
      });

      test(`${how}: ${name} of a tool that was not declared stays text`, async () => {
        const said = `${words}${calls.replaceAll("weather", "rm")}`;
        // Such a call is asked for once more.
        upstream.queue({ chunks: pieces(said), times: "always" });
        assert.deepEqual(await ask(stream), { text: said, calls: [], finish: FINISH[dialect][1] });
      });
    }
  }
}
