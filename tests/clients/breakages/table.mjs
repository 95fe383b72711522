/**
 * One way or more to break each thing the client checks guard. `breaks` names the checks that have
 * to fail, `in` the test files that are run for it, `apply` what is done to an answer.
 *
 * Breakages that concern one family of clients alone stand as such: the other family's checks of
 * the same number are not expected to fail.
 */
const JS = ["openai.test.mjs", "anthropic.test.mjs"];
const PYTHON = "python.test.mjs";
const BROWSER = "browser/browser.test.mjs";

const isStream = ({ headers }) => headers["content-type"]?.startsWith("text/event-stream");
const isJson = ({ headers }) => headers["content-type"] === "application/json";
const isPath = (exchange, end) => new URL(exchange.url, "http://gateway").pathname.endsWith(end);

/** Rewrites a JSON answer. */
const json = (edit) => (exchange) => {
  if (!isJson(exchange) || exchange.body === "") return;
  const value = JSON.parse(exchange.body);
  exchange.body = JSON.stringify(edit(value, exchange) ?? value);
};

/** Rewrites the objects of a stream: `edit` returns one, a list, or nothing for no change. */
const events = (edit) => (exchange) => {
  if (!isStream(exchange)) return;
  exchange.body = exchange.body.replace(/(event: \w+\n)?data: (\{.*\})\n\n/g, (whole, event = "", data) => {
    const value = JSON.parse(data);
    const edited = [edit(value, exchange) ?? value].flat();
    return edited.map((one) => `${event && `event: ${one.type}\n`}data: ${JSON.stringify(one)}\n\n`).join("");
  });
};

const status = (from, to) => (exchange) => {
  if (exchange.status === from) exchange.status = to;
};

const withoutHeaders = (...names) => (exchange) => {
  for (const name of names) delete exchange.headers[name];
};

const withoutRole = events((value) => {
  if (value.choices?.[0]) delete value.choices[0].delta.role;
});

export const BREAKAGES = [
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
  { name: "a bad key is a 403", breaks: ["D14"], in: [...JS, PYTHON], apply: status(401, 403) },
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
    breaks: ["the recipe \\S+ prints", "the recipe \\S+ has a key"],
    in: ["recipes.test.mjs"],
    apply: (exchange) => (exchange.status = 503),
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
