/**
 * Traps of the Rust part, each of which ends all that its instance was doing: a panic, memory or a
 * stack that is used up, an exception of JavaScript's; at once, in futures that are woken, and in
 * what the runtime calls while an answer flows.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { NEW_DEV_VARS } from "../../scripts/dev-vars.mjs";
import { inProject } from "../../scripts/process.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DELIVERIES, DIALECTS, ask, lineOf, linesOf, open, parsed, until } from "../worker/exchange.mjs";
import { provoke, startProvoked } from "./provoked.mjs";
import { memoryOf } from "./support.mjs";

/** Within which everybody else has to have an end. */
const ENDED_MS = 1_000;
/** So long that the log does not warn of it. */
const key = "a-key-of-the-tests-of-traps";
const MESSAGE = "The gateway failed. The request id helps its operator to find out.";
const ALL = DIALECTS.flatMap((dialect) => DELIVERIES.map((delivery) => ({ dialect, delivery })));
const VARS = { COMMIT_AFTER_MS: "60000", KEEP_ALIVE_MS: "300", CORS_ORIGINS: "https://chat.example" };

let upstream;
let gateway;

before(async () => {
  upstream = await startUpstream({ keepRequests: 1_000, defaults: { text: "Fine." } });
  upstream.queue({ chunkCount: 2_000, paceMs: 20, times: "always", where: ({ body }) => !["How are you?", "A huge one"].includes(questionOf(body)) });
  gateway = await startProvoked({ vars: { API_KEYS: key, DEGPT_ORIGINS: upstream.url, ...VARS } });
});
after(() => Promise.all([gateway?.close(), upstream?.close()]));

const questionOf = (body) => body?.messages?.at(-1).content;

/** The answers that the stand-in is giving. */
const flowing = () => upstream.stats.openAnswers;

/** Others in the middle of their answers: a stream and one as JSON in each dialect. */
async function others() {
  const clients = ALL.map((kind) => ({ kind, client: open(gateway, { ...kind, key, question: "A long one" }) }));
  await until(() => flowing() === ALL.length, "all are being answered");
  const streams = clients.filter(({ kind }) => kind.delivery === "stream");
  await until(() => streams.every(({ client }) => client.pieces.length > 1), "the streams flow");
  return clients;
}

/** What a client got in the end, as `ask` has it. */
async function ending({ kind: { dialect, delivery }, client }) {
  const response = await client.head;
  assert.equal(await client.ended, true, "the body has an end");
  const text = client.text();
  const whole = delivery === "stream" && response.statusCode === 200 ? parsed(text, dialect) : { error: { ...JSON.parse(text).error, whole: JSON.parse(text) } };
  return { status: response.statusCode, headers: response.headers, ...whole };
}

/** Checks that it is the failure of the gateway, with the request's id. */
function assertFailed(got, { dialect }, status) {
  const id = got.headers["x-request-id"];
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(got.headers["request-id"], id);
  assert.equal(got.status, status);
  if (dialect === "responses" && status === 200) {
    assert.deepEqual([got.error.code, got.error.message], ["server_error", MESSAGE]);
    return id;
  }
  const expected = dialect === "anthropic"
    ? { type: "error", error: { type: "api_error", message: MESSAGE }, request_id: id }
    : { error: { message: MESSAGE, type: "server_error", param: null, code: "internal_error" } };
  assert.deepEqual(got.error.whole, expected);
  return id;
}

const PANICKED = /^src\/edge\/provoke\.rs:\d+:\d+$/;
const trapped = (kind) => new RegExp(String.raw`^(wasm-function\[\d+\]:0x[0-9a-f]+ ){1,4}\(${kind}\)$`);

/** The fault, the place of it that is logged, and what its own client asked for: with a status, unless it leaves. */
const FAULTS = [
  ["panic", "start", PANICKED, { dialect: "openai", delivery: "json" }, 500],
  ["allocation", "start", trapped("unreachable"), { dialect: "anthropic", delivery: "stream" }, 500],
  ["panic", "timer", PANICKED, { dialect: "anthropic", delivery: "json" }, 500],
  ["allocation", "timer", trapped("unreachable"), { dialect: "openai", delivery: "stream" }, 500],
  ["unreachable", "send", trapped("unreachable"), { dialect: "openai", delivery: "stream" }, 500],
  ["throw", "send", trapped("SyntaxError"), { dialect: "anthropic", delivery: "json" }, 500],
  ["recursion", "pour*3", trapped("(RangeError|memory access out of bounds)"), { dialect: "openai", delivery: "json" }, 500],
  ["panic", "piece*5", PANICKED, { dialect: "anthropic", delivery: "stream" }, 200],
  ["allocation", "piece*5", trapped("unreachable"), { dialect: "openai", delivery: "stream" }, 200],
  ["panic", "tick*3", PANICKED, { dialect: "openai", delivery: "stream" }, 200],
  ["allocation", "tick*3", trapped("unreachable"), { dialect: "anthropic", delivery: "stream" }, 200],
  ["unreachable", "ready*3", trapped("unreachable"), { dialect: "anthropic", delivery: "stream" }, 200],
  ["panic", "cancel", PANICKED, { dialect: "openai", delivery: "stream" }, undefined],
];

for (const [kind, place, logged, asked, status] of FAULTS) {
  const { dialect, delivery } = asked;
  test(`${kind} at ${place} (${dialect}, ${delivery}): all have an end, and the next one is answered`, async () => {
    const clients = await others();
    const logFrom = gateway.log().length;
    const client = open(gateway, { ...asked, key, question: "My secret", headers: provoke(kind, place) });
    if (!status) await until(() => client.pieces.length > 1, "the stream flows").then(client.leave);
    const line = await until(() => /degpt-edge: internal fault at .*\n/.exec(gateway.log().slice(logFrom)), "it is logged");
    const from = performance.now();
    const ended = await Promise.race([Promise.all(clients.map(ending)), sleep(ENDED_MS)]);
    assert.ok(ended, `all have an end within ${ENDED_MS} ms`);
    for (const [index, got] of ended.entries()) {
      assertFailed(got, clients[index].kind, clients[index].kind.delivery === "stream" ? 200 : 500);
    }
    const id = status ? assertFailed(await ending({ kind: asked, client }), asked, status) : undefined;
    await until(() => flowing() === 0, "all of the upstream is let go", ENDED_MS - (performance.now() - from));

    const again = await ask(gateway, { ...asked, key, question: "How are you?" });
    assert.deepEqual([again.status, again.text], [200, "Fine."]);

    const [, where, logId] = /^(?:\S* )?degpt-edge: internal fault at (.*?)(?:, request ([0-9a-f]+))?\n$/.exec(line[0]) ?? [];
    assert.match(where ?? line[0], logged);
    if (id) assert.equal(logId, id);
    assert.equal(faultsIn(gateway.log().slice(logFrom)), line[0], "one line is logged");

    for (const [index, got] of ended.entries()) {
      const { kind } = clients[index];
      assertCrashed(await lineOf(gateway, { headers: new Headers(got.headers) }), kind, kind.delivery === "stream" ? 200 : 500);
    }
    if (id) assertCrashed(linesOf(gateway, id)[0], asked, status);
    assert.doesNotMatch(gateway.log(), /My secret|A long one/);
  });
}

/** What is logged beside the lines of requests. */
const faultsIn = (log) => log.replace(/^\{.*\n/gm, "");

/** Checks the line of a request that a trap ended. */
function assertCrashed(line, { dialect, delivery }, status) {
  const { error, ended, key: name, ...rest } = line;
  assert.deepEqual([rest.status, error, ended], [status, "internal_error", "crashed"]);
  // One that failed before it was read has nothing to say.
  if (rest.stream === undefined) return;
  assert.deepEqual([name, rest.route, rest.stream, rest.asked], ["key1", "answer", delivery === "stream", "deepseek-chat"]);
  assert.match(rest.dialect.toLowerCase(), new RegExp(dialect));
}

/** What console_error_panic_hook logs of a panic: its message, and the stack with places in the wasm. */
const MESSAGE_AND_STACK = /panicked at src\/edge\/provoke\.rs:\d+:\d+:\na text of the request that nobody may log\n\nStack:\n\nError\n(?: +at .*\n)*? +at .*wasm-function.*\n/g;

/** The variables, the fault, and whether its message and stack are logged beside its place. */
const LOGGED = [
  ["of a deployment that says nothing", { LOG_PANICS: undefined }, "panic@start", false],
  ["of a deployment that says `place`", { LOG_PANICS: "place" }, "panic@piece*3", false],
  ["of `npm run dev`", NEW_DEV_VARS, "panic@start", true],
  ["of `npm run dev`", NEW_DEV_VARS, "panic@piece*3", true],
  ["of `npm run dev`", NEW_DEV_VARS, "throw@send", false],
  ["that were not read yet", { LOG_PANICS: "full" }, "panic@arrival", false],
  ["of which this one is wrong", { LOG_PANICS: "FULL" }, "panic@start", false],
  ["of which another is wrong", { LOG_PANICS: "full", MAX_BODY_BYTES: "much" }, "panic@start", false],
];

for (const [which, vars, fault, isFull] of LOGGED) {
  test(`with variables ${which}, ${fault} is logged ${isFull ? "with its message and stack" : "by its place alone"}`, async (t) => {
    const other = await startProvoked({ vars: { ...vars, API_KEYS: key, DEGPT_ORIGINS: upstream.url } });
    t.after(() => other.close());
    // The second time it is another instance's.
    for (let instance = 0; instance < 2; instance += 1) {
      const logFrom = other.log().length;
      const got = await ask(other, { key, delivery: "stream", question: "A long one", headers: { "x-provoke": fault } });
      assert.equal(got.error.whole.error.message, MESSAGE);
      await until(() => /internal fault at .*\n/.test(other.log().slice(logFrom)), "it is logged");
      const log = other.log().slice(logFrom);
      const line = /^(?:\S* )?degpt-edge: internal fault at (.*), request ([0-9a-f]{32})$/m.exec(log);
      assert.match(line?.[1] ?? log, fault.startsWith("panic") ? PANICKED : trapped("SyntaxError"));
      assert.equal(line[2], got.headers.get("x-request-id"));
      assert.equal(log.match(MESSAGE_AND_STACK)?.length ?? 0, isFull ? 1 : 0);
      if (isFull) assert.equal(log.split("nobody may log").length, 2, "only once");
      else assert.equal(faultsIn(log), `${line[0]}\n`, "one line is logged");
    }
  });
}

test("a whole answer that has begun to go out breaks off, and none looks whole", async () => {
  const question = "A huge one";
  const piece = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "a".repeat(500_000) } }] })}\n\n`;
  upstream.queue({ raw: [...Array(24).fill(piece), "data: [DONE]\n\n"], where: ({ body }) => questionOf(body) === question });
  const client = open(gateway, { key, delivery: "json", question });
  const response = await client.head;
  assert.equal(response.statusCode, 200);
  response.pause();
  const failed = await ask(gateway, { key, delivery: "json", headers: provoke("panic", "start") });
  assert.equal(failed.status, 500);
  response.resume();
  assert.equal(await Promise.race([client.ended, sleep(ENDED_MS, "it hangs")]), false);
  const line = await lineOf(gateway, { headers: new Headers({ "x-request-id": response.headers["x-request-id"] }) });
  assert.deepEqual([line.status, line.ended], [200, "complete"], "its line was there before");
});

test("the 500 is for the web pages that may call", async () => {
  const origin = "https://chat.example";
  for (const [from, allowed] of [[origin, origin], ["https://other.example", null]]) {
    const headers = { ...provoke("panic", "start"), origin: from };
    const got = await ask(gateway, { key, delivery: "json", headers });
    assert.deepEqual([got.status, got.headers.get("access-control-allow-origin"), got.headers.get("vary")], [500, allowed, "origin"]);
  }
});

test("the memory of instances that failed is let go", async () => {
  const MOST_BYTES = 60 << 20;
  const fail = async (kind) => {
    const { status } = await ask(gateway, { key, delivery: "json", headers: provoke(kind, "start") });
    assert.equal(status, 500);
  };
  for (let round = 0; round < 5; round += 1) await fail("panic");
  const before = memoryOf(gateway);
  for (let round = 0; round < 10; round += 1) await fail("panic");
  for (let round = 0; round < 10; round += 1) await fail("allocation");
  const grown = memoryOf(gateway) - before;
  assert.ok(grown < MOST_BYTES, `20 faults made it grow by ${grown} bytes`);
});

test("what is deployed knows nothing of this", () => {
  const HEADER = "x-provoke";
  const has = (folder) => ["index.js", "index_bg.wasm"].some((name) => readFileSync(inProject(folder, name)).includes(HEADER));
  assert.deepEqual([has(".tools/provoke"), has("build")], [true, false]);
});
