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
  const lines = gateway.log().split("\n").filter((line) => line.includes('"admin"')).map((line) => JSON.parse(line));
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
