/** Reads rows through the built Worker in workerd, over HTTP, with the stand-in for DeGPT behind it. */
import { isSame } from "./table.mjs";

/** How the stand-in writes the answer: a chunk for each character, the stream cut anywhere, or as a model does. */
const WRITTEN = {
  "OpenAI true": (text) => ({ chunks: [...text] }),
  "Anthropic true": (text) => ({ text, writeMode: { mode: "random", seed: 7, max: 60 } }),
  "OpenAI false": (text) => ({ text }),
  "Anthropic false": (text) => ({ text }),
};

const PATHS = { OpenAI: "/api/v1/chat/completions", Anthropic: "/api/v1/messages" };

/**
 * Resolves to what differs from the native reading: `[{row, way, got}]`. Each row of `readings` (those of
 * `readNatively`) is asked for in both dialects, as a stream and as JSON.
 * `ask(path, body)` resolves to the answer's text.
 */
export async function differences(readings, upstream, ask) {
  const different = [];
  for (const { row, whole } of readings) {
    for (const dialect of Object.keys(PATHS)) {
      for (const stream of [true, false]) {
        // What the model is shown of quoted calls is the business of tests/adversary/quoted-calls.test.mjs.
        if (row.user !== undefined || row.text === "") continue;
        // A call that cannot be read is asked for again: the model then writes the same.
        upstream.reset();
        upstream.queue({ ...WRITTEN[`${dialect} ${stream}`](row.text), times: "always" });
        const got = READERS[dialect](await ask(PATHS[dialect], request(dialect, row, stream)), stream);
        if (!isSame(got, { text: whole.text, calls: whole.calls })) different.push({ row, way: `${dialect}${stream ? ", streamed" : ""}`, got });
      }
    }
  }
  return different;
}

function request(dialect, { tools }, stream) {
  const messages = [{ role: "user", content: "What is the weather in Paris?" }];
  return dialect === "OpenAI"
    ? { messages, stream, tools: tools.map((tool) => ({ type: "function", function: tool })) }
    : { messages, stream, max_tokens: 4096, tools: tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })) };
}

const data = (text) => text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice("data: ".length)));

const READERS = {
  OpenAI(text, stream) {
    const message = { content: "", tool_calls: [] };
    if (!stream) Object.assign(message, JSON.parse(text).choices[0].message);
    for (const { choices } of stream ? data(text) : []) {
      const delta = choices[0]?.delta ?? {};
      message.content += delta.content ?? "";
      for (const { index, function: { name, arguments: more = "" } } of delta.tool_calls ?? []) {
        const call = (message.tool_calls[index] ??= { function: { name, arguments: "" } });
        call.function.arguments += more;
      }
    }
    const calls = (message.tool_calls ?? []).map(({ function: { name, arguments: json } }) => ({ name, arguments: JSON.parse(json) }));
    return { text: message.content ?? "", calls };
  },
  Anthropic(text, stream) {
    const blocks = [];
    if (!stream) blocks.push(...JSON.parse(text).content);
    for (const { type, index, content_block: block, delta } of stream ? data(text) : []) {
      if (type === "content_block_start") blocks[index] = { ...block, json: "" };
      if (type === "content_block_delta") {
        if (delta.type === "text_delta") blocks[index].text += delta.text;
        if (delta.type === "input_json_delta") blocks[index].json += delta.partial_json;
      }
    }
    const calls = blocks.filter(({ type }) => type === "tool_use").map(({ name, input, json }) => ({ name, arguments: json ? JSON.parse(json) : input }));
    return { text: blocks.map(({ type, text: said }) => (type === "text" ? said : "")).join(""), calls };
  },
};
