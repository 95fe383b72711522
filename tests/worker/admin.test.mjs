/**
 * Keys without a deployment, usage and metrics in workerd, with real Durable Objects on disk: over plain HTTP, in
 * two isolates, and over the end of the process.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";

const ADMIN_KEY = "key-of-the-operator-of-the-tests";
const OLD_KEY = "sk-alice-of-the-tests-0001";

const upstream = await startUpstream();
after(() => upstream.close());

async function start({ vars = {}, ...more } = {}) {
  const settings = { API_KEYS: `alice=${OLD_KEY}`, ADMIN_KEY, DEGPT_ORIGINS: upstream.url, ...vars };
  const gateway = await startGateway({ vars: settings, ...more });
  after(() => gateway.close());
  return gateway;
}

function storageFor(t) {
  const storage = mkdtempSync(path.join(tmpdir(), "admin-"));
  t.after(() => rmSync(storage, { recursive: true, force: true }));
  return storage;
}

/** A call with the operator's key; resolves to the status and the body. */
async function call(url, method, where = "keys", body, key = ADMIN_KEY) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(`${url}/api/v1/admin/${where}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, headers: response.headers, ...JSON.parse(await response.text()) };
}

async function chat(url, key, { model = "deepseek-chat", question = "Hello", ...more } = {}) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: question }], ...more }),
  });
  const text = await response.text();
  const last = (name) => Number([...text.matchAll(new RegExp(`"${name}":(\\d+)`, "g"))].at(-1)?.[1] ?? 0);
  return { status: response.status, text, prompt: last("prompt_tokens"), completion: last("completion_tokens") };
}

async function waitFor(condition, what, timeoutMs = 12_000) {
  for (const from = performance.now(); performance.now() - from < timeoutMs; await sleep(50)) {
    if (await condition()) return;
  }
  assert.fail(`not within ${timeoutMs} ms: ${what}`);
}

test("a key is made, works at once in each isolate, and is refused within ten seconds of its revocation", async (t) => {
  const storage = storageFor(t);
  const gateway = await start({ isolates: 2, storage });
  const [one, other] = gateway.urls;
  const made = await call(one, "POST", "keys", { label: "bob", policy: { models: ["deepseek-*"] } });
  assert.equal(made.status, 201);
  assert.match(made.key, /^sk-edge-[0-9a-f]{64}$/);
  assert.match(made.id, /^[0-9a-f]{16}$/);
  assert.deepEqual(made.policy, { models: ["deepseek-*"] });
  assert.ok(Math.abs(made.created_at - Date.now() / 1000) < 60);
  for (const url of gateway.urls) {
    assert.equal((await chat(url, made.key)).status, 200);
    assert.equal((await chat(url, made.key, { model: "o3" })).status, 403);
    assert.equal((await chat(url, OLD_KEY)).status, 200);
  }
  const { data } = await call(other, "GET");
  assert.deepEqual(data.map(({ id, label, key }) => [id, label, key]), [[made.id, "bob", undefined]]);

  assert.deepEqual((await call(one, "PATCH", `keys/${made.id}`, { policy: null })).policy, null);
  await waitFor(async () => (await chat(other, made.key, { model: "o3" })).status === 200, "the change");

  assert.deepEqual((await call(one, "DELETE", `keys/${made.id}`)).deleted, true);
  for (const url of gateway.urls) await waitFor(async () => (await chat(url, made.key)).status === 401, "the revocation", 10_500);
  assert.equal((await call(other, "GET", `keys/${made.id}`)).status, 404);

  // The log names calls, labels and ids, and no key; neither does what is stored.
  const logged = () => gateway.log().split("\n").filter((line) => line.includes('"admin"') && line.endsWith("}")).map((line) => JSON.parse(line));
  await waitFor(() => logged().length >= 5, "the lines of all calls");
  const lines = logged();
  assert.deepEqual(lines.map(({ admin, label, status }) => `${admin} ${label} ${status}`), ["create bob 201", "list  200", "change bob 200", "revoke bob 200", "read  404"]);
  const secrets = [made.key, made.key.slice("sk-edge-".length), ADMIN_KEY, OLD_KEY];
  assert.ok(secrets.every((secret) => !gateway.log().includes(secret)));
  await gateway.close();
  const files = readdirSync(storage, { recursive: true }).map((name) => path.join(storage, name)).filter((file) => statSync(file).isFile());
  assert.ok(files.length > 0 && files.every((file) => secrets.every((secret) => !readFileSync(file, "latin1").includes(secret))));
});

test("what was made and revoked outlives the process", async (t) => {
  const storage = storageFor(t);
  const first = await start({ storage });
  const [kept, revoked] = [await call(first.url, "POST", "keys", { label: "bob" }), await call(first.url, "POST", "keys", { label: "carol" })];
  await call(first.url, "DELETE", `keys/${revoked.id}`);
  assert.equal((await chat(first.url, kept.key)).status, 200);
  await first.close();
  const second = await start({ storage });
  assert.equal((await chat(second.url, kept.key)).status, 200);
  assert.equal((await chat(second.url, revoked.key)).status, 401);
  assert.deepEqual((await call(second.url, "GET")).data.map(({ id }) => id), [kept.id]);
});

test("who is not the operator learns nothing, and without one there is nothing", async (t) => {
  const gateway = await start();
  for (const key of [OLD_KEY, "wrong", "x".repeat(10_000)]) {
    for (const method of ["GET", "POST"]) assert.equal((await call(gateway.url, method, "keys", method === "POST" ? { label: "a" } : undefined, key)).status, 401);
  }
  const bad = await call(gateway.url, "POST", "keys", { label: "bob", policy: { models: [5] } });
  assert.deepEqual([bad.status, bad.error.param], [400, "policy.models[0]"]);
  const preflight = await fetch(`${gateway.url}/api/v1/admin/keys`, { method: "OPTIONS", headers: { origin: "https://a.example" } });
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);

  const storage = storageFor(t);
  const plain = await start({ vars: { ADMIN_KEY: undefined }, storage });
  assert.equal((await call(plain.url, "GET")).status, 404);
  assert.equal((await chat(plain.url, `sk-edge-${"0".repeat(64)}`)).status, 401);
  assert.equal((await chat(plain.url, OLD_KEY)).status, 200);
  await plain.close();
  assert.deepEqual(readdirSync(storage, { recursive: true }).filter((name) => /[0-9a-f]{64}/.test(name)), []);
});

const sum = (list, of) => list.reduce((all, item) => all + of(item), 0);

/** Reads a path with a key. */
async function read(url, where, key, headers = {}) {
  const response = await fetch(url + where, { headers: { authorization: `Bearer ${key}`, ...headers } });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

/** The samples of Prometheus' text format, by their series; the text must be of that format. */
function samples(text) {
  const found = {};
  for (const line of text.trimEnd().split("\n")) {
    if (/^# TYPE [a-z_]+ (counter|histogram)$/.test(line)) continue;
    const [, series, value] = /^([a-z_]+\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*\}) ([\d.]+)$/.exec(line) ?? assert.fail(line);
    assert.ok(!(series in found), series);
    found[series] = Number(value);
  }
  return found;
}

test("usage and metrics add up to what clients were told, over the end of the process", async (t) => {
  const storage = storageFor(t);
  const first = await start({ storage, isolates: 2, vars: { KEY_POLICIES: JSON.stringify({ carol: { requests_per_minute: 1 }, bob: { tokens_per_day: 1_000_000 } }) } });
  const { key: bob } = await call(first.url, "POST", "keys", { label: "bob" });
  const { key: carol } = await call(first.url, "POST", "keys", { label: "carol" });
  const [one, other] = first.urls;
  const asks = (word) => ({ body }) => String(body?.messages?.at(-1).content).includes(word);
  upstream.queue(
    { where: asks("refused"), status: 503, times: "always" },
    { where: asks("broken"), breakAfter: 3, times: "always" },
    { where: asks("long"), chunkCount: 200, paceMs: 10, times: "always" },
  );
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => chat(first.urls[index % 2], index < 8 ? OLD_KEY : bob, { stream: index % 2 === 0, stream_options: index % 2 === 0 ? { include_usage: true } : undefined })));
  assert.ok(answers.every(({ status, prompt, completion }) => status === 200 && prompt > 0 && completion > 0));
  assert.equal((await chat(one, OLD_KEY, { question: "refused", model: "gpt-4.1" })).status, 502);
  assert.equal((await chat(other, OLD_KEY, { question: "broken", model: "o3", stream: true })).status, 200);
  assert.equal((await chat(one, OLD_KEY, { model: "no-such-model" })).status, 404);
  assert.equal((await chat(one, OLD_KEY, { messages: 5 })).status, 400);
  assert.deepEqual([(await chat(one, carol)).status, (await chat(other, carol)).status], [200, 429]);
  const leaving = new AbortController();
  const left = await fetch(`${one}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${bob}` },
    body: JSON.stringify({ model: "o3", stream: true, messages: [{ role: "user", content: "A long one" }] }),
    signal: leaving.signal,
  });
  await left.body.getReader().read();
  leaving.abort();

  const series = (name, labels) => `degpt_edge_${name}{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join()}}`;
  const requests = (label, model, status, error = "") => series("requests_total", { label, model, status, error });
  let found;
  await waitFor(async () => {
    const { status, type, text } = await read(other, "/metrics", ADMIN_KEY);
    assert.deepEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    found = samples(text);
    return requests("bob", "o3", 200, "client_left") in found && requests("carol", "deepseek-chat", 200) in found;
  }, "all are settled");
  const expected = {
    [requests("alice", "deepseek-chat", 200)]: 8,
    [requests("bob", "deepseek-chat", 200)]: 4,
    [requests("carol", "deepseek-chat", 200)]: 1,
    [requests("carol", "deepseek-chat", 429, "rate_limit_exceeded")]: 1,
    [requests("alice", "gpt-4.1", 502, "upstream_unavailable")]: 1,
    [requests("alice", "o3", 200, "upstream_truncated")]: 1,
    [requests("alice", "", 404, "model_not_found")]: 1,
    [requests("alice", "", 400, "bad_request")]: 1,
    [requests("bob", "o3", 200, "client_left")]: 1,
    [series("upstream_failures_total", { origin: upstream.url, error: "upstream_truncated" })]: 1,
    [series("tokens_total", { label: "alice", model: "deepseek-chat", type: "completion" })]: sum(answers.slice(0, 8), ({ completion }) => completion),
    [series("tokens_total", { label: "bob", model: "deepseek-chat", type: "prompt" })]: sum(answers.slice(8), ({ prompt }) => prompt),
    [series("first_byte_seconds_count", { model: "deepseek-chat" })]: 6,
    [series("request_seconds_count", { model: "deepseek-chat" })]: 13,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(found[name], value, `${name}\n${Object.keys(found).join("\n")}`);
  assert.ok(found[series("upstream_failures_total", { origin: upstream.url, error: 503 })] >= 1);
  assert.equal(sum(Object.keys(found).filter((name) => name.startsWith("degpt_edge_requests_total")), (name) => found[name]), sum(Object.values(expected).slice(0, 9), Number));
  await first.close();

  const { url } = await start({ storage });
  assert.deepEqual(samples((await read(url, "/metrics", ADMIN_KEY)).text), found);
  const own = JSON.parse((await read(url, "/api/v1/usage", OLD_KEY)).text);
  const today = new Date().toISOString().slice(0, 10);
  assert.ok(own.data.every(({ label }) => label === "alice"));
  const { day, requests: count, ...row } = own.data.find(({ model }) => model === "deepseek-chat");
  assert.deepEqual([own.end_date, day, count], [today, today, 8]);
  assert.equal(row.prompt_tokens, sum(answers.slice(0, 8), ({ prompt }) => prompt));
  assert.equal(row.completion_tokens, sum(answers.slice(0, 8), ({ completion }) => completion));
  assert.deepEqual(own.data.filter(({ failures }) => failures > 0).map(({ model, requests, failures }) => [model, requests, failures]), [["gpt-4.1", 1, 1], ["o3", 1, 1]]);
  const all = JSON.parse((await read(url, "/v1/usage", ADMIN_KEY)).text);
  assert.deepEqual([...new Set(all.data.map(({ label }) => label))], ["alice", "bob", "carol"]);
  for (const [where, headers] of [["/api/v1/usage?format=csv", {}], ["/api/v1/usage", { accept: "text/csv" }]]) {
    const { type, text } = await read(url, where, ADMIN_KEY, headers);
    assert.equal(type, "text/csv; charset=utf-8");
    const [names, ...rows] = text.trimEnd().split("\r\n").map((line) => line.split(","));
    assert.deepEqual(rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [names[index], /^\d+$/.test(cell) ? Number(cell) : cell]))), all.data);
  }
  const nothing = JSON.parse((await read(url, "/api/v1/usage?start_date=2026-01-01&end_date=2026-01-31", ADMIN_KEY)).text);
  assert.deepEqual(nothing.data, []);

  // As NextChat asks.
  const bill = JSON.parse((await read(url, `/v1/dashboard/billing/usage?start_date=${today.slice(0, 8)}01&end_date=${today}`, bob)).text);
  const ofBob = all.data.filter(({ label }) => label === "bob");
  assert.deepEqual(bill, { object: "list", total_usage: 100 * sum(ofBob, ({ prompt_tokens, completion_tokens }) => prompt_tokens + completion_tokens) });
  assert.equal(JSON.parse((await read(url, "/api/v1/dashboard/billing/subscription", OLD_KEY)).text).hard_limit_usd, 100_000_000);

  for (const where of ["/metrics", "/api/v1/usage", "/v1/dashboard/billing/usage"]) {
    assert.equal((await read(url, where, "wrong")).status, 401, where);
  }
  assert.equal((await read(url, "/metrics", OLD_KEY)).status, 401);
  assert.equal((await read(url, "/api/v1/usage?start_date=soon", OLD_KEY)).status, 400);
  const plain = await start({ vars: { ADMIN_KEY: undefined } });
  for (const where of ["/metrics", "/api/v1/usage", "/v1/dashboard/billing/usage"]) {
    assert.equal((await read(plain.url, where, OLD_KEY)).status, 404, where);
  }
});
