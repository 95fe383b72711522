/**
 * Keys with policies in workerd, with real Durable Objects: the sums of the ledger are what the clients
 * were told, whoever leaves and whatever fails; nobody is over a limit in any isolate; what is kept
 * outlives the process.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DELIVERIES, DIALECTS, ask, open, until } from "./exchange.mjs";

const FRONT = "tests/ledger.js";
const key = "sk-alice-of-the-tests-0001";
const KEYS = `alice=${key},bob=sk-bob-of-the-tests-000002,lost=sk-lost-of-the-tests-0003,silent=sk-silent-of-the-tests-4,late=sk-late-of-the-tests-00005,full=sk-full-of-the-tests-00006`;
const keyOf = (label) => KEYS.split(",").map((item) => item.split("=")).find(([name]) => name === label)[1];
const PATHS = { openai: "/v1/chat/completions", anthropic: "/v1/messages", responses: "/v1/responses" };
const ALL = DIALECTS.flatMap((dialect) => DELIVERIES.map((delivery) => ({ dialect, delivery })));

const upstream = await startUpstream({ keepRequests: 2_000 });
after(() => upstream.close());

/** The question of a request that the stand-in got. */
const questionOf = ({ body }) => body?.messages?.at(-1).content;
const asks = (word) => (record) => String(questionOf(record)).includes(word);
upstream.queue(
  { where: asks("refused"), status: 503, times: "always" },
  { where: asks("broken"), breakAfter: 3, times: "always" },
  { where: asks("long"), chunkCount: 400, paceMs: 10, times: "always" },
  { where: asks("think"), reasoning: "One thought, and another.", times: "always" },
);

async function start(policies, { vars = {}, ...more } = {}) {
  const settings = { API_KEYS: KEYS, DEGPT_ORIGINS: upstream.url, KEY_POLICIES: JSON.stringify(policies), ...vars };
  const gateway = await startGateway({ front: FRONT, vars: settings, ...more });
  after(() => gateway.close());
  return gateway;
}

/** What the ledger of a label keeps: its usage by model, the reservations, and what counts of the last minute. */
async function ledger({ url }, label = "alice") {
  const { usage, account } = await (await fetch(`${url}/ledger/${label}`)).json();
  return { usage: Object.fromEntries(usage.map((row) => [row.model, row])), open: account?.open ?? [], account };
}

/** Asks, reads to the end, and returns the status and what `usage` said last. */
async function told({ url }, { dialect, delivery, question = "Hello", model = "deepseek-chat", ...more }, as = key) {
  const stream = delivery === "stream";
  const body = {
    model,
    stream,
    [dialect === "responses" ? "input" : "messages"]: [{ role: "user", content: question }],
    ...(dialect === "anthropic" && { max_tokens: 4_096 }),
    ...(dialect === "openai" && stream && { stream_options: { include_usage: true } }),
    ...more,
  };
  const headers = { "content-type": "application/json", authorization: `Bearer ${as}` };
  const response = await fetch(url + PATHS[dialect], { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  const last = (names) => Number([...text.matchAll(new RegExp(`"(?:${names})":(\\d+)`, "g"))].at(-1)?.[1] ?? 0);
  return {
    status: response.status,
    headers: response.headers,
    text,
    prompt: last("prompt_tokens|input_tokens"),
    completion: last("completion_tokens|output_tokens"),
    reasoning: last("reasoning_tokens|thinking_tokens"),
  };
}

const sum = (list, of) => list.reduce((all, item) => all + of(item), 0);

test("the sums are what 200 clients at once were told, whoever leaves and whatever fails", async () => {
  const gateway = await start({ alice: { requests_per_minute: 100_000, concurrent: 1_000 } });
  const kinds = (count) => Array.from({ length: count }, (_, index) => ({ ...ALL[index % ALL.length], question: `Question ${index}${index % 3 ? "" : ", think"}` }));
  const ordinary = kinds(120).map((kind) => told(gateway, kind));
  const failing = kinds(40).map((kind, index) => told(gateway, { ...kind, model: "gpt-4.1", question: index % 2 ? "refused" : "broken" }));
  const leaving = kinds(40).map(async ({ dialect }, index) => {
    const client = open(gateway, { dialect, key, model: "o3", question: `A long one ${index}` });
    await until(() => client.pieces.length >= 2, "it flows", 30_000);
    client.leave();
  });
  const answers = await Promise.all(ordinary);
  await Promise.all([...failing, ...leaving]);
  assert.ok(answers.every(({ status, prompt, completion }) => status === 200 && prompt > 0 && completion > 0));
  let kept;
  await waitFor(async () => (kept = await ledger(gateway)).open.length === 0, "all are settled");

  const { usage } = kept;
  const { day, model, ...row } = usage["deepseek-chat"];
  assert.deepEqual(row, {
    requests: 120,
    failures: 0,
    prompt: sum(answers, ({ prompt }) => prompt),
    completion: sum(answers, ({ completion }) => completion),
    reasoning: sum(answers, ({ reasoning }) => reasoning),
  });
  assert.ok(row.reasoning > 0);
  assert.equal(day, Math.floor(Date.now() / 86_400_000));
  assert.deepEqual([usage["gpt-4.1"].requests, usage["gpt-4.1"].failures], [40, 40]);
  assert.deepEqual([usage.o3.requests, usage.o3.failures], [40, 0]);
  assert.ok(usage.o3.completion > 0 && usage.o3.prompt >= 40 * 7);
  const tokens = sum(Object.values(usage), ({ prompt, completion }) => prompt + completion);
  assert.equal(kept.account.n[1], tokens, "today's tokens");
});

test("a limit is one over all isolates, and exact", async () => {
  const gateway = await start({ alice: { requests_per_minute: 20 }, "*": { tokens_per_minute: 600 } }, { isolates: 2 });
  const shared = (index) => ({ url: gateway.urls[index % 2] });
  const all = await Promise.all(Array.from({ length: 50 }, (_, index) => told(shared(index), ALL[index % ALL.length])));
  assert.equal(all.filter(({ status }) => status === 200).length, 20);
  const refused = all.filter(({ status }) => status === 429);
  assert.equal(refused.length, 30);
  for (const { headers, text } of refused) {
    const seconds = Number(headers.get("retry-after"));
    assert.ok(seconds > 50 && seconds <= 60, `retry-after: ${seconds}`);
    assert.match(text, /limit of 20 requests per minute\. Please try again in \d+s\./);
    const remaining = headers.get("x-ratelimit-remaining-requests") ?? headers.get("anthropic-ratelimit-requests-remaining");
    assert.equal(remaining, "0");
  }
  // Of bob's tokens each request reserves 7 and 193, and takes 154.
  const bobs = await Promise.all(Array.from({ length: 9 }, (_, index) => told(shared(index), { ...ALL[0], max_tokens: 193 }, keyOf("bob"))));
  assert.equal(bobs.filter(({ status }) => status === 200).length, 3);
});

test("a place is given back at the end of an answer, or when its client leaves", async () => {
  const gateway = await start({ alice: { concurrent: 2 } });
  const isFree = async () => (await told(gateway, ALL[0])).status === 200;
  const opened = (question) => open(gateway, { dialect: "anthropic", key, question });
  const clients = [opened("A long one"), opened("A long one")];
  await until(() => clients.every(({ pieces }) => pieces.length > 0), "both flow");
  assert.equal(await isFree(), false);
  clients[0].leave();
  await waitFor(isFree, "the place of one who left");
  const third = opened("A long one");
  await until(() => third.pieces.length > 0, "it flows");
  assert.equal(await isFree(), false);
  await clients[1].ended;
  await waitFor(isFree, "the place of an answer that has ended");
  third.leave();
  // One that leaves before there is an answer.
  const early = open(gateway, { dialect: "openai", delivery: "json", key, question: "A long one, as JSON" });
  await upstream.until(asks("as JSON"));
  early.leave();
  await waitFor(async () => (await ledger(gateway)).open.length === 0, "all places are free", 15_000);
});

test("nothing is lost when the process is killed in the middle", async (t) => {
  const storage = mkdtempSync(path.join(tmpdir(), "ledger-"));
  t.after(() => rmSync(storage, { recursive: true, force: true }));
  const policies = { alice: { requests_per_minute: 16, concurrent: 8, tokens_per_day: 1_000_000 } };
  const first = await start(policies, { storage });
  const clients = Array.from({ length: 5 }, () => open(first, { dialect: "openai", key, question: "A long one" }));
  const answers = await Promise.all(Array.from({ length: 3 }, () => told(first, ALL[0])));
  await until(() => clients.every(({ pieces }) => pieces.length > 1), "they flow");
  await waitFor(async () => (await ledger(first)).usage["deepseek-chat"]?.requests === 3, "three are settled");
  await first.close();

  const second = await start(policies, { storage });
  const { usage, open: reserved, account } = await ledger(second);
  assert.equal(usage["deepseek-chat"].prompt, sum(answers, ({ prompt }) => prompt));
  assert.equal(usage["deepseek-chat"].completion, sum(answers, ({ completion }) => completion));
  assert.equal(reserved.length, 5, "what was being answered is still reserved");
  assert.equal(account.n[1], sum(answers, ({ prompt, completion }) => prompt + completion));
  // Five are held by those that were ended, so three are free; of the minute's sixteen, eight are left.
  const more = await Promise.all(Array.from({ length: 4 }, () => told(second, { ...ALL[0], question: "A long one" })));
  assert.deepEqual(more.map(({ status }) => status).sort(), [200, 200, 200, 429]);
  const rest = [];
  for (let index = 0; index < 6; index += 1) rest.push((await told(second, ALL[1])).status);
  assert.deepEqual(rest, [200, 200, 200, 200, 200, 429]);
});

test("what a policy does not allow", async () => {
  const policies = {
    alice: { models: ["deepseek-*"], max_tokens: 5 },
    bob: { expires: "2026-01-01" },
    lost: { tokens_per_minute: 100 },
    silent: {},
  };
  const gateway = await start(policies);
  for (const kind of ALL) {
    const short = await told(gateway, kind);
    assert.deepEqual([short.status, short.completion], [200, 5]);
    const forbidden = await told(gateway, { ...kind, model: "o3" });
    assert.equal(forbidden.status, 403);
    const { error } = JSON.parse(forbidden.text);
    assert.equal(error.message, "The policy of this key does not allow the model `o3`.");
    assert.equal(error.type, kind.dialect === "anthropic" ? "permission_error" : "invalid_request_error");
    assert.equal((await told(gateway, kind, keyOf("bob"))).status, 401);
    // Its ledger fails: by default it is open.
    assert.equal((await told(gateway, kind, keyOf("lost"))).status, 200);
  }
  assert.match(gateway.log(), /degpt-edge: the ledger gives no answer, request [0-9a-f]{32}\n/);
  assert.doesNotMatch(gateway.log(), /Hello|sk-/);

  const closed = await start(policies, { vars: { LEDGER_FAILS: "closed" } });
  const before = upstream.requests.length;
  for (const label of ["lost", "silent"]) {
    const refused = await told(closed, ALL[0], keyOf(label));
    assert.deepEqual([refused.status, JSON.parse(refused.text).error.code], [503, "ledger_unavailable"]);
  }
  assert.equal(upstream.requests.length, before);
});

test("a place that a ledger gave too late is given back", async () => {
  const gateway = await start({ late: { concurrent: 1 } }, { vars: { LEDGER_FAILS: "closed" } });
  const late = keyOf("late");
  assert.equal((await told(gateway, ALL[0], late)).status, 503);
  await waitFor(async () => (await ledger(gateway, "late")).usage["deepseek-chat"]?.failures === 1, "the late place is settled");
  assert.equal((await told(gateway, ALL[0], late)).status, 200);
});

test("a settlement that cannot be kept is sent again, and counts once", async () => {
  const gateway = await start({ full: {} });
  const { status, prompt, completion } = await told(gateway, ALL[1], keyOf("full"));
  assert.equal(status, 200);
  await waitFor(async () => (await ledger(gateway, "full")).open.length === 0, "it is settled");
  const { requests, ...row } = (await ledger(gateway, "full")).usage["deepseek-chat"];
  assert.deepEqual([requests, row.prompt, row.completion], [1, prompt, completion]);
});

test("a bad policy is named by its place, and without policies nothing is stored", async (t) => {
  const bad = await start({ alice: { models: ["o3", 5] } });
  const refused = await told(bad, ALL[0]);
  assert.equal(refused.status, 500);
  assert.match(JSON.parse(refused.text).error.message, /KEY_POLICIES .*`alice\.models\[1\]` must be a string/);

  const storage = mkdtempSync(path.join(tmpdir(), "ledger-"));
  t.after(() => rmSync(storage, { recursive: true, force: true }));
  const plain = await start(undefined, { storage });
  for (const kind of ALL) assert.equal((await told(plain, kind)).status, 200);
  assert.equal((await ask(plain, { key, question: "Hello" })).status, 200);
  await plain.close();
  assert.deepEqual(readdirSync(storage, { recursive: true }).filter((name) => /[0-9a-f]{64}/.test(name)), []);
});

/** Like `until`, for a condition that takes its time. */
async function waitFor(condition, what, timeoutMs = 10_000) {
  for (const from = performance.now(); performance.now() - from < timeoutMs; await sleep(20)) {
    if (await condition()) return;
  }
  assert.fail(`not within ${timeoutMs} ms: ${what}`);
}
