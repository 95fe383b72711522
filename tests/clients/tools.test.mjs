/**
 * Loops of calls and results with the clients' own tool runners, to their end: OpenAI's,
 * Anthropic's and Vercel's. The stand-in's model does what it is asked in so many words
 * (../upstream/agent.mjs): two calls at once, then one that fails, then the answer.
 */
import assert from "node:assert/strict";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import Anthropic0137 from "@anthropic-ai/sdk-0.137";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import * as ai6 from "ai";
import * as ai7 from "ai-7";
import OpenAI7 from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import OpenAI6 from "openai-6";
import { z } from "zod";

import { KEY, MODEL, THINKER, check, collect, errorOf, useStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const stack = useStack();

const TASK = 'Use weather({"city":"Paris"}) and weather({"city":"Rome"}) then weather({"city":"Atlantis"})';
const OUTCOME = /^The tools say: 18 °C; 25 °C; .*no such city.*$/s;
const CITIES = ["Paris", "Rome", "Atlantis"];
const CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>';

const inputSchema = z.object({ city: z.string() });
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const messages = [{ role: "user", content: TASK }];

/** The tool, and which cities it was asked for. */
function weather() {
  const asked = [];
  const run = ({ city }) => {
    asked.push(city);
    const known = { Paris: "18 °C", Rome: "25 °C" }[city];
    if (known === undefined) throw new Error("no such city");
    return known;
  };
  return { asked, run };
}

for (const [OpenAI, folder] of [
  [OpenAI7, "openai"],
  [OpenAI6, "openai-6"],
]) {
  const name = `openai ${packageVersion(folder)}`;
  const connect = () => new OpenAI({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0 });
  for (const stream of [false, true]) {
    check(`${name}: runTools() comes to the answer, ${stream ? "streamed" : "whole"}`, async () => {
      const { asked, run } = weather();
      const runner = connect().chat.completions.runTools({
        model: MODEL,
        messages,
        stream,
        tools: [{ type: "function", function: { name: "weather", description: "d", parameters, parse: JSON.parse, function: async (input) => {
          try {
            return run(input);
          } catch (error) {
            return String(error);
          }
        } } }],
      });
      assert.match(await runner.finalContent(), OUTCOME);
      assert.deepEqual(asked, CITIES);
    });
  }

  check(`${name}: three choices with tools are three messages, whole and streamed`, async () => {
    const request = {
      model: MODEL,
      messages,
      n: 3,
      tools: [{ type: "function", function: { name: "weather", description: "d", parameters } }],
    };
    const whole = await connect().chat.completions.create(request);
    const streamed = await connect()
      .chat.completions.stream({ ...request, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const { choices, usage } of [whole, streamed]) {
      assert.deepEqual(choices.map(({ index, finish_reason: finish }) => [index, finish]), [0, 1, 2].map((index) => [index, "tool_calls"]));
      const calls = choices.flatMap(({ message }) => message.tool_calls);
      assert.ok(calls.every((call) => call.function.name === "weather" && CITIES.includes(JSON.parse(call.function.arguments).city)));
      assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
      assert.ok(calls.length >= 3);
      assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    }
  });

  check(`${name}: parse() gives the object of a schema`, async () => {
    stack.upstream.queue({ text: 'Sure:\n```json\n{"city": "Paris"}\n```' });
    const format = { type: "json_schema", json_schema: { name: "city", strict: true, schema: { ...parameters, additionalProperties: false } } };
    const response_format = folder === "openai" ? zodResponseFormat(inputSchema, "city") : format;
    const { choices } = await connect().chat.completions.parse({ model: MODEL, messages: [{ role: "user", content: "Hi" }], response_format });
    assert.deepEqual(JSON.parse(choices[0].message.content), { city: "Paris" });
    if (folder === "openai") assert.deepEqual(choices[0].message.parsed, { city: "Paris" });
  });
}

{
  const name = `@anthropic-ai/sdk ${packageVersion("@anthropic-ai/sdk")}`;
  const connect = () => new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 0 });
  for (const stream of [false, true]) {
    check(`${name}: toolRunner() comes to the answer, ${stream ? "streamed" : "whole"}`, async () => {
      const { asked, run } = weather();
      const tools = [betaZodTool({ name: "weather", description: "d", inputSchema, run: async (input) => run(input) })];
      const runner = connect().beta.messages.toolRunner({ model: MODEL, max_tokens: 1000, messages, tools, stream });
      const last = await runner.runUntilDone();
      assert.match(last.content.at(-1).text, OUTCOME);
      assert.equal(last.stop_reason, "end_turn");
      assert.deepEqual(asked, CITIES);
    });
  }

  check(`${name}: parse() gives the object of a schema`, async () => {
    stack.upstream.queue({ text: 'Sure:\n```json\n{"city": "Paris"}\n```' });
    const output_config = { format: zodOutputFormat(inputSchema) };
    const message = await connect().messages.parse({ model: MODEL, max_tokens: 1000, messages: [{ role: "user", content: "Hi" }], output_config });
    assert.deepEqual(message.parsed_output, { city: "Paris" });
  });
}

for (const [Client, folder] of [
  [Anthropic, "@anthropic-ai/sdk"],
  [Anthropic0137, "@anthropic-ai/sdk-0.137"],
]) {
  check(`D10 ${folder} ${packageVersion(folder)}: stream() of text and then a call gives both, in order`, async () => {
    stack.upstream.queue({ text: `Let me see.\n\n${CALL}` });
    const client = new Client({ baseURL: stack.api, apiKey: KEY, maxRetries: 0 });
    const tools = [{ name: "weather", input_schema: parameters }];
    const stream = client.messages.stream({ model: MODEL, max_tokens: 1000, messages: [{ role: "user", content: "Hi" }], tools });
    const { content, stop_reason: reason } = await stream.finalMessage();
    assert.deepEqual(content.map(({ type }) => type), ["text", "tool_use"]);
    assert.deepEqual([content[0].text, content[1].name, content[1].input], ["Let me see.", "weather", { city: "Paris" }]);
    assert.equal(reason, "tool_use");
  });
}

const LETTER = '<tool_call>\n{"name": "weather", "arguments": {"day": "today", "city": "' + "Paris and ".repeat(50) + '"}}\n</tool_call>';

check(`openai ${packageVersion("openai")}: a call that is cut off is there, whole and streamed`, async () => {
  const client = new OpenAI7({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0 });
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const request = { model: MODEL, messages: [{ role: "user", content: "Hi" }], tools, max_tokens: 40 };
  for (const stream of [false, true]) {
    stack.upstream.queue({ text: LETTER });
    const answer = stream ? await collect(await client.chat.completions.create({ ...request, stream })) : await client.chat.completions.create(request);
    const choices = stream ? answer.flatMap(({ choices }) => choices) : answer.choices;
    assert.equal(choices.at(-1).finish_reason, "length");
    const calls = choices.flatMap(({ message, delta }) => (message ?? delta).tool_calls ?? []);
    assert.equal(calls[0].function.name, "weather");
    const text = calls.map((call) => call.function.arguments).join("");
    assert.match(stream ? text : JSON.parse(text).city, stream ? /^\{"day": "today", "city": "(Paris and )+/ : /^(Paris and )+/);
  }
});

check(`@anthropic-ai/sdk ${packageVersion("@anthropic-ai/sdk")}: a call that is cut off is there, whole and streamed`, async () => {
  const client = new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 0 });
  const tools = [{ name: "weather", input_schema: parameters }];
  const request = { model: MODEL, messages: [{ role: "user", content: "Hi" }], tools, max_tokens: 40 };
  for (const stream of [false, true]) {
    stack.upstream.queue({ text: LETTER });
    const message = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
    const { content: [call], stop_reason: reason, usage } = message;
    assert.deepEqual([call.type, call.name, reason], ["tool_use", "weather", "max_tokens"]);
    // Its stream leaves out a text that has no end.
    assert.equal(call.input.day, "today");
    if (!stream) assert.match(call.input.city, /^(Paris and )+/);
    assert.ok(usage.output_tokens > 36 && usage.output_tokens <= 40, `${usage.output_tokens} tokens`);
  }
});

for (const [number, folder, connect, ai = "ai"] of [
  ["D11", "@ai-sdk/openai-compatible", () => createOpenAICompatible({ name: "degpt", baseURL: stack.openai, apiKey: KEY, includeUsage: true, supportsStructuredOutputs: true })],
  ["D12", "@ai-sdk/anthropic", () => createAnthropic({ baseURL: stack.openai, apiKey: KEY })],
  ["Responses:", "@ai-sdk/openai", () => createOpenAI({ baseURL: stack.openai, apiKey: KEY }), "ai-7"],
  ["Responses:", "@ai-sdk/open-responses", () => createOpenResponses({ name: "degpt", url: `${stack.openai}/responses`, apiKey: KEY }), "ai-7"],
]) {
  const { Output, generateText, stepCountIs, streamText, tool } = { ai: ai6, "ai-7": ai7 }[ai];
  const name = `ai ${packageVersion(ai)} with ${folder} ${packageVersion(folder)}`;
  // Else OpenAI's provider would refer to what it takes to be kept.
  const providerOptions = { openai: { store: false } };
  const options = (more) => ({ model: connect()(MODEL), maxRetries: 0, stopWhen: stepCountIs(6), providerOptions, ...more });

  check(`${number} ${name}: generateText() with tools comes to the answer`, async () => {
    const { asked, run } = weather();
    const tools = { weather: tool({ description: "d", inputSchema, execute: async (input) => run(input) }) };
    const { text, steps, finishReason } = await generateText(options({ prompt: TASK, tools }));
    assert.match(text, OUTCOME);
    assert.deepEqual(steps.map((step) => step.finishReason), ["tool-calls", "tool-calls", "stop"]);
    assert.equal(finishReason, "stop");
    assert.deepEqual(asked, CITIES);
  });

  check(`${number} ${name}: streamText() with a tool gives reasoning, text, a call, its reason, and no error part`, async () => {
    stack.upstream.queue({ reasoning: "Hmm.", text: `Let me see.\n\n${CALL}` });
    const tools = { weather: tool({ description: "d", inputSchema }) };
    const stream = streamText(options({ model: connect()(THINKER), prompt: "Hi", tools }));
    const parts = await collect(stream.fullStream);
    const order = parts.map(({ type }) => type).filter((type) => /^(reasoning-start|text-start|tool-call)$/.test(type));
    assert.deepEqual(order, ["reasoning-start", "text-start", "tool-call"]);
    assert.equal(await stream.reasoningText, "Hmm.");
    assert.deepEqual(parts.filter(({ type }) => type === "error" || type === "tool-error"), []);
    const calls = parts.filter(({ type }) => type === "tool-call");
    assert.deepEqual(calls.map(({ toolName, input }) => [toolName, input]), [["weather", { city: "Paris" }]]);
    assert.equal(await stream.finishReason, "tool-calls");
    assert.equal(await stream.text, "Let me see.");
  });

  check(`${number} ${name}: Output.object() gives the object of a schema`, async () => {
    // Anthropic's provider asks models that it does not know to call a tool `json` instead.
    const call = '<tool_call>{"name": "json", "arguments": {"city": "Paris"}}</tool_call>';
    stack.upstream.queue({ text: number === "D12" ? call : 'Sure:\n```json\n{"city": "Paris"}\n```' });
    const result = await generateText(options({ prompt: "Hi", output: Output.object({ schema: inputSchema }) }));
    assert.deepEqual(result.output, { city: "Paris" });
  });
}

check(`ai ${packageVersion("ai-7")} with @ai-sdk/openai ${packageVersion("@ai-sdk/openai")}: what it takes to be kept is an error that says what to do`, async () => {
  const { run } = weather();
  const tools = { weather: ai7.tool({ description: "d", inputSchema, execute: async (input) => run(input) }) };
  const model = createOpenAI({ baseURL: stack.openai, apiKey: KEY })(MODEL);
  const error = await errorOf(ai7.generateText({ model, prompt: TASK, tools, stopWhen: ai7.stepCountIs(6), maxRetries: 0 }));
  assert.equal(error.statusCode, 400);
  assert.match(error.message, /store: false/);
});
