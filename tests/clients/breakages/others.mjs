/**
 * The breakages that other people's programs, the clients' types, the recipes and browsers must see.
 */
import { events, json, withoutHeaders } from "./edits.mjs";

const BROWSER = "browser/browser.test.mjs";

export const OTHERS = [
  // The Vercel AI SDK.
  {
    name: "the AI SDK gets a stream without its end",
    breaks: ["D11 .*text alone", "D12 .*text alone"],
    in: ["vercel.test.mjs"],
    apply: events((value) => {
      if (value.choices?.[0]?.finish_reason) value.choices[0].finish_reason = null;
      if (value.type === "message_delta") return [];
    }),
  },
  {
    name: "an event of an unknown type stands in the stream",
    breaks: ["D11 .*text alone", "D12 .*text alone"],
    in: ["vercel.test.mjs"],
    apply: events((value) => {
      const { type } = value;
      return type === "message_start" || value.choices?.[0]?.delta.role ? [value, { type: "progress", choices: 0 }] : undefined;
    }),
  },

  {
    name: "a whole answer has no reasoning",
    breaks: ["D11 .*generateText", "D12 .*generateText"],
    in: ["vercel.test.mjs"],
    apply: json((value) => {
      if (value.choices) delete value.choices[0].message.reasoning_content;
      if (value.content) value.content = value.content.slice(-1);
    }),
  },

  // The Responses API.
  {
    name: "a response's stream has no end",
    breaks: ["openai \\S+ responses.create\\(\\{ stream", "@openai/agents .*streamed"],
    in: ["responses.test.mjs", "agents-sdk.test.mjs"],
    apply: events(({ type }) => (/^response\.(completed|incomplete|failed)$/.test(type) ? [] : undefined)),
  },
  {
    name: "an item is closed that was not opened",
    breaks: ["openai \\S+ responses.stream", "Responses: ai .*streamText"],
    in: ["responses.test.mjs", "vercel.test.mjs", "tools.test.mjs"],
    apply: events(({ type }) => (type === "response.output_item.added" ? [] : undefined)),
  },
  {
    name: "a custom tool's call comes as a function's",
    breaks: ["openai \\S+ responses.stream\\(\\) gives calls"],
    in: ["responses.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll('"type":"custom_tool_call"', '"type":"function_call"')),
  },
  {
    name: "a response has no usage",
    breaks: ["openai \\S+ responses.create\\(\\) gives", "Responses: ai .*streamText"],
    in: ["responses.test.mjs", "vercel.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"usage":\{("input_tokens"[^{}]*(\{[^{}]*\}[^{}]*)*)\}/g, '"usage":null')),
  },
  {
    name: "a response's usage has no details",
    breaks: ["openai"],
    in: ["types.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"(in|out)put_tokens_details":\{[^}]*\},/g, "")),
  },

  // What the clients' types say, down to fields that no client here reads.
  {
    name: "a chunk and an answer have no created",
    breaks: ["openai"],
    in: ["types.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"created":\d+,/g, "")),
  },
  {
    name: "a field is sent that OpenAI and Anthropic do not have",
    breaks: ["openai 7", "@anthropic-ai/sdk 1"],
    in: ["types.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"model":"/g, '"degpt":true,"model":"')),
  },
  {
    name: "Anthropic's usage has no cache counts",
    breaks: ["@anthropic-ai/sdk"],
    in: ["types.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"cache_\w+_input_tokens":0,/g, "")),
  },
  {
    name: "an error has no param",
    breaks: ["openai"],
    in: ["types.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"param":(null|"[^"]*"),/g, "")),
  },

  // Recipes, other people's programs and browsers.
  {
    name: "nothing answers any more",
    breaks: ["the recipe \\d for .+ prints", "the recipe for .+ has"],
    in: ["recipes.test.mjs"],
    apply: (exchange) => Object.assign(exchange, { status: 503, body: "" }),
  },
  {
    name: "no answer has a text",
    breaks: ["litellm", "langchain"],
    in: ["ecosystem/ecosystem.test.mjs"],
    apply: (exchange) => (exchange.body = exchange.body.replaceAll(/"(content|text)":"[^"]+/g, '"$1":"')),
  },
  { name: "an answer is held back until it is whole", breaks: ["a page of another"], in: [BROWSER], apply() {} },
  {
    name: "the preflight does not allow the page's headers",
    breaks: ["a page of another", "it can read"],
    in: [BROWSER],
    apply: withoutHeaders("access-control-allow-headers"),
  },
  { name: "no header is exposed", breaks: ["it can read"], in: [BROWSER], apply: withoutHeaders("access-control-expose-headers") },
  {
    name: "an error is for no origin",
    breaks: ["it can read an error"],
    in: [BROWSER],
    apply: ({ status, headers }) => status >= 400 && delete headers["access-control-allow-origin"],
  },
  {
    name: "every origin is let in",
    breaks: ["it gets no answer"],
    in: [BROWSER],
    apply: ({ headers }) => (headers["access-control-allow-origin"] = "*"),
  },
];
