/**
 * The breakages that the official clients must see: D1 to D18.
 */
import { events, isPath, isStream, isJson, json, status, withoutHeaders } from "./edits.mjs";

const JS = ["openai.test.mjs", "anthropic.test.mjs"];
const PYTHON = "python.test.mjs";

const withoutRole = events((value) => {
  if (value.choices?.[0]) delete value.choices[0].delta.role;
});

export const OFFICIAL = [
  // D1, D2: models.
  {
    name: "the OpenAI list is called models",
    breaks: ["D1"],
    in: ["openai.test.mjs", PYTHON],
    apply: json((value) => (value.object === "list" ? { object: "list", models: value.data } : undefined)),
  },
  {
    name: "Anthropic's clients get OpenAI's list",
    breaks: ["D2"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: json((value) => (value.has_more === undefined ? undefined : { object: "list", data: value.data })),
  },
  {
    name: "the last page says there is more, and after_id is ignored",
    breaks: ["D2"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: json((value) => {
      if (value.has_more !== undefined) Object.assign(value, { has_more: true, last_id: value.first_id ?? "deepseek-chat" });
    }),
  },

  // D3, D4: whole answers.
  {
    name: "JSON is sent as text/plain",
    breaks: ["D3", "D4"],
    in: JS, // The Python clients read it all the same.
    apply: (exchange) => isJson(exchange) && (exchange.headers["content-type"] = "text/plain"),
  },
  {
    name: "the headers with the request's id are missing",
    breaks: ["D3", "D4"],
    in: [...JS, PYTHON],
    apply: withoutHeaders("x-request-id", "request-id"),
  },
  {
    name: "a whole answer has no counts and no end",
    breaks: ["D3", "D4"],
    in: [...JS, PYTHON],
    apply: json((value) => {
      delete value.usage;
      if (value.choices) value.choices[0].finish_reason = null;
    }),
  },

  // D5, D6, D7: OpenAI's stream.
  {
    name: "the usage chunk has no id",
    breaks: ["D5"],
    in: ["openai.test.mjs"],
    apply: events((value) => {
      if (value.choices?.length === 0) delete value.id;
    }),
  },
  {
    name: "the usage chunk is missing",
    breaks: ["D5"],
    in: ["openai.test.mjs", PYTHON],
    apply: events((value) => (value.choices?.length === 0 ? [] : undefined)),
  },
  {
    name: "something without choices stands in OpenAI's stream",
    breaks: ["D5"],
    in: ["openai.test.mjs"], // Python's stream() passes over it.
    apply: events((value) => (value.choices?.[0]?.delta.role ? [value, { ping: true }] : undefined)),
  },
  {
    name: "the usage chunk comes unasked",
    breaks: ["D6 .*without include_usage"],
    in: ["openai.test.mjs", PYTHON],
    apply: events((value) => {
      if (!value.choices?.[0]?.finish_reason) return undefined;
      return [value, { ...value, choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }];
    }),
  },
  {
    name: "reasoning comes as content",
    breaks: ["D6 .*reasoning stays"],
    in: ["openai.test.mjs"],
    apply: events((value) => {
      const delta = value.choices?.[0]?.delta;
      if (delta?.reasoning_content) delta.content = delta.reasoning_content;
    }),
  },
  {
    name: "every delta has the role",
    breaks: ["D7"],
    in: [PYTHON],
    apply: events((value) => {
      if (value.choices?.[0]) value.choices[0].delta.role = "assistant";
    }),
  },
  {
    name: "no delta has the role",
    breaks: ["D5"],
    in: ["openai.test.mjs"], // Python's stream() then has none: see the next.
    apply: withoutRole,
  },
  {
    name: "no delta has the role, for Python",
    breaks: ["D7"],
    in: [PYTHON],
    apply: withoutRole,
  },

  // D9: Anthropic's stream.
  {
    name: "Anthropic's events have no event line",
    breaks: ["D9"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: (exchange) => isStream(exchange) && (exchange.body = exchange.body.replace(/^event: .*\n/gm, "")),
  },
  {
    name: "message_stop is missing",
    breaks: ["D9 .*the events are"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: events((value) => (value.type === "message_stop" ? [] : undefined)),
  },
  {
    name: "message_delta is missing",
    breaks: ["D9 .*finalMessage|D9 .*final_message"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: events((value) => (value.type === "message_delta" ? [] : undefined)),
  },
  {
    name: "Anthropic's thinking comes as text",
    breaks: ["D9 .*thinking comes"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: events((value) => {
      if (value.content_block?.type === "thinking") value.content_block = { type: "text", text: "" };
      if (value.delta?.type === "thinking_delta") value.delta = { type: "text_delta", text: value.delta.thinking };
      if (value.delta?.type === "signature_delta") return [];
    }),
  },

  // D13 to D15: errors.
  {
    name: "retry-after is not handed on",
    breaks: ["D13"],
    in: [...JS, PYTHON],
    apply: withoutHeaders("retry-after"),
  },
  {
    name: "a rate limit says that it is not worth another try",
    breaks: ["D13"],
    in: [...JS, PYTHON],
    apply: ({ status, headers }) => status === 429 && (headers["x-should-retry"] = "false"),
  },
  {
    name: "errors come in the other dialect",
    breaks: ["D13"],
    in: [...JS, PYTHON],
    apply: json((value, { status }) => {
      if (status < 400) return undefined;
      const { type, message } = value.error;
      return value.type === "error" ? { error: { message, type, param: null, code: null } } : { type: "error", error: { type, message } };
    }),
  },
  { name: "a bad key is a 403", breaks: ["D14"], in: [...JS, PYTHON, "vercel.test.mjs"], apply: status(401, 403) },
  {
    name: "a bad key is worth another try",
    breaks: ["D14"],
    in: [...JS, PYTHON],
    apply: (exchange) => exchange.status === 401 && (exchange.headers["x-should-retry"] = "true"),
  },
  { name: "an unknown model is a 400", breaks: ["D15"], in: [...JS, PYTHON], apply: status(404, 400) },
  {
    name: "an unknown model is worth another try",
    breaks: ["D15"],
    in: [...JS, PYTHON],
    apply: (exchange) => exchange.status === 404 && (exchange.headers["x-should-retry"] = "true"),
  },

  // D16: counting.
  {
    name: "count_tokens counts nothing",
    breaks: ["D16"],
    in: ["anthropic.test.mjs", PYTHON],
    apply: json((value, exchange) => (isPath(exchange, "/count_tokens") ? { input_tokens: 0 } : undefined)),
  },
  { name: "there is no count_tokens", breaks: ["D16"], in: ["anthropic.test.mjs", PYTHON], apply: (exchange) => isPath(exchange, "/count_tokens") && (exchange.status = 404) },

  // D17, D18: endings.
  {
    name: "an answer that was cut ends as if it were whole",
    breaks: ["D17"],
    in: [...JS, PYTHON, "vercel.test.mjs"],
    apply: events((value) => {
      if (value.type === "error") {
        const delta = { stop_reason: "end_turn", stop_sequence: null };
        return [{ type: "message_delta", delta, usage: { output_tokens: 1 } }, { type: "message_stop" }];
      }
      if (!value.error) return undefined;
      const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }];
      return { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices };
    }),
  },
  {
    name: "the connection stays open after the end",
    breaks: ["D18"],
    in: JS,
    apply: (exchange) => isStream(exchange) && (exchange.holdOpenMs = 1500),
  },
];
