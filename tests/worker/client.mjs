/**
 * What the tests of the built Worker share: the gateway with a stand-in behind it, a plain HTTP
 * client that sees what comes when, and a strict reader of event streams.
 *
 *     const { gateway, upstream } = await startBoth();
 *     const answer = await post(gateway, "/api/v1/chat/completions", { messages: [user("Hello")] });
 */
import http from "node:http";
import { after } from "node:test";

import { startGateway } from "../harness.mjs";
import { paths } from "../upstream/paths.mjs";
import { startUpstream } from "../upstream/server.mjs";

/** The key that clients of a started gateway have, unless a test says otherwise. */
export const KEY = "key-of-the-tests";

/** A client's own key for DeGPT, in the form of DeGPT's; the stand-in refuses those that begin `degpt-bad`. */
export const guestKey = (beginning = "") => `degpt-${beginning.padEnd(64, "0123456789abcdef")}`;

export const CHAT = "/api/v1/chat/completions";
export const MESSAGES = "/api/v1/messages";
export const COUNT_TOKENS = "/api/v1/messages/count_tokens";
export const MODELS = "/api/v1/models";

/** A gateway with a stand-in of its own; both end with the test file. `vars` as in startGateway. */
export async function startBoth({ vars = {}, upstream: options } = {}) {
  const upstream = await startUpstream(options);
  after(() => upstream.close());
  const gateway = await startFor(upstream, vars);
  return { gateway, upstream };
}

/**
 * One more gateway for a stand-in; `isolates` as in startGateway. `auto` is one model, unless `vars` say
 * otherwise: most tests are about what becomes of one answer (auto.test.mjs is about the others).
 */
export async function startFor(upstream, vars = {}, isolates = 1) {
  const gateway = await startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, AUTO_MODELS: "off", ...vars }, isolates });
  after(() => gateway.close());
  return gateway;
}

/**
 * Sends a request and reads the answer to its end. The path goes out as it is written, unlike with
 * `fetch`, and no header is added but `host`, `connection` and the body's length.
 *
 * Returns `status`, `headers`, `text`, `json` (where it is JSON), `pieces` (`{at, text}`, as they
 * came), `startedAt`, `endedAt`, and `ended`: false when the connection broke.
 */
export function send(gateway, method, path, { headers = {}, body, chunked = false } = {}) {
  const startedAt = Date.now();
  const payload = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const length = payload === undefined || chunked ? {} : { "content-length": Buffer.byteLength(payload) };
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path, agent: false, headers: { ...length, ...headers } };
    const request = http.request(options, async (response) => {
      const pieces = [];
      let ended = true;
      try {
        for await (const bytes of response) pieces.push({ at: Date.now(), bytes });
      } catch {
        ended = false;
      }
      const text = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString();
      resolve({
        status: response.statusCode,
        headers: response.headers,
        text,
        json: /^application\/json/.test(response.headers["content-type"]) && text !== "" ? JSON.parse(text) : undefined,
        pieces: pieces.map(({ at, bytes }) => ({ at, text: bytes.toString() })),
        startedAt,
        endedAt: Date.now(),
        ended,
      });
    });
    request.on("error", reject);
    if (chunked) {
      // Without a content-length, in two pieces.
      request.write(payload.slice(0, payload.length / 2));
      request.end(payload.slice(payload.length / 2));
    } else {
      request.end(payload);
    }
  });
}

export const get = (gateway, path, headers = {}) => send(gateway, "GET", path, { headers });

/** Posts JSON with the key of the tests; `headers` are laid over (`undefined` leaves one out). */
export function post(gateway, path, body, headers = {}) {
  const all = { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers };
  return send(gateway, "POST", path, {
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    body,
  });
}

export const user = (content) => ({ role: "user", content });

/** Both dialects as the table-driven tests need them: the route, a body, and how its errors look. */
export const dialects = [
  { name: "OpenAI", path: CHAT, body: (more) => ({ messages: [user("Hello")], ...more }) },
  { name: "Anthropic", path: MESSAGES, body: (more) => ({ max_tokens: 4096, messages: [user("Hello")], ...more }) },
];

/** The chat requests a stand-in has got, oldest first. */
export const chatsOf = (upstream) => upstream.requests.filter(({ path }) => path === paths.chat);

/** The body of the newest of them. */
export const lastBody = (upstream) => chatsOf(upstream).at(-1).body;

/** How often the stand-in was asked for a path. */
export const timesAsked = (upstream, path) => upstream.requests.filter((request) => request.path === path).length;

/**
 * The events of a stream, as `{event, data}`, comments left out; throws for anything that is not
 * exactly `event: …` (perhaps) and `data: …`, ended by an empty line.
 */
export function events(text) {
  if (!text.endsWith("\n\n")) throw new Error(`the stream does not end with an empty line: ${text.slice(-80)}`);
  return text
    .slice(0, -2)
    .split("\n\n")
    .filter((event) => !event.startsWith(":"))
    .map((event) => {
      const [, name, data] = /^(?:event: ([a-z_]+)\n)?data: ([^\n\r]*)$/.exec(event) ?? [];
      if (data === undefined) throw new Error(`not an event: ${event}`);
      return { event: name, data };
    });
}

/** The chunks of an OpenAI stream; throws unless `[DONE]` is at its end, and only there. */
export function chunks(text) {
  const all = events(text);
  if (all.pop()?.data !== "[DONE]") throw new Error("the stream does not end with [DONE]");
  return all.map(({ event, data }) => {
    if (event !== undefined) throw new Error(`an OpenAI stream has no event lines: ${event}`);
    return JSON.parse(data);
  });
}

/** The events' data of an Anthropic stream; throws where the event line differs from the type. */
export function messageEvents(text) {
  return events(text).map(({ event, data }) => {
    const value = JSON.parse(data);
    if (event !== value.type) throw new Error(`event line ${event} over data of type ${value.type}`);
    return value;
  });
}

/** `{text, reasoning}` of an answer, whatever its dialect, streamed or not. */
export function said(answer) {
  const { json } = answer;
  const join = (parts) => parts.map((part) => part ?? "").join("");
  if (json?.object === "chat.completion") {
    const { content, reasoning_content: reasoning = "" } = json.choices[0].message;
    return { text: content, reasoning };
  }
  if (json !== undefined) {
    return { text: join(json.content.map(({ text }) => text)), reasoning: join(json.content.map(({ thinking }) => thinking)) };
  }
  if (answer.text.startsWith("event:")) {
    const deltas = messageEvents(answer.text).map(({ delta }) => delta);
    return { text: join(deltas.map((delta) => delta?.text)), reasoning: join(deltas.map((delta) => delta?.thinking)) };
  }
  const deltas = chunks(answer.text).map(({ choices }) => choices[0]?.delta);
  return { text: join(deltas.map((delta) => delta?.content)), reasoning: join(deltas.map((delta) => delta?.reasoning_content)) };
}

/** What the API's version of 2026-10-21 adds to a message, and to its usage where it is whole. */
export const NEWER_FIELDS = { stop_details: null, container: null, diagnostics: null };
export const USAGE_FIELDS = [
  ...["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
  ...["output_tokens_details", "server_tool_use", "cache_creation", "inference_geo", "service_tier", "speed"],
];
