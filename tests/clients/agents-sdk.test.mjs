/**
 * OpenAI's Agents SDK for JavaScript, which uses the Responses API by itself: loops of calls, a
 * handoff, and an answer of a schema, each whole and streamed. The stand-in's model does what it
 * is asked in so many words (../upstream/agent.mjs).
 */
import assert from "node:assert/strict";

import { Agent, OpenAIProvider, Runner, handoff, tool } from "@openai/agents";
import { z } from "zod";

import { ANSWER, KEY, MODEL, THINKER, check, collect, errorOf, useStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const stack = useStack();
const name = `@openai/agents ${packageVersion("@openai/agents")}`;

const TASK = 'Use weather({"city":"Paris"}) and weather({"city":"Rome"}) then weather({"city":"Atlantis"})';
const CITIES = ["Paris", "Rome", "Atlantis"];

/** The tool, and which cities it was asked for. */
function weather() {
  const asked = [];
  const execute = async ({ city }) => {
    asked.push(city);
    const known = { Paris: "18 °C", Rome: "25 °C" }[city];
    if (known === undefined) throw new Error("no such city");
    return known;
  };
  return { asked, tool: tool({ name: "weather", description: "Tells the weather", parameters: z.object({ city: z.string() }), execute }) };
}

/** Runs an agent to its end; `events` are those of a stream. */
async function run(agent, task, stream) {
  const modelProvider = new OpenAIProvider({ baseURL: stack.openai, apiKey: KEY });
  const runner = new Runner({ modelProvider, tracingDisabled: true });
  const result = await runner.run(agent, task, { stream });
  const events = stream ? await collect(result) : [];
  await result.completed;
  return { result, events };
}

for (const stream of [false, true]) {
  const how = stream ? "streamed" : "whole";

  check(`${name}: a loop over calls comes to the answer, ${how}`, async () => {
    const { asked, tool } = weather();
    const agent = new Agent({ name: "Helper", instructions: "You are of help.", model: MODEL, tools: [tool] });
    const { result } = await run(agent, TASK, stream);
    assert.match(result.finalOutput, /^The tools say: 18 °C; 25 °C; An error occurred while running the tool/);
    assert.deepEqual(asked, CITIES);
    assert.deepEqual(
      result.newItems.map(({ type }) => type).filter((type) => type !== "message_output_item"),
      ["tool_call_item", "tool_call_item", "tool_call_output_item", "tool_call_output_item", "tool_call_item", "tool_call_output_item"],
    );
    const { requests, totalTokens } = result.state.usage;
    assert.deepEqual([requests, totalTokens > 0], [3, true]);
  });

  check(`${name}: a handoff reaches the other agent, ${how}`, async () => {
    const { asked, tool } = weather();
    const other = new Agent({ name: "Forecaster", instructions: "You know the weather.", handoffDescription: "Knows the weather", model: THINKER, tools: [tool] });
    const first = new Agent({ name: "Desk", instructions: "Hand over.", model: MODEL, handoffs: [handoff(other)] });
    const { result } = await run(first, 'Use transfer_to_Forecaster({}) then weather({"city":"Rome"})', stream);
    assert.equal(result.lastAgent.name, "Forecaster");
    assert.deepEqual(asked, ["Rome"]);
    assert.match(result.finalOutput, /25 °C\.$/);
  });

  check(`${name}: an outputType gives the object of a schema, ${how}`, async () => {
    stack.upstream.queue({ reasoning: "Hmm.", text: 'Sure:\n```json\n{"city": "Paris"}\n```' });
    const agent = new Agent({ name: "Helper", model: THINKER, outputType: z.object({ city: z.string() }) });
    const { result } = await run(agent, "Hi", stream);
    assert.deepEqual(result.finalOutput, { city: "Paris" });
  });
}

check(`${name}: a stream gives the text as it comes`, async () => {
  stack.upstream.queue({ text: ANSWER });
  const { result, events } = await run(new Agent({ name: "Helper", model: MODEL }), "Hi", true);
  const deltas = events.filter(({ type, data }) => type === "raw_model_stream_event" && data.type === "output_text_delta");
  assert.ok(deltas.length > 1);
  assert.equal(deltas.map(({ data }) => data.delta).join(""), ANSWER);
  assert.equal(result.finalOutput, ANSWER);
});

check(`${name}: raises when DeGPT breaks off in the middle of its text`, async () => {
  stack.upstream.queue({ text: ANSWER, paceMs: 5, breakAfter: 8 });
  const error = await errorOf(run(new Agent({ name: "Helper", model: MODEL }), "Hi", true));
  assert.match(String(error), /"response\.failed"/);
});
