/**
 * Searching the web with official clients: Anthropic's, OpenAI's, the Vercel AI SDK and OpenAI's Agents
 * SDK, each as their makers' own servers are asked, whole and streamed.
 */
import assert from "node:assert/strict";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic1 from "@anthropic-ai/sdk";
import Anthropic137 from "@anthropic-ai/sdk-0.137";
import { Agent, OpenAIProvider, Runner, webSearchTool } from "@openai/agents";
import * as ai6 from "ai";
import * as ai7 from "ai-7";
import OpenAI from "openai";
import OpenAI6 from "openai-6";

import { paths } from "../upstream/paths.mjs";
import { KEY, MODEL, check, collect, useStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const stack = useStack();

const QUESTION = "Search the web for the tallest tower";
const URLS = ["https://towers.example/tall", "https://hills.example/"];
const RESULTS = URLS.map((url, index) => ({ title: `Page ${index + 1}`, url, content: `Text ${index + 1}: 828 m.`, score: 0.9, raw_content: null }));
const scripted = () => stack.upstream.configure({ searches: { "*": RESULTS } });
const searches = () => stack.upstream.requests.filter(({ path }) => path === paths.search).map(({ body }) => body.keyword);
const told = () => stack.upstream.requests.filter(({ path }) => path === paths.chat).at(-1).body.messages;

for (const [Anthropic, folder] of [
  [Anthropic1, "@anthropic-ai/sdk"],
  [Anthropic137, "@anthropic-ai/sdk-0.137"],
]) {
  const name = `@anthropic-ai/sdk ${packageVersion(folder)}`;
  const client = () => new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 0 });
  const tools = [{ type: "web_search_20250305", name: "web_search", max_uses: 3 }];
  const request = { model: MODEL, max_tokens: 1000, tools, messages: [{ role: "user", content: QUESTION }] };

  const assertMessage = ({ content, stop_reason: reason, usage }) => {
    assert.deepEqual(content.map(({ type }) => type), ["text", "server_tool_use", "web_search_tool_result", "text"]);
    const [, use, result, last] = content;
    assert.deepEqual(use.input, { query: "the tallest tower" });
    assert.equal(result.tool_use_id, use.id);
    assert.deepEqual(result.content.map(({ url, title }) => [url, title]), RESULTS.map(({ url, title }) => [url, title]));
    assert.deepEqual(last.citations.map(({ type, url }) => [type, url]), URLS.map((url) => ["web_search_result_location", url]));
    assert.equal(reason, "end_turn");
    assert.equal(usage.server_tool_use.web_search_requests, 1);
    assert.deepEqual(searches(), ["the tallest tower"]);
  };

  check(`${name}: create() with web_search gives its blocks, and they come back`, async () => {
    scripted();
    const message = await client().messages.create(request);
    assertMessage(message);
    const messages = [...request.messages, { role: "assistant", content: message.content }, { role: "user", content: "Thank you" }];
    stack.upstream.queue({ text: "You are welcome." });
    await client().messages.create({ ...request, messages });
    assert.ok(JSON.stringify(told()).includes("Text 2: 828 m."));
  });

  check(`${name}: stream() with web_search gives the same blocks`, async () => {
    scripted();
    const stream = client().messages.stream(request);
    const citations = [];
    stream.on("citation", (citation) => citations.push(citation.url));
    assertMessage(await stream.finalMessage());
    assert.deepEqual(citations, URLS);
  });

  check(`${name}: web_fetch reads a page that the question names`, async () => {
    stack.upstream.configure({ pages: { [URLS[0]]: { title: "Towers", content: "All of it." } } });
    stack.upstream.queue({ text: `<tool_call>\n{"name": "web_fetch", "arguments": {"url": "${URLS[0]}"}}\n</tool_call>` }, { text: "Read." });
    const tools = [{ type: "web_fetch_20250910", name: "web_fetch" }];
    const { content } = await client().messages.stream({ ...request, tools, messages: [{ role: "user", content: `Read ${URLS[0]}` }] }).finalMessage();
    assert.deepEqual(content.map(({ type }) => type), ["server_tool_use", "web_fetch_tool_result", "text"]);
    assert.equal(content[1].content.content.source.data, "All of it.");
  });
}

for (const [Client, folder] of [
  [OpenAI, "openai"],
  [OpenAI6, "openai-6"],
]) {
  const name = `openai ${packageVersion(folder)}`;
  const client = () => new Client({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0 });
  const chat = { model: MODEL, messages: [{ role: "user", content: QUESTION }], web_search_options: { search_context_size: "low" } };
  const request = { model: MODEL, input: QUESTION, tools: [{ type: "web_search" }] };

  const assertResponse = ({ output, output_text: text }) => {
    assert.deepEqual(output.map(({ type }) => type), ["message", "web_search_call", "message"]);
    assert.deepEqual([output[1].status, output[1].action.type, output[1].action.query], ["completed", "search", "the tallest tower"]);
    const [part] = output[2].content;
    assert.deepEqual(part.annotations.map(({ url, start_index: start, end_index: end }) => [url, [...part.text].slice(start, end).join("")]), URLS.map((url) => [url, url]));
    assert.ok(text.includes(URLS[0]));
  };

  check(`${name}: responses.create() with web_search gives its items, and they come back`, async () => {
    scripted();
    const response = await client().responses.create(request);
    assertResponse(response);
    stack.upstream.queue({ text: "You are welcome." });
    await client().responses.create({ ...request, input: [{ role: "user", content: QUESTION }, ...response.output, { role: "user", content: "Thank you" }] });
    assert.ok(JSON.stringify(told()).includes("the tallest tower"));
  });

  check(`${name}: responses.stream() with web_search gives the same items`, async () => {
    scripted();
    const stream = client().responses.stream(request);
    const types = (await collect(stream)).map(({ type }) => type).filter((type) => /web_search|annotation/.test(type));
    const states = ["in_progress", "searching", "completed"].map((state) => `response.web_search_call.${state}`);
    assert.deepEqual(types, [...states, ...URLS.map(() => "response.output_text.annotation.added")]);
    assertResponse(await stream.finalResponse());
  });

  check(`${name}: chat.completions with web_search_options gives annotations, whole and streamed`, async () => {
    scripted();
    const { choices: [{ message }] } = await client().chat.completions.create(chat);
    const cited = (text, list) => list.map(({ url_citation: { url, start_index: start, end_index: end } }) => [url, [...text].slice(start, end).join("")]);
    assert.deepEqual(cited(message.content, message.annotations), URLS.map((url) => [url, url]));
    const chunks = await collect(await client().chat.completions.create({ ...chat, stream: true }));
    const deltas = chunks.map(({ choices: [{ delta }] }) => delta);
    const text = deltas.map(({ content }) => content ?? "").join("");
    assert.deepEqual(cited(text, deltas.flatMap(({ annotations }) => annotations ?? [])), URLS.map((url) => [url, url]));
    const final = await client().chat.completions.stream(chat).finalChatCompletion();
    assert.equal(final.choices[0].finish_reason, "stop");
  });
}

for (const [name, ai, model] of [
  [`@ai-sdk/anthropic ${packageVersion("@ai-sdk/anthropic")}: anthropic.tools.webSearch`, ai6, () => {
    const provider = createAnthropic({ baseURL: stack.openai, apiKey: KEY });
    return { model: provider(MODEL), tools: { web_search: provider.tools.webSearch_20250305({ maxUses: 3 }) } };
  }],
  [`@ai-sdk/openai ${packageVersion("@ai-sdk/openai")}: openai.tools.webSearch`, ai7, () => {
    const provider = createOpenAI({ baseURL: stack.openai, apiKey: KEY });
    return { model: provider(MODEL), tools: { web_search: provider.tools.webSearch({}) } };
  }],
]) {
  const ask = () => ({ ...model(), prompt: QUESTION, maxOutputTokens: 1000, maxRetries: 0 });
  const urls = (sources) => [...new Set(sources.map(({ url }) => url).filter(Boolean))];

  check(`${name} in generateText()`, async () => {
    scripted();
    const { text, sources, finishReason, content, warnings } = await ai.generateText(ask());
    assert.ok(text.includes(URLS[0]), text);
    assert.deepEqual([urls(sources), finishReason, warnings ?? []], [URLS, "stop", []]);
    const types = content.map(({ type }) => type);
    assert.ok(types.includes("tool-call") && types.includes("tool-result"), types.join());
    assert.ok(content.filter(({ type }) => type === "tool-call").every(({ providerExecuted }) => providerExecuted));
  });

  check(`${name} in streamText()`, async () => {
    scripted();
    const result = ai.streamText(ask());
    const parts = await collect(result.fullStream);
    assert.deepEqual(parts.filter(({ type }) => type === "error"), []);
    const types = parts.map(({ type }) => type);
    assert.ok(types.includes("tool-call") && types.includes("tool-result"), types.join());
    assert.deepEqual(urls(await result.sources), URLS);
    assert.equal(await result.finishReason, "stop");
  });
}

for (const stream of [false, true]) {
  check(`@openai/agents ${packageVersion("@openai/agents")}: webSearchTool(), ${stream ? "streamed" : "whole"}`, async () => {
    scripted();
    const modelProvider = new OpenAIProvider({ baseURL: stack.openai, apiKey: KEY });
    const agent = new Agent({ name: "Helper", instructions: "You are of help.", model: MODEL, tools: [webSearchTool()] });
    const result = await new Runner({ modelProvider, tracingDisabled: true }).run(agent, QUESTION, { stream });
    if (stream) await collect(result);
    await result.completed;
    assert.ok(result.finalOutput.includes(URLS[0]), result.finalOutput);
    assert.ok(result.newItems.some(({ type, rawItem }) => type === "tool_call_item" && /web_search/.test(rawItem.name ?? rawItem.type)));
    assert.deepEqual(searches(), ["the tallest tower"]);
  });
}
