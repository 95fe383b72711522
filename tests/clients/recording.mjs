/**
 * Asks the gateway for every kind of answer it has, in each dialect, and keeps them: for
 * types.test.mjs.
 */
import assert from "node:assert/strict";

import { ANSWER, BAD_KEY, KEY, MODEL, NO_MODEL, QUESTION, THINKER } from "./support.mjs";

const messages = [{ role: "user", content: QUESTION }];

/** What DeGPT does, and so which answer is asked for. */
const ANSWERS = [
  ["a plain answer", { text: ANSWER }, {}],
  ["an answer with reasoning", { text: ANSWER, reasoning: "Hmm, well." }, { model: THINKER }],
  ["an answer that was too long", { text: ANSWER, finishReason: "length" }, {}],
  ["an answer that was held back", { text: "I", finishReason: "content_filter" }, {}],
];

/** What only the Responses API has: calls with forms of their own. */
const call = (name, args) => `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const parameters = { type: "object", properties: {} };
const FORMS = [
  ["calls of every form", { text: [call("f", {}), call("patch", { input: "a" }), call("agents.wait", {}), call("tool_search", {})].join("\n") }, {
    tools: [
      { type: "function", name: "f", parameters, strict: false },
      { type: "custom", name: "patch", description: "Edits" },
      { type: "namespace", name: "agents", description: "Others", tools: [{ type: "function", name: "wait", parameters }] },
      { type: "tool_search", execution: "client", description: "Finds", parameters },
    ],
  }],
  ["a format", { text: "{}" }, { text: { format: { type: "json_schema", name: "n", schema: parameters } }, reasoning: { effort: "low" } }],
];

/** Failures of DeGPT, and of a request. */
const FAILURES = [
  ["a rate limit", { status: 429, headers: { "retry-after": "7" }, body: "no" }, {}, 429],
  ["no DeGPT", { status: 500, body: "no", times: "always" }, {}, 502],
  ["a refusal", { fakeSuccess: true, times: "always" }, {}, 502],
  ["an unknown model", undefined, { model: NO_MODEL }, 404],
  ["no messages", undefined, { messages: "none", input: {} }, 400],
];

/** Resolves to `[{dialect, kind, what, value}]`. */
export async function record({ upstream, openai, api }) {
  const kept = [];
  const keep = (dialect, kind, what, value) => kept.push({ dialect, kind, what, value });

  const openaiHeaders = { authorization: `Bearer ${KEY}` };
  const anthropicHeaders = { "x-api-key": KEY, "anthropic-version": "2023-06-01" };
  const dialects = [
    ["OpenAI", `${openai}/chat/completions`, openaiHeaders, { whole: "completion", part: "chunk", error: "error" }],
    ["OpenAI", `${openai}/responses`, openaiHeaders, { whole: "response", part: "responseEvent", error: "error" }],
    ["Anthropic", `${api}/v1/messages`, anthropicHeaders, { whole: "message", part: "event", error: "failure" }],
  ];
  for (const [dialect, url, headers, kinds] of dialects) {
    const isResponse = kinds.whole === "response";
    const base = isResponse ? { max_output_tokens: 99, input: messages } : { max_tokens: 99, messages };
    const post = (body, more) => ask(url, { headers: { ...headers, ...more }, body: { model: MODEL, ...base, ...body } });

    for (const [what, behaviour, body] of isResponse ? [...ANSWERS, ...FORMS] : ANSWERS) {
      upstream.queue({ ...behaviour, times: 3 });
      keep(dialect, kinds.whole, what, json(await post(body)));
      for (const options of [{ include_usage: false }, { include_usage: true }]) {
        const { text } = await post({ ...body, stream: true, stream_options: options });
        for (const value of streamed(text)) keep(dialect, kinds.part, `${what}, streamed`, value);
      }
      upstream.reset();
    }
    upstream.queue({ text: ANSWER, breakAfter: 5 });
    for (const value of streamed((await post({ stream: true })).text)) {
      keep(dialect, value.error ? kinds.error : kinds.part, "an answer that broke off", value);
    }
    for (const [what, behaviour, body, status] of FAILURES) {
      if (behaviour) upstream.queue(behaviour);
      keep(dialect, kinds.error, what, json(await post(body), status));
      upstream.reset();
    }
    const badKey = { authorization: `Bearer ${BAD_KEY}`, "x-api-key": BAD_KEY };
    keep(dialect, kinds.error, "a bad key", json(await post({}, badKey), 401));
    keep(dialect, kinds.error, "a wrong method", json(await ask(url, { headers }), 405));
    keep(dialect, kinds.error, "no such path", json(await ask(`${openai}/embeddings`, { headers }), 404));
  }

  keep("OpenAI", "list", "the models", json(await ask(`${openai}/models`, { headers: openaiHeaders })));
  keep("OpenAI", "model", "one model", json(await ask(`${openai}/models/${MODEL}`, { headers: openaiHeaders })));
  const page = json(await ask(`${openai}/models`, { headers: anthropicHeaders }));
  keep("Anthropic", "page", "the models", page);
  const rest = `${openai}/models?after_id=${page.last_id}&limit=1000`;
  keep("Anthropic", "page", "the rest of the models", json(await ask(rest, { headers: anthropicHeaders })));
  keep("Anthropic", "info", "one model", json(await ask(`${openai}/models/${MODEL}`, { headers: anthropicHeaders })));
  const count = { headers: anthropicHeaders, body: { model: MODEL, messages } };
  keep("Anthropic", "count", "a count", json(await ask(`${api}/v1/messages/count_tokens`, count)));
  return kept;
}

async function ask(url, { headers, body }) {
  const options = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, { headers, ...options });
  return { status: response.status, text: await response.text() };
}

function json({ status, text }, expected = 200) {
  assert.equal(status, expected, text);
  return JSON.parse(text);
}

function streamed(text) {
  const values = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data));
  assert.ok(values.length > 2, text);
  return values;
}
