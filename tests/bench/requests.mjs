/** What the bench asks for. */

export const OPENAI = "/api/v1/chat/completions";
export const ANTHROPIC = "/api/v1/messages";
export const RESPONSES = "/api/v1/responses";

const tool = { type: "function", function: { name: "weather", description: "Tells the weather", parameters: { type: "object" } } };
const anthropicTool = { name: "weather", description: "Tells the weather", input_schema: { type: "object" } };
const stop = ["\u0000end\u0000", "never said"];
const responsesTool = { type: "function", name: "weather", description: "Tells the weather", parameters: { type: "object" } };
const usage = { stream_options: { include_usage: true } };

/** A request for an answer that comes as `order` says; see upstream.mjs. */
export function request(path, order, more = {}) {
  if (path === RESPONSES) return { path, body: JSON.stringify({ model: "deepseek-chat", stream: true, ...more, input: order }) };
  const body = { model: "deepseek-chat", messages: [{ role: "user", content: order }], stream: true, max_tokens: path === ANTHROPIC ? 1_000_000 : undefined };
  // The messages stand last: that is where the upstream looks for its order.
  const { messages, ...rest } = { ...body, ...more };
  return { path, body: JSON.stringify({ ...rest, messages }) };
}

/** Chunks of an answer that comes as fast as it is read. */
export const BURST_CHUNKS = 2_000;

const burst = (path, more) => request(path, `burst ${BURST_CHUNKS}`, more);

/** Such answers: name, server, request, and how often in a round. */
export const BURSTS = [
  ["passthrough", "passthrough", burst(OPENAI), 6],
  ["noop", "noop", burst(OPENAI), 2],
  ["smallest", "smallest", burst(OPENAI), 2],
  ["gateway", "gateway", burst(OPENAI), 6],
  ["ungathered", "ungathered", burst(OPENAI), 6],
  ["gateway, include_usage", "gateway", burst(OPENAI, usage), 6],
  ["gateway, stop", "gateway", burst(OPENAI, { stop }), 6],
  ["gateway, tools", "gateway", burst(OPENAI, { tools: [tool] }), 6],
  ["gateway, all of these and max_tokens", "gateway", burst(OPENAI, { stop, ...usage, tools: [tool], max_tokens: 1_000_000 }), 6],
  ["anthropic", "gateway", burst(ANTHROPIC), 6],
  ["anthropic, stop and tools", "gateway", burst(ANTHROPIC, { stop_sequences: stop, tools: [anthropicTool] }), 6],
  ["responses", "gateway", burst(RESPONSES), 6],
  ["responses, tools", "gateway", burst(RESPONSES, { tools: [responsesTool] }), 6],
  ["json: smallest", "smallest", burst(OPENAI, { stream: false }), 6],
  ["json: gateway", "gateway", burst(OPENAI, { stream: false }), 6],
  ["json: anthropic", "gateway", burst(ANTHROPIC, { stream: false }), 6],
  ["json: responses", "gateway", burst(RESPONSES, { stream: false }), 6],
  ["models", "gateway", { path: "/api/v1/models" }, 50],
];

/** Chunks of an answer at the pace of real ones. */
export const PACED_CHUNKS = 1_000;

/** The paces, in chunks a second, and how many such answers each of two servers has under way at once. */
export const PACES = [
  { aSecond: 50, streams: 20 },
  { aSecond: 200, streams: 5 },
];

/** Not by the clock: else it would be up to chance for a whole run how many streams have chunks at the same moment, which costs less. */
export const paced = (path, { aSecond }) => request(path, `paced ${PACED_CHUNKS} ${1_000 / aSecond} ${1_000 / aSecond}`);

/** Who answers at these paces: first the one to which the others are compared. */
export const PACED = [
  ...["noop", "passthrough", "smallest", "gateway", "ungathered"].map((name) => ({ name, path: OPENAI })),
  { name: "anthropic", path: ANTHROPIC },
  { name: "responses", path: RESPONSES },
];

/** Short answers, streamed and as JSON, by the number of their chunks. */
export const SHORT = Object.fromEntries(
  [true, false].flatMap((stream) => [1, 20].map((chunks) => [`${stream ? "stream" : "json"} ${chunks}`, request(OPENAI, `burst ${chunks}`, { stream })])),
);
