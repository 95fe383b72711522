/**
 * The line in the log that each request has (docs/logs.md): one, at its end, however that comes, and
 * with nothing of what a client or a model said. faults.test.mjs looks at it for every fault, and
 * tests/adversary/traps.test.mjs for a gateway that fails itself.
 */
import assert from "node:assert/strict";
import { after, describe, it, test } from "node:test";

import { startUpstream } from "../upstream/server.mjs";
import { CHAT, MESSAGES, get, guestKey, post, send, startFor } from "./client.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, lineOf, linesOf, open, until } from "./exchange.mjs";

const SAYS = "canary-answer";

const upstream = await startUpstream({ keepRequests: 1_000, defaults: { text: SAYS } });
after(() => upstream.close());
const gateway = await startFor(upstream, {
  API_KEYS: `canary-other-key-of-the-tests,${KEY}`,
  DEGPT_API_KEY: "degpt-canary-own",
  CLIENT_DEGPT_KEYS: "pass",
  IDLE_TIMEOUT_MS: "1500",
  KEEP_ALIVE_MS: "300",
});

const isOf = (question) => ({ body }) => JSON.stringify(body ?? "").includes(question);

for (const dialect of DIALECTS) {
  for (const delivery of DELIVERIES) {
    test(`an answer has one: ${dialect}, ${delivery}`, async () => {
      const got = await ask(gateway, { dialect, delivery, question: "canary-question" });
      const { time, ms, first_ms: firstMs, ...line } = await lineOf(gateway, got);
      assert.ok(Math.abs(Date.parse(time) - Date.now()) < 20_000, time);
      assert.ok(firstMs >= 0 && firstMs <= ms, `${firstMs} of ${ms} ms`);
      const isCounted = dialect !== "openai" || delivery === "json";
      assert.deepEqual(line, {
        id: got.headers.get("x-request-id"),
        key: "key2",
        dialect: { openai: "OpenAI", anthropic: "Anthropic", responses: "Responses" }[dialect],
        route: "answer",
        stream: delivery === "stream",
        asked: "deepseek-chat",
        status: 200,
        error: null,
        model: "deepseek-chat",
        origin: 1,
        account: 1,
        attempts: 1,
        failed: [],
        prompt_tokens: isCounted ? line.prompt_tokens : null,
        completion_tokens: isCounted ? 3 : null,
        ended: "complete",
      });
    });
  }
}

describe("a client that leaves", { concurrency: true }, () => {
  const PHASES = [
    ["while it flows", { chunkCount: 10_000, paceMs: 20 }],
    ["while it is silent", { silentAfter: 2 }],
  ];
  for (const dialect of DIALECTS) {
    for (const [phase, fault] of PHASES) {
      it(`${phase}: ${dialect}`, async () => {
        const question = `canary ${phase} ${dialect}`;
        upstream.queue({ ...fault, where: isOf(question) });
        const client = open(gateway, { dialect, delivery: "stream", question });
        const { headers } = await client.head;
        await until(() => client.pieces.length > 1, "it flows");
        client.leave();
        const line = await lineOf(gateway, { headers: new Headers({ "x-request-id": headers["x-request-id"] }) });
        assert.deepEqual([line.status, line.error, line.ended], [200, null, "client_left"]);
        if (dialect !== "openai") assert.ok(line.completion_tokens > 0, JSON.stringify(line));
      });
    }
  }
});

/** Everything that a client can mark, in requests that are answered and in those that are not. */
const TOOL = { name: "canary_tool", description: "canary-description", parameters: { type: "object", properties: { canary_argument: { type: "string" } } } };
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const BASE64 = Buffer.concat([Buffer.from(PNG, "base64"), Buffer.from("canary-picture")]).toString("base64");
const PICTURE = `data:image/png;base64,${BASE64}`;
const MARKED = BASE64.slice(-18);
const BODIES = [
  [CHAT, {
    model: "deepseek-chat",
    user: "canary-user",
    metadata: { "canary-name": "canary-value" },
    stop: ["canary-stop"],
    tools: [{ type: "function", function: TOOL }],
    messages: [
      { role: "system", content: "canary-system" },
      { role: "user", name: "canary-name", content: [{ type: "text", text: "canary-text" }, { type: "image_url", image_url: { url: PICTURE } }] },
      { role: "assistant", content: null, tool_calls: [{ id: "canary-id", type: "function", function: { name: "canary_tool", arguments: '{"canary_argument":"canary"}' } }] },
      { role: "tool", tool_call_id: "canary-id", content: "canary-result" },
    ],
  }],
  [MESSAGES, {
    model: "deepseek-chat",
    max_tokens: 100,
    system: "canary-system",
    metadata: { user_id: "canary-user" },
    tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters }],
    messages: [
      { role: "user", content: [{ type: "text", text: "canary-text" }, { type: "image", source: { type: "base64", media_type: "image/png", data: PICTURE.split(",")[1] } }] },
      { role: "assistant", content: [{ type: "tool_use", id: "canary-id", name: "canary_tool", input: { canary_argument: "canary" } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "canary-id", content: "canary-result" }] },
    ],
  }],
  ["/v1/responses", {
    model: "deepseek-chat",
    instructions: "canary-system",
    tools: [{ type: "function", ...TOOL }],
    input: [
      { role: "user", content: [{ type: "input_text", text: "canary-text" }, { type: "input_image", image_url: PICTURE }] },
      { type: "function_call", call_id: "canary-id", name: "canary_tool", arguments: '{"canary_argument":"canary"}' },
      { type: "function_call_output", call_id: "canary-id", output: "canary-result" },
    ],
  }],
];
const HEADERS = { authorization: `Bearer ${KEY}`, "x-canary": "canary-header", "user-agent": "canary-agent", origin: "https://canary.example", cookie: "canary=canary", "x-forwarded-for": "canary" };
const CALL = '<tool_call>{"name": "canary_tool", "arguments": {"canary_argument": "canary"}}</tool_call>';

test("nothing that a client or a model says is in the log", async () => {
  const from = gateway.log().length;
  const ids = [];
  const sent = async (promise) => ids.push((await promise).headers["x-request-id"]);
  const FAULTS = [{}, { text: CALL }, { status: 500 }, { fakeSuccess: true }, { raw: ['data: {"error": "canary"}\n\n'] }, { text: "canary canary canary canary", breakAfter: 2 }];
  for (const [path, body] of BODIES) {
    const variants = [
      {},
      { model: "canary-model" },
      { model: "gpt-4-canary" },
      { temperature: "canary" },
      { canary: "canary" },
      { messages: "canary", input: 5 },
      {
        messages: [{ role: "user", content: [{ type: "file", file: { filename: "canary.pdf", file_data: PICTURE } }] }],
        ...(path === "/v1/responses" && { messages: undefined, input: [{ role: "user", content: [{ type: "input_file", filename: "canary.pdf", file_data: PICTURE }] }] }),
      },
    ];
    for (const variant of variants) await sent(post(gateway, `${path}?canary=canary`, { ...body, ...variant }, HEADERS));
    for (const fault of FAULTS) {
      for (const stream of [true, false]) {
        upstream.queue({ ...fault, times: "always" });
        await sent(post(gateway, path, { ...body, stream }, HEADERS));
        upstream.reset();
      }
    }
    await sent(post(gateway, path, body, { authorization: "Bearer canary-key" }));
    await sent(post(gateway, path, body, { authorization: `Bearer ${guestKey("canary")}` }));
    await sent(post(gateway, path, "canary", HEADERS));
    await sent(post(gateway, path, body, { ...HEADERS, "content-encoding": "canary" }));
    await sent(send(gateway, "DELETE", path, { headers: HEADERS }));
  }
  for (const path of ["/canary", "/v1/models/canary", "/v1/models?limit=canary", "/?canary", "/health?canary=canary", "/favicon.ico?canary"]) {
    await sent(get(gateway, path, HEADERS));
  }
  await until(() => ids.every((id) => linesOf(gateway, id).length > 0), "each has a line");
  const log = gateway.log().slice(from);
  assert.ok(ids.every((id) => linesOf(gateway, id).length === 1), "each has one line");
  for (const mark of ["canary", MARKED, KEY]) assert.ok(!log.includes(mark), `${mark} is in the log`);
  const lines = ids.map((id) => linesOf(gateway, id)[0]);
  const endings = new Set(lines.map((line) => line.ended));
  assert.deepEqual([...endings].sort(), ["complete", "failed", "upstream_broke"]);
  // Only names that are known here.
  const asked = new Set(lines.map((line) => line.asked));
  assert.deepEqual(asked, new Set(["deepseek-chat", "unknown", "gpt-4.1", null]));
});

test("`LOG_REQUESTS` says which are logged", async () => {
  for (const [setting, expected] of [["all", [1, 1, 1]], ["errors", [0, 1, 1]], ["off", [0, 0, 1]]]) {
    const other = await startFor(upstream, { LOG_REQUESTS: setting });
    const other500 = await startFor(upstream, { LOG_REQUESTS: setting, DEGPT_ORIGINS: "http://127.0.0.1:1" });
    const replies = [await get(other, "/"), await get(other, "/nothing"), await get(other500, "/health")];
    assert.deepEqual(replies.map(({ status }) => status), [200, 404, 503]);
    const counts = replies.map(({ headers }) => linesOf(undefined, headers["x-request-id"], other.log() + other500.log()).length);
    assert.deepEqual(counts, expected, setting);
  }
});

test("the health of DeGPT, a browser's icon, and robots", async () => {
  const fine = await get(gateway, "/health");
  assert.deepEqual([fine.status, fine.text], [200, '{"status":"ok"}']);
  const head = await send(gateway, "HEAD", "/health");
  assert.deepEqual([head.status, head.text], [200, ""]);
  const icon = await get(gateway, "/favicon.ico");
  assert.deepEqual([icon.status, icon.text], [204, ""]);
  const robots = await get(gateway, "/robots.txt");
  assert.deepEqual([robots.status, robots.text], [200, "User-agent: *\nDisallow: /\n"]);
  const down = await startFor(upstream, { DEGPT_ORIGINS: "http://127.0.0.1:1" });
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(down, "/health")));
  for (const { status, json } of answers) assert.deepEqual([status, json.error], [503, "upstream_unavailable"]);
});
