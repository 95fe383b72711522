/**
 * What the Open Responses specification asks of a server over HTTP: every case of its compliance
 * suite, in words of our own, and what its schema requires of the answers that the suite does not
 * ask for. Each answer is held to responses-schema.mjs, whole and streamed.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { lastBody, post, startBoth } from "./client.mjs";
import { parsed } from "./exchange.mjs";
import { eventErrors, responseErrors } from "./responses-schema.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const HEART = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";
const says = (role, content) => ({ type: "message", role, content });
const forecast = {
  type: "function",
  name: "get_forecast",
  description: "Tells the weather of a place",
  parameters: { type: "object", properties: { place: { type: "string", description: "A city and its country" } }, required: ["place"] },
};
const calls = '<tool_call>\n{"name": "get_forecast", "arguments": {"place": "Oslo, Norway"}}\n</tool_call>';
const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false };

/** A case: its name, the request, what DeGPT's model answers, and what must come of it. */
const CASES = [
  ["a message of the user", { input: [says("user", "Say hello in three words.")] }, { text: "Hello my friend" }, { items: ["message"] }],
  ["a message of the system before it", { input: [says("system", "Speak as a sailor."), says("user", "Greet me.")] }, { text: "Ahoy!" }, { items: ["message"], told: /Speak as a sailor\./ }],
  ["a message of the developer, and instructions", { instructions: "Be brief.", input: [says("developer", "Speak as a sailor."), says("user", "Greet me.")] }, { text: "Ahoy!" }, { items: ["message"], told: /Be brief\.[^]*Speak as a sailor\./ }],
  ["a tool that the model calls", { input: [says("user", "How is the weather in Oslo?")], tools: [forecast] }, { text: calls }, { items: ["function_call"] }],
  ["a call and its result, given back", {
    tools: [forecast],
    input: [says("user", "How is the weather in Oslo?"), { type: "function_call", call_id: "call_1", name: "get_forecast", arguments: '{"place":"Oslo, Norway"}' }, { type: "function_call_output", call_id: "call_1", output: "snow" }],
  }, { text: "It snows." }, { items: ["message"], told: /snow/ }],
  ["a picture of the user's", { model: "gpt-4o", input: [says("user", [{ type: "input_text", text: "What is this?" }, { type: "input_image", image_url: HEART }])] }, { text: "A red square." }, { items: ["message"], told: /iVBORw0KGgo/ }],
  ["a conversation of several turns", { input: [says("user", "I am Ada."), says("assistant", "Hello Ada."), says("user", "Who am I?")] }, { text: "Ada." }, { items: ["message"], told: /I am Ada\.[^]*Hello Ada\./ }],
  ["an assistant's message with parts and a phase", { input: [says("user", "I am Ada."), { ...says("assistant", [{ type: "output_text", text: "Hello Ada." }]), phase: "final_answer" }, says("user", "Who am I?")] }, { text: "Ada." }, { items: ["message"], told: /Hello Ada\./ }],
  ["reasoning, and reasoning given back", {
    model: "deepseek-reasoner",
    reasoning: { effort: "high", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    input: [says("user", "I am Ada."), { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "A name." }] }, says("assistant", "Hello."), says("user", "Who am I?")],
  }, { reasoning: "She said it.", text: "Ada." }, { items: ["reasoning", "message"] }],
  ["reasoning, a text and calls", { model: "deepseek-reasoner", input: "How is the weather in Oslo?", tools: [forecast], tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "get_forecast" }] } }, { reasoning: "Look.", text: `I look.\n${calls}\n${calls}` }, { items: ["reasoning", "message", "function_call", "function_call"] }],
  ["a format", { input: "Who?", text: { format: { type: "json_schema", name: "who", schema } } }, { text: '{"name": "Ada"}' }, { items: ["message"] }],
  ["every value that an answer repeats", { input: "Hi", temperature: 0, top_p: 1, presence_penalty: 0.5, frequency_penalty: 0, max_output_tokens: 100, max_tool_calls: 3, parallel_tool_calls: false, metadata: { a: "b" }, safety_identifier: "s", prompt_cache_key: "k", truncation: "disabled", service_tier: "auto", store: false, background: false, top_logprobs: 0, text: { verbosity: "high" } }, { text: "Hi" }, { items: ["message"] }],
  ["an answer at its limit", { input: "Count.", max_output_tokens: 3 }, { text: "one two three four five six seven" }, { items: ["message"], status: "incomplete" }],
];

for (const [name, request, answer, { items, told, status = "completed" }] of CASES) {
  for (const stream of [false, true]) {
    test(`${name}, ${stream ? "streamed" : "whole"}`, async () => {
      upstream.queue(answer);
      const { status: http, headers, text, json } = await post(gateway, "/api/v1/responses", { model: "deepseek-chat", ...request, stream });
      assert.equal(http, 200, text);
      assert.match(headers["content-type"], stream ? /^text\/event-stream/ : /^application\/json/);
      const { response, events } = stream ? parsed(text, "responses") : { response: json, events: [] };
      assert.deepEqual(responseErrors(response), []);
      assert.deepEqual(events.flatMap(({ data }) => eventErrors(JSON.parse(data))), []);
      assert.deepEqual(response.output.map(({ type }) => type), items);
      assert.equal(response.status, status);
      if (told) assert.match(JSON.stringify(lastBody(upstream).messages), told);
      for (const call of response.output.filter(({ type }) => type === "function_call")) {
        assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_forecast", { place: "Oslo, Norway" }]);
      }
    });
  }
}

test("a stream that fails", async () => {
  upstream.queue({ text: "one two three four five six", breakAfter: 3 });
  const { text } = await post(gateway, "/api/v1/responses", { model: "deepseek-chat", input: "Count.", stream: true });
  const { events, error } = parsed(text, "responses");
  assert.deepEqual(events.flatMap(({ data }) => eventErrors(JSON.parse(data))), []);
  assert.equal(error.code, "server_error");
});

test("errors have a message, a type, and what they are about", async () => {
  for (const [body, status, param] of [
    [{ model: "no-such-model", input: "Hi" }, 404, "model"],
    [{ model: "deepseek-chat", input: 7 }, 400, "input"],
    [{ model: "deepseek-chat", input: [{ type: "message", role: "nobody", content: "Hi" }] }, 400, "input[0].role"],
    [{ model: "deepseek-chat", input: "Hi", tools: [{ type: "function" }] }, 400, "tools[0].name"],
  ]) {
    const { status: http, json } = await post(gateway, "/api/v1/responses", body);
    assert.deepEqual([http, json.error.param], [status, param]);
    assert.ok(json.error.message && json.error.type, JSON.stringify(json));
  }
});
