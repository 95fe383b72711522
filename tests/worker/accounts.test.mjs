/**
 * Several credentials of the deployment's own, and a visitor's daily number, in workerd.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { paths } from "../upstream/paths.mjs";
import { CHAT, KEY, MESSAGES, chatsOf, dialects, post, said, startBoth, startFor, timesAsked, user } from "./client.mjs";

const { upstream } = await startBoth();

const KEYS = ["degpt-first", "degpt-second", "degpt-third"];
const CLIENTS = Array.from({ length: 30 }, (_, number) => `client-${number}-of-the-tests`);
const several = (vars) => startFor(upstream, { API_KEYS: [KEY, ...CLIENTS].join(","), DEGPT_API_KEY: KEYS.join(", "), ...vars });
const ask = (gateway, client = KEY, more = {}) => post(gateway, CHAT, { messages: [user("Hello")], ...more }, { authorization: `Bearer ${client}` });
const used = () => chatsOf(upstream).map(({ credential }) => credential);

test("a client stays with one credential, and all credentials have clients, in every isolate", async () => {
  upstream.reset();
  const homes = new Map();
  for (const gateway of [await several(), await several({ DEGPT_API_KEY: KEYS.toReversed().join(",") })]) {
    for (const client of CLIENTS) {
      upstream.reset();
      for (const [stream, path] of [[false, CHAT], [true, MESSAGES]]) {
        const { status } = await post(gateway, path, { stream, messages: [user("Hello")] }, { authorization: `Bearer ${client}` });
        assert.equal(status, 200);
      }
      homes.set(client, new Set([...(homes.get(client) ?? []), ...used()]));
    }
  }
  assert.ok([...homes.values()].every(({ size }) => size === 1), "a client changed its credential");
  const counts = KEYS.map((key) => [...homes.values()].filter((home) => home.has(key)).length);
  assert.ok(counts.every((count) => count > 2), `clients per credential: ${counts}`);
});

for (const { name, path, body } of dialects) {
  for (const stream of [false, true]) {
    test(`${name}, ${stream ? "streamed" : "whole"}: the next credential answers within the request, and the one that failed rests`, async () => {
      for (const fault of [{ status: 401 }, { status: 403 }, { status: 429, headers: { "retry-after": "60" } }, { fakeSuccess: true }]) {
        const gateway = await several();
        upstream.reset();
        await ask(gateway);
        const [home] = used();
        upstream.down({ credential: home, path: paths.chat, ...fault });
        upstream.queue({ text: "By the next" }, { text: "Again" });
        const answer = await post(gateway, path, body({ stream }));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(said(answer).text, "By the next");
        const [, first, next] = used();
        assert.equal(first, home);
        assert.notEqual(next, home);
        await post(gateway, path, body({ stream }));
        assert.deepEqual(used().slice(3), [next], "the one that failed was asked again");
        // The log has its number, and nothing of it.
        const log = gateway.log();
        const lines = log.split("\n").filter((line) => line.includes("rests for"));
        assert.equal(lines.length, 1, log);
        assert.ok(lines[0].includes(`degpt-edge: DEGPT_API_KEY number ${KEYS.indexOf(home) + 1} rests for `), log);
        assert.ok(KEYS.every((key) => !log.includes(key)), "the log shows a key");
        upstream.up();
      }
    });
  }
}

test("a rest ends when its time is over", async () => {
  const gateway = await several();
  upstream.reset();
  await ask(gateway);
  const [home] = used();
  upstream.queue({ credential: home, status: 429, headers: { "retry-after": "1" } });
  await ask(gateway);
  await ask(gateway);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  await ask(gateway);
  const [, , next, again, last] = used();
  assert.notEqual(next, home);
  assert.deepEqual([again, last], [next, home]);
});

test("if all are limited, the client hears the shortest wait, and one is still asked", async () => {
  const gateway = await several();
  upstream.reset();
  ["90", "30", "60"].forEach((wait, place) => upstream.down({ credential: KEYS[place], path: paths.chat, status: 429, headers: { "retry-after": wait } }));
  for (const [times, expected] of [[3, KEYS], [1, ["degpt-second"]]]) {
    upstream.requests.length = 0;
    const { status, headers, json } = await ask(gateway);
    assert.deepEqual([status, headers["retry-after"], used().length], [429, "30", times]);
    assert.deepEqual([...used()].sort(), expected);
    assert.match(json.error.message, /try again in 30s/);
  }
  upstream.up();
  assert.equal((await ask(gateway)).status, 200);
});

test("a hostile client can put no account to rest for others", async () => {
  const gateway = await several();
  upstream.reset();
  const isHostile = ({ path, body }) => path === paths.chat && body.messages[0].content === "hostile";
  upstream.queue({ where: isHostile, fakeSuccess: true, times: "always" });
  const homes = async () => {
    upstream.requests.length = 0;
    for (const client of CLIENTS.slice(0, 8)) assert.equal((await ask(gateway, client)).status, 200);
    return used();
  };
  const before = await homes();
  for (let times = 0; times < 5; times += 1) {
    const { status } = await ask(gateway, CLIENTS[9], { messages: [user("hostile")] });
    assert.equal(status, 502);
  }
  await ask(gateway, CLIENTS[0]);
  assert.deepEqual(await homes(), before);
});

test("a client that sends the list of the deployment's keys is nobody", async () => {
  const gateway = await several();
  for (const key of [KEYS[0], KEYS.join(", ")]) assert.equal((await ask(gateway, key)).status, 401);
});

const counts = () => upstream.requests.filter(({ path }) => path === paths.refresh);

test("a visitor's chat is counted before it is asked, as the web client does", async () => {
  const gateway = await startFor(upstream, { DEGPT_VISITOR_ID: "visitor-who-counts" });
  upstream.reset();
  await ask(gateway);
  await post(gateway, MESSAGES, { stream: true, max_tokens: 99, messages: [user("Hello")] });
  assert.deepEqual(upstream.requests.map(({ path }) => path), [paths.signIn, paths.refresh, paths.chat, paths.refresh, paths.chat]);
  for (const { body, credential } of counts()) {
    assert.deepEqual(body, { model: "deepseek-chat", equip_id: "visitor-who-counts" });
    assert.equal(credential, chatsOf(upstream)[0].credential);
  }
});

test("a visitor's number that is used up is a 429 until the next day, in words, in each dialect", async () => {
  const gateway = await startFor(upstream, { DEGPT_VISITOR_ID: "visitor-with-two-chats" });
  upstream.reset();
  upstream.configure({ limits: 2 });
  for (let times = 0; times < 2; times += 1) assert.equal((await ask(gateway)).status, 200);
  for (const { path, body } of dialects) {
    for (const stream of [false, true]) {
      const { status, headers, json } = await post(gateway, path, body({ stream }));
      assert.equal(status, 429);
      const left = 86_400 - (Math.floor(Date.now() / 1000) % 86_400);
      assert.ok(Math.abs(Number(headers["retry-after"]) - left) <= 2, headers["retry-after"]);
      assert.equal(headers["x-should-retry"], "false");
      assert.match(json.error.message, /chats .* in a day are used up/);
    }
  }
  assert.equal(chatsOf(upstream).length, 2);
  // Another model has a number of its own.
  assert.equal((await ask(gateway, KEY, { model: "gpt-5-mini" })).status, 200);
});

test("each of several choices is a chat, and a repeated one is none", async () => {
  const gateway = await startFor(upstream, { DEGPT_VISITOR_ID: "visitor-of-choices" });
  upstream.reset();
  assert.equal((await ask(gateway, KEY, { n: 3 })).status, 200);
  assert.equal(counts().length, 3);
  upstream.reset();
  upstream.queue({ fakeSuccess: true });
  assert.equal((await ask(gateway)).status, 200);
  assert.deepEqual([counts().length, chatsOf(upstream).length], [1, 2]);
});

test("who has a credential is not counted, and neither is anybody with DEGPT_DAILY=off", async () => {
  for (const vars of [{ DEGPT_API_KEY: "degpt-own" }, { DEGPT_DAILY: "off" }]) {
    const gateway = await startFor(upstream, vars);
    upstream.reset();
    assert.equal((await ask(gateway)).status, 200);
    assert.equal(timesAsked(upstream, paths.refresh), 0, JSON.stringify(vars));
  }
});
