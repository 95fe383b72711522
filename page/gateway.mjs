/** What the page asks of the gateway that it came from. */
import { key } from "./key.mjs";
import { events } from "./events.mjs";

export const ORIGIN = location.origin;
export const CHAT = "/api/v1/chat/completions";

/** What went wrong: `code` as the gateway names it, or `network` or `broken`; `status`, `message` and `id` if it said them. */
export class Trouble extends Error {
  constructor(code, { status, message, id } = {}) {
    super(message ?? "");
    Object.assign(this, { code, status, id });
  }
}

/**
 * The headers of a request with a JSON body. `Authorization` is left out where there is no key. A key that
 * no header can carry, with a Chinese letter or an invisible one that was copied along, is a wrong one.
 */
function headersOf(authorization) {
  if (!/^[\x20-\x7e]*$/.test(authorization)) throw new Trouble("invalid_api_key");
  return {
    "Content-Type": "application/json",
    ...(authorization ? { Authorization: `Bearer ${authorization}` } : {}),
  };
}

/** The models: entries as `GET /api/v1/models` lists them. They are open to everyone, so it goes without the key. */
export const models = async () => (await answered(await reach("/api/v1/models"))).data;

/** Whether the gateway is there. */
export const hello = async () => answered(await reach("/"));

/** Whether DeGPT answers; throws a `Trouble` that says why not. */
export async function health() {
  await answered(await reach("/health"));
}

/** Has the key and the model's name judged, by counting the tokens of a word: DeGPT is not asked. */
export async function judge(model) {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] });
  const response = await reach("/api/v1/messages/count_tokens", { method: "POST", headers: headersOf(key()), body });
  await answered(response);
}

/** What the key has taken in the last 30 days, by day and model; throws where nobody keeps count. */
export const usage = async () => answered(await reach("/api/v1/usage", { headers: headersOf(key()) }));

/**
 * Sends a chat request, `body` as it stands, and calls `onEvent` with each chunk of the answer.
 * Resolves at the end to the response's headers and when its first byte came, in milliseconds.
 */
export async function chat(body, { signal, onHeaders, onEvent }) {
  const start = performance.now();
  const response = await reach(CHAT, { method: "POST", headers: headersOf(key()), body, signal });
  if (!response.ok) await answered(response);
  onHeaders(response.headers);
  const times = {};
  const id = response.headers.get("x-request-id");
  for await (const data of events(response.body, () => (times.firstByteMs ??= performance.now() - start))) {
    if (data === "[DONE]") return { ...times, totalMs: performance.now() - start };
    const chunk = JSON.parse(data);
    if (chunk.error) throw new Trouble(chunk.error.code ?? "other", { status: response.status, message: chunk.error.message, id });
    onEvent(chunk);
  }
  throw new Trouble("broken", { id });
}

async function reach(path, options = {}) {
  try {
    return await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store", ...options });
  } catch (error) {
    if (error.name !== "TypeError") throw error; // It was stopped.
    throw new Trouble("network");
  }
}

/** The JSON of a response; throws a `Trouble` for an error, in whichever dialect it is. */
async function answered(response) {
  const json = await response.json().catch(() => undefined);
  if (response.ok && json) return json;
  // Of DeGPT's health there are the code and the message alone.
  const { code, type, message } = typeof json?.error === "string" ? { code: json.error, message: json.message } : (json?.error ?? {});
  const id = response.headers.get("x-request-id");
  throw new Trouble(code ?? ANTHROPIC[type] ?? "other", { status: response.status, message, id });
}

/** The codes for Anthropic's types of errors, which count_tokens answers with. */
const ANTHROPIC = {
  authentication_error: "invalid_api_key",
  permission_error: "insufficient_permissions",
  not_found_error: "model_not_found",
  rate_limit_error: "rate_limit_exceeded",
  overloaded_error: "overloaded",
};
