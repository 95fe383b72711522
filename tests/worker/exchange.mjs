/**
 * A client for the tests against the built Worker: asks in each dialect, streamed or not, reads
 * to the end of the body, and reads what came as strictly as the official clients do.
 *
 *     const got = await ask(gateway, { dialect: "openai", delivery: "stream", question: "Hello" });
 *     got.status, got.text, got.finish, got.error
 */
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const KEY = "test-key";
export const DIALECTS = ["openai", "anthropic", "responses"];
export const DELIVERIES = ["stream", "json"];

const PATHS = { openai: "/v1/chat/completions", anthropic: "/v1/messages", responses: "/v1/responses" };

/** What `fetch` needs to ask `question`. */
function request(gateway, { dialect = "openai", key = KEY, headers: more, signal, ...options } = {}) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}`, ...more };
  const body = bodyOf({ dialect, ...options });
  return new Request(gateway.url + PATHS[dialect], { method: "POST", headers, body, signal });
}

function bodyOf({ dialect, delivery = "stream", question = "Hello", model = "deepseek-chat" }) {
  return JSON.stringify({
    model,
    [dialect === "responses" ? "input" : "messages"]: [{ role: "user", content: question }],
    stream: delivery === "stream",
    ...(dialect === "anthropic" && { max_tokens: 1_000_000 }),
  });
}

/** Asks and reads to the end of the body; throws if that end does not come within `timeoutMs`. */
export async function ask(gateway, { timeoutMs = 15_000, ...options } = {}) {
  // Not AbortSignal.timeout(): nobody but the request holds that one, and it is collected unheard.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no whole answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await read(gateway, { ...options, signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function read(gateway, options) {
  const from = performance.now();
  const response = await fetch(request(gateway, options));
  const headersMs = performance.now() - from;
  // Rejects when the connection breaks: a body that is read to its end was closed in order.
  const body = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const parse = isStream ? readStream : readJson;
  return {
    status: response.status,
    headers: response.headers,
    body,
    isStream,
    headersMs,
    totalMs: performance.now() - from,
    ...parse(body, options.dialect ?? "openai"),
  };
}

/** Waits until `condition()` gives something, looking every few milliseconds. */
export async function until(condition, what, timeoutMs = 5_000) {
  for (const from = performance.now(); performance.now() - from < timeoutMs; await sleep(5)) {
    const found = condition();
    if (found) return found;
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

const WRONG = { text: "", reasoning: "", finish: undefined, error: undefined };

function readJson(body, dialect) {
  const value = JSON.parse(body);
  if (value.error) return { ...WRONG, error: { ...value.error, whole: value } };
  if (dialect === "openai") {
    const [choice] = value.choices;
    return { ...WRONG, text: choice.message.content, finish: choice.finish_reason };
  }
  if (dialect === "responses") {
    const { text } = outputOf(value);
    return { ...WRONG, text, finish: value.incomplete_details?.reason ?? value.status };
  }
  const blocks = (type) => value.content.filter((block) => block.type === type);
  return { ...WRONG, text: blocks("text").map(({ text }) => text).join(""), finish: value.stop_reason };
}

/** What the items of a response say. */
function outputOf({ output }) {
  const texts = (type, list) => output.filter((item) => item.type === type).flatMap((item) => item[list].map(({ text }) => text));
  return { text: texts("message", "content").join(""), reasoning: texts("reasoning", "summary").join("") };
}

/** Cuts a body into events, `{name, data}`, and comments, `{comment}`; throws if it is not one whole stream. */
export function events(body) {
  if (body === "") return [];
  if (!body.endsWith("\n\n")) throw new Error(`the stream ends in the middle of an event: ${body.slice(-80)}`);
  return body.slice(0, -2).split("\n\n").map((block) => {
    if (block.startsWith(":")) {
      if (block.includes("\n")) throw new Error(`a comment between the lines of an event: ${block}`);
      return { comment: block };
    }
    const match = /^(?:event: ([^\n]*)\n)?data: ([^\n]*)$/.exec(block);
    if (!match) throw new Error(`not an event: ${block.slice(0, 200)}`);
    return { name: match[1], data: match[2] };
  });
}

function readStream(body, dialect) {
  const all = events(body);
  const read = { openai: readOpenAi, anthropic: readAnthropic, responses: readResponses }[dialect];
  return { events: all, ...read(all.filter(({ comment }) => comment === undefined)) };
}

/** Either a role chunk, deltas, one finish and `[DONE]`, or an error as the last event. */
function readOpenAi(all) {
  const seen = { ...WRONG, roles: 0, finishes: 0, isDone: false };
  for (const [index, { name, data }] of all.entries()) {
    const isLast = index === all.length - 1;
    must(name === undefined, "an event with a name");
    if (data === "[DONE]") {
      must(isLast && seen.finishes === 1, "[DONE] out of place");
      seen.isDone = true;
      continue;
    }
    const chunk = JSON.parse(data);
    if (chunk.error) {
      must(isLast && seen.finishes === 0, "an error out of place");
      seen.error = { ...chunk.error, whole: chunk };
      continue;
    }
    must(chunk.object === "chat.completion.chunk", "a chunk of another object");
    const [choice] = chunk.choices;
    if (choice.delta.role) seen.roles += 1;
    must(seen.roles === 1 && seen.finishes === 0, "a chunk out of place");
    seen.text += choice.delta.content ?? "";
    seen.reasoning += choice.delta.reasoning_content ?? "";
    if (choice.finish_reason) {
      seen.finishes += 1;
      seen.finish = choice.finish_reason;
    }
  }
  must(seen.isDone !== (seen.error !== undefined), "not exactly one ending");
  return seen;
}

/** message_start, balanced blocks, then message_delta and message_stop, or an error as the last event. */
function readAnthropic(all) {
  const seen = { ...WRONG, isDone: false };
  let open;
  let blocks = 0;
  for (const [index, { name, data }] of all.entries()) {
    const isLast = index === all.length - 1;
    const value = JSON.parse(data);
    must(name === value.type, "an event whose name is not its type");
    must((index === 0) === (name === "message_start"), "message_start out of place");
    must(!seen.finish || name === "message_stop", "an event after message_delta");
    switch (name) {
      case "message_start":
      case "ping":
        break;
      case "content_block_start":
        must(open === undefined && value.index === blocks, "a block out of place");
        open = value.index;
        break;
      case "content_block_delta":
        must(open === value.index, "a delta out of place");
        seen.text += value.delta.text ?? "";
        seen.reasoning += value.delta.thinking ?? "";
        break;
      case "content_block_stop":
        must(open === value.index, "an end of no block");
        open = undefined;
        blocks += 1;
        break;
      case "message_delta":
        must(open === undefined, "message_delta within a block");
        seen.finish = value.delta.stop_reason;
        break;
      case "message_stop":
        must(isLast && seen.finish, "message_stop out of place");
        seen.isDone = true;
        break;
      case "error":
        must(isLast && open === undefined, "an error out of place");
        seen.error = { ...value.error, whole: value };
        break;
      default:
        must(false, `an event of the unknown type ${name}`);
    }
  }
  must(seen.isDone !== (seen.error !== undefined), "not exactly one ending");
  return seen;
}

/** Two events of the beginning, balanced items, numbers without a gap, and one of three endings, which has all items. */
function readResponses(all) {
  const seen = { ...WRONG, isDone: false, output: [] };
  let open;
  for (const [index, { name, data }] of all.entries()) {
    const isLast = index === all.length - 1;
    const value = JSON.parse(data);
    must(name === value.type, "an event whose name is not its type");
    must(value.sequence_number === index, "a number out of place");
    must(["response.created", "response.in_progress"].indexOf(name) === (index < 2 ? index : -1), "a beginning out of place");
    if (value.output_index !== undefined) must(value.output_index === seen.output.length, "an item out of place");
    if (value.item_id !== undefined) must(value.item_id === open?.id, "an event of no open item");
    switch (name) {
      case "response.created":
      case "response.in_progress":
        break;
      case "response.output_item.added":
        must(open === undefined, "an item within an item");
        open = { ...value.item, deltas: "" };
        break;
      case "response.output_item.done":
        must(open?.id === value.item.id && !open.part, "an end of no item");
        open = undefined;
        seen.output.push(value.item);
        break;
      case "response.content_part.added":
      case "response.reasoning_summary_part.added":
        must(!open.part, "a part within a part");
        open.part = true;
        break;
      case "response.content_part.done":
      case "response.reasoning_summary_part.done":
        must(open.part && value.part.text === open.deltas, "a part that is not its deltas");
        open.part = false;
        break;
      case "response.output_text.delta":
      case "response.reasoning_summary_text.delta":
        must(open.part, "a delta without a part");
        seen[open.type === "message" ? "text" : "reasoning"] += value.delta;
        open.deltas += value.delta;
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        open.deltas += value.delta;
        break;
      case "response.output_text.done":
      case "response.reasoning_summary_text.done":
      case "response.function_call_arguments.done":
      case "response.custom_tool_call_input.done":
        must((value.text ?? value.arguments ?? value.input) === open.deltas, "a text that is not its deltas");
        break;
      case "response.completed":
      case "response.incomplete":
        must(isLast && open === undefined && name === `response.${value.response.status}`, "an end out of place");
        must(JSON.stringify(value.response.output) === JSON.stringify(seen.output), "an end with other items");
        seen.finish = value.response.incomplete_details?.reason ?? value.response.status;
        seen.response = value.response;
        seen.isDone = true;
        break;
      case "response.failed":
        must(isLast && value.response.status === "failed", "a failure out of place");
        seen.error = { ...value.response.error, whole: value };
        break;
      default:
        must(false, `an event of the unknown type ${name}`);
    }
  }
  must(seen.isDone !== (seen.error !== undefined), "not exactly one ending");
  return seen;
}

function must(condition, what) {
  if (!condition) throw new Error(`in the stream: ${what}`);
}

/**
 * A client that can leave, or stop reading: asks over a connection of its own. `head` resolves to
 * the response when its headers come, `pieces` are what was read since, with their times, and
 * `ended` resolves to whether the body was read to its end.
 */
export function open(gateway, options) {
  const { url, method, headers } = request(gateway, options);
  const from = performance.now();
  const client = { pieces: [], leave: () => sent.destroy() };
  const sent = http.request(url, { method, headers: Object.fromEntries(headers), agent: false });
  client.head = new Promise((resolve, reject) => sent.once("response", resolve).on("error", reject));
  client.head.catch(() => {}); // Whoever leaves before the headers does not wait for them.
  // Not by iteration, which would read on through `response.pause()`.
  const read = (response) => new Promise((resolve) => {
    response.setEncoding("utf8").on("data", (text) => client.pieces.push({ text, atMs: performance.now() - from }));
    response.on("error", () => {}).on("close", () => resolve(response.complete));
  });
  client.ended = client.head.then(read, () => false);
  client.text = () => client.pieces.map(({ text }) => text).join("");
  sent.end(bodyOf(options));
  return client;
}

/** What `ask` would give for a body that was read by other means. */
export function parsed(body, dialect) {
  return readStream(body, dialect);
}
