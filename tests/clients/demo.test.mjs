/**
 * The demo as official clients see it: its stand-in chats, calls tools, fills schemas and searches,
 * with nothing scripted, so that an app can be tried without an account.
 */
import assert from "node:assert/strict";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import { KEY, MODEL, THINKER, check, collect, useStack } from "./support.mjs";

const CLAUDE = "claude-sonnet-4-5-20250929";
const MODELS = [MODEL, THINKER, "qwen3-max-preview", "gpt-5.1", CLAUDE];

/** Eight pixels by eight, all red. */
const RED_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";

const stack = useStack({ standIn: { defaults: { answers: "demo" } } });
const openai = () => new OpenAI({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 0 });

const WEATHER = { type: "object", properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } }, required: ["city"] };
const weatherTool = { type: "function", function: { name: "get_weather", description: "The weather of a city.", parameters: WEATHER } };
const system = { role: "system", content: "You are a helpful assistant.\n\nBe brief." };
const user = (content) => ({ role: "user", content });

async function say(model, ...messages) {
  const answer = await openai().chat.completions.create({ model, messages });
  return answer.choices[0].message.content;
}

for (const model of MODELS) {
  check(`${model}: chats in the language of the question, and names the model`, async () => {
    const english = await say(model, system, user("Hello!"));
    assert.match(english, /^Hello!.*stand-in for/s);
    const chinese = await say(model, system, user("你好！"));
    assert.match(chinese, /^您好！.*演示/s);
    for (const text of [english, chinese]) assert.ok(text.includes(`**${model}**`), text);
  });

  check(`${model}: does what it is told to the word, and remembers`, async () => {
    assert.equal(await say(model, system, user("Reply with exactly: pong")), "pong");
    const told = [system, user("My name is Ada."), { role: "assistant", content: "Hello Ada." }];
    assert.match(await say(model, ...told, user("What is my name?")), /Ada/);
  });

  check(`${model}: calls a tool for each of two towns, and tells the results`, async () => {
    const client = openai();
    const messages = [system, user("What's the weather in Paris and London?")];
    const first = await client.chat.completions.create({ model, messages, tools: [weatherTool] });
    const { message, finish_reason } = first.choices[0];
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(message.tool_calls.map(({ function: { name, arguments: input } }) => [name, JSON.parse(input)]), [
      ["get_weather", { city: "Paris" }],
      ["get_weather", { city: "London" }],
    ]);
    const results = message.tool_calls.map(({ id }, index) => ({ role: "tool", tool_call_id: id, content: JSON.stringify({ temperature: 21 + index }) }));
    const second = await client.chat.completions.create({ model, messages: [...messages, message, ...results], tools: [weatherTool] });
    assert.equal(second.choices[0].finish_reason, "stop");
    assert.match(second.choices[0].message.content, /Paris.*21.*London.*22/s);
  });
}

check("a stream is the same text in many pieces, with the reasoning before it", async () => {
  const chunks = await collect(await openai().chat.completions.create({ model: THINKER, messages: [user("Explain streams")], stream: true }));
  const deltas = chunks.map(({ choices }) => choices[0]?.delta ?? {});
  const text = deltas.map(({ content }) => content ?? "").join("");
  assert.ok(deltas.length > 20);
  assert.match(text, /Explain streams.*deepseek-reasoner/s);
  assert.match(deltas.map(({ reasoning_content: thought }) => thought ?? "").join(""), /^The user asks/);
});

check("a runner's loop over tools ends by itself", async () => {
  const asked = [];
  const tool = { ...weatherTool, function: { ...weatherTool.function, parse: JSON.parse, function: ({ city }) => (asked.push(city), "sunny") } };
  const runner = openai().chat.completions.runTools({ model: MODEL, messages: [user("Is it raining in Rome?")], tools: [tool] });
  assert.match(await runner.finalContent(), /Rome.*sunny/s);
  assert.deepEqual(asked, ["Rome"]);
});

const Event = z.object({ name: z.string(), date: z.string(), participants: z.array(z.string()).min(1), kind: z.enum(["party", "fair"]), contact: z.union([z.string().email(), z.null()]) });
const EVENT = "Alice and Bob are going to a science fair on Friday.";

check("OpenAI's helpers parse what fills their schemas", async () => {
  const client = openai();
  const chat = await client.chat.completions.parse({ model: "gpt-5.1", messages: [system, user(EVENT)], response_format: zodResponseFormat(Event, "event") });
  const response = await client.responses.parse({ model: "gpt-5.1", input: EVENT, text: { format: zodTextFormat(Event, "event") } });
  for (const event of [chat.choices[0].message.parsed, response.output_parsed]) {
    assert.deepEqual([event.date, event.participants, event.kind], ["Friday", ["Alice", "Bob"], "fair"]);
  }
  const free = await client.chat.completions.create({ model: MODEL, messages: [user("Return a JSON object with keys name and age for Jane, 54")], response_format: { type: "json_object" } });
  assert.deepEqual(JSON.parse(free.choices[0].message.content), { name: "Jane", age: 54 });
});

check("a response must call a function, then ends in words", async () => {
  const client = openai();
  const tools = [{ type: "function", name: "roll", strict: true, parameters: { type: "object", properties: { sides: { type: "integer", minimum: 4 } }, required: ["sides"], additionalProperties: false } }];
  const first = await client.responses.create({ model: "gpt-5.1", input: "Roll a die with 6 sides", tools, tool_choice: "required" });
  const call = first.output.find(({ type }) => type === "function_call");
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ["roll", { sides: 6 }]);
  const input = [user("Roll a die with 6 sides"), ...first.output, { type: "function_call_output", call_id: call.call_id, output: "5" }];
  assert.match((await client.responses.create({ model: "gpt-5.1", input, tools })).output_text, /5/);
});

check("a search of the web has sources", async () => {
  const response = await openai().responses.stream({ model: "gpt-5.1", input: "Search for the tallest tower", tools: [{ type: "web_search" }] }).finalResponse();
  assert.deepEqual(response.output.map(({ type }) => type), ["web_search_call", "message"]);
  const [{ annotations }] = response.output.at(-1).content;
  assert.ok(annotations.length > 0 && annotations.every(({ type, url }) => type === "url_citation" && url.endsWith("/the-tallest-tower")));
});

check("Anthropic's client: a tool, its result, a form, a picture, a beginning", async () => {
  const client = anthropic();
  const ask = (more) => client.messages.create({ model: CLAUDE, max_tokens: 500, ...more });
  const tools = [{ name: "get_weather", description: "The weather of a city.", input_schema: WEATHER }];
  const question = user("北京天气怎么样？");
  const called = await ask({ tools, tool_choice: { type: "any" }, messages: [question] });
  const use = called.content.find(({ type }) => type === "tool_use");
  assert.deepEqual([called.stop_reason, use.input], ["tool_use", { city: "北京" }]);
  const told = await ask({ tools, messages: [question, { role: "assistant", content: called.content }, user([{ type: "tool_result", tool_use_id: use.id, content: "晴" }])] });
  assert.match(told.content[0].text, /北京.*晴/s);

  const schema = { type: "object", properties: { mood: { type: "string", enum: ["good", "bad"] }, score: { type: "number", minimum: 0, maximum: 1 } }, required: ["mood", "score"], additionalProperties: false };
  const formed = JSON.parse((await ask({ messages: [user("A bad film")], output_config: { format: { type: "json_schema", schema } } })).content[0].text);
  assert.equal(formed.mood, "bad");
  assert.ok(formed.score >= 0 && formed.score <= 1);

  const picture = { type: "image", source: { type: "base64", media_type: "image/png", data: RED_PNG } };
  assert.match((await ask({ messages: [user([picture, { type: "text", text: "What is this?" }])] })).content[0].text, /PNG, 8 × 8 pixels.*mostly red/);

  const begun = await ask({ messages: [user("Who? As JSON."), { role: "assistant", content: "{" }] });
  assert.deepEqual(Object.keys(JSON.parse(`{${begun.content[0].text}`)), ["answer"]);
});
