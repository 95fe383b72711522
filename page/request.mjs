/** The request that is sent, and the same as a curl command. */
import { CHAT, ORIGIN } from "./gateway.mjs";

/** The data of a picture, in two parts: what of it is shown, and the rest. */
const PICTURE = /(data:image\/[a-z]+;base64,[\w+/]{24})([\w+/=]+)/g;

/** The body of a chat request. `options`: `model`, `system`, `reasoning`, `limit`, `web`, `tools`, each perhaps empty. */
export function bodyOf(messages, { model, system, reasoning, limit, web, tools }) {
  const body = {
    model,
    messages: system ? [{ role: "system", content: system }, ...messages] : messages,
    stream: true,
    stream_options: { include_usage: true },
  };
  if (reasoning) body.reasoning_effort = reasoning;
  if (limit) body.max_completion_tokens = limit;
  if (web) body.web_search_options = {};
  if (tools) body.tools = tools;
  return JSON.stringify(body, null, 2);
}

/**
 * The command for a shell that sends `body`. The key comes from a variable. A line of JSON begins with
 * a bracket, a quotation mark or a space, so none of them can be the one that ends the body.
 */
export function curlOf(body, { hasKey }) {
  const lines = [`curl -N ${ORIGIN}${CHAT}`];
  if (hasKey) lines.push(`-H "Authorization: Bearer $API_KEY"`);
  lines.push("-H 'Content-Type: application/json'", "--data-binary @- <<'JSON'");
  return `${lines.join(" \\\n  ")}\n${body}\nJSON`;
}

/** The same for the eye: without most of the data of pictures. */
export const shortened = (command) =>
  command.replaceAll(PICTURE, (_, start, rest) => `${start}… (${Math.ceil(rest.length / 1024)} KB)`);

/** A tool to try: as good as any for seeing a call. */
export const EXAMPLE_TOOL = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city now.",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];
