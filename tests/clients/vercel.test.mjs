/**
 * The Vercel AI SDK against the gateway, through its providers for each of the APIs. Its schemas are stricter
 * than the official clients: what they let pass comes here as an error part.
 *
 * D11 and D12 proper, with tools, are in tools.test.mjs.
 */
import assert from "node:assert/strict";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import * as ai6 from "ai";
import * as ai7 from "ai-7";

import { packageVersion } from "./versions.mjs";
import { ANSWER, BAD_KEY, KEY, MODEL, QUESTION, THINKER, check, collect, errorOf, useStack } from "./support.mjs";

const stack = useStack();

const providers = [
  [
    "D11",
    "@ai-sdk/openai-compatible",
    (apiKey) => createOpenAICompatible({ name: "degpt", baseURL: stack.openai, apiKey, includeUsage: true }),
  ],
  ["D12", "@ai-sdk/anthropic", (apiKey) => createAnthropic({ baseURL: stack.openai, apiKey })],
  ["Responses:", "@ai-sdk/openai", (apiKey) => createOpenAI({ baseURL: stack.openai, apiKey }), "ai-7"],
  ["Responses:", "@ai-sdk/open-responses", (apiKey) => createOpenResponses({ name: "degpt", url: `${stack.openai}/responses`, apiKey }), "ai-7"],
];

for (const [number, folder, connect, ai = "ai"] of providers) {
  const { generateText, streamText } = { ai: ai6, "ai-7": ai7 }[ai];
  const name = `ai ${packageVersion(ai)} with ${folder} ${packageVersion(folder)}`;
  const ask = (model, key = KEY) => ({ model: connect(key)(model), prompt: QUESTION, maxOutputTokens: 1000, maxRetries: 0 });

  check(`${number} ${name}: streamText() of text alone gives it, the end and the counts, and no error part`, async () => {
    stack.upstream.queue({ text: ANSWER });
    const stream = streamText(ask(MODEL));
    const parts = await collect(stream.fullStream);
    assert.deepEqual(parts.filter((part) => part.type === "error"), []);
    assert.equal(parts.filter((part) => part.type === "text-delta").map((part) => part.text).join(""), ANSWER);
    assert.equal(await stream.finishReason, "stop");
    const usage = await stream.usage;
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, JSON.stringify(usage));
  });

  check(`${number} ${name}: generateText() gives the text and the reasoning`, async () => {
    stack.upstream.queue({ text: ANSWER, reasoning: "Hmm." });
    const { text, reasoningText, finishReason, usage } = await generateText(ask(THINKER));
    assert.deepEqual([text, reasoningText, finishReason], [ANSWER, "Hmm.", "stop"]);
    assert.ok(usage.totalTokens > 0);
  });

  check(`D14 ${name}: a bad key is an error that is not tried again`, async () => {
    const error = await errorOf(generateText(ask(MODEL, BAD_KEY)));
    assert.deepEqual([error.statusCode, error.isRetryable], [401, false]);
  });

  check(`D17 ${name}: raises when DeGPT breaks off in the middle of its text`, async () => {
    stack.upstream.queue({ text: ANSWER, paceMs: 5, breakAfter: 8 });
    const parts = await collect(streamText({ ...ask(MODEL), onError() {} }).fullStream);
    // Open Responses' provider has no error part for a response that failed.
    const type = folder === "@ai-sdk/open-responses" ? "finish" : "error";
    const [last] = parts.filter((part) => part.type === type);
    assert.ok(last && (type === "error" || last.finishReason === "error"), JSON.stringify(parts));
  });
}
