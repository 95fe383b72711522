/**
 * OpenAI's own JavaScript client on the Responses API: `create`, `stream` and `parse`, two majors
 * of it, against the gateway.
 */
import assert from "node:assert/strict";

import OpenAI7 from "openai";
import OpenAI6 from "openai-6";

import { packageVersion } from "./versions.mjs";
import { ANSWER, KEY, MODEL, QUESTION, THINKER, check, collect, errorOf, useStack } from "./support.mjs";

const stack = useStack();
const request = { model: MODEL, input: QUESTION };
const call = (name, args) => `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const weather = { type: "function", name: "weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false }, strict: false };
const patch = { type: "custom", name: "patch", description: "Edits files" };
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };

for (const [OpenAI, folder] of [
  [OpenAI7, "openai"],
  [OpenAI6, "openai-6"],
]) {
  const name = `openai ${packageVersion(folder)}`;
  const connect = (options) => new OpenAI({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0, ...options });

  check(`${name}: responses.create() gives the text, the counts and the request's id`, async () => {
    stack.upstream.queue({ text: ANSWER });
    const response = await connect().responses.create({ ...request, instructions: "Be brief.", store: false });
    assert.equal(response.output_text, ANSWER);
    assert.deepEqual([response.status, response.store, response.instructions], ["completed", false, "Be brief."]);
    assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
    assert.match(response._request_id, /\S{8,}/);
  });

  check(`${name}: responses.create({ stream }) gives events in their order`, async () => {
    stack.upstream.queue({ text: ANSWER, reasoning: "Hmm." });
    const events = await collect(await connect().responses.create({ ...request, model: THINKER, stream: true }));
    assert.deepEqual(events.map(({ sequence_number: number }) => number), events.map((_, index) => index));
    assert.equal(events.at(-1).type, "response.completed");
    const deltas = (type) => events.filter((event) => event.type === type).map(({ delta }) => delta).join("");
    assert.equal(deltas("response.output_text.delta"), ANSWER);
    assert.equal(deltas("response.reasoning_summary_text.delta"), "Hmm.");
  });

  check(`${name}: responses.stream() gives the final response`, async () => {
    stack.upstream.queue({ text: ANSWER, reasoning: "Hmm." });
    const response = await connect().responses.stream({ ...request, model: THINKER }).finalResponse();
    assert.equal(response.output_text, ANSWER);
    assert.deepEqual(response.output.map(({ type }) => type), ["reasoning", "message"]);
  });

  check(`${name}: responses.stream() gives calls, and the next turn takes them as they came`, async () => {
    stack.upstream.queue({ text: `I look.\n${call("weather", { city: "Rome" })}\n${call("patch", { input: "a\nb" })}` });
    const tools = [weather, patch];
    const first = await connect().responses.stream({ ...request, tools }).finalResponse();
    const [, one, two] = first.output;
    assert.deepEqual([one.type, one.name, JSON.parse(one.arguments)], ["function_call", "weather", { city: "Rome" }]);
    assert.deepEqual([two.type, two.name, two.input], ["custom_tool_call", "patch", "a\nb"]);
    stack.upstream.queue({ text: ANSWER });
    const input = [
      { role: "user", content: QUESTION },
      ...first.output,
      { type: "function_call_output", call_id: one.call_id, output: "25 °C" },
      { type: "custom_tool_call_output", call_id: two.call_id, output: "done" },
    ];
    const second = await connect().responses.create({ ...request, input, tools });
    assert.equal(second.output_text, ANSWER);
    const told = JSON.stringify(stack.upstream.requests.at(-1).body.messages);
    assert.match(told, /25 °C/);
  });

  check(`${name}: responses.parse() gives the value of a schema`, async () => {
    stack.upstream.queue({ text: 'Here it is: {"city": "Rome"}' });
    const format = { type: "json_schema", name: "place", strict: true, schema };
    const response = await connect().responses.parse({ ...request, text: { format: { ...format, $brand: "auto-parseable-response-format", $parseRaw: JSON.parse } } });
    assert.deepEqual(response.output_parsed, { city: "Rome" });
  });

  check(`${name}: responses.inputTokens.count() counts`, async () => {
    const { input_tokens: tokens, object } = await connect().responses.inputTokens.count(request);
    assert.ok(tokens > 0 && object === "response.input_tokens");
  });

  check(`${name}: an answer that is not kept is a NotFoundError, a conversation a BadRequestError`, async () => {
    assert.ok((await errorOf(connect().responses.retrieve("resp_1"))) instanceof OpenAI.NotFoundError);
    const error = await errorOf(connect().responses.create({ ...request, previous_response_id: "resp_1" }));
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.code, "previous_response_not_found");
  });

  for (const [how, fault] of [
    ["breaks off", { breakAfter: 8 }],
    ["ends without its end mark", { endAfter: 8 }],
    ["sends an error", { errorLine: 8 }],
  ]) {
    check(`${name}: a response fails when DeGPT ${how} in the middle of its text`, async () => {
      stack.upstream.queue({ text: ANSWER, paceMs: 5, ...fault });
      const events = await collect(await connect().responses.create({ ...request, stream: true }));
      const { type, response } = events.at(-1);
      assert.deepEqual([type, response.status, response.error.code], ["response.failed", "failed", "server_error"]);
    });
  }
}
