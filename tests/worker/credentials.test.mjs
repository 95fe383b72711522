/**
 * Keys: who may use a gateway, and by which credential DeGPT is asked.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { paths } from "../upstream/paths.mjs";
import { CHAT, COUNT_TOKENS, MESSAGES, chatsOf, dialects, guestKey, post, send, startBoth, startFor, timesAsked, user } from "./client.mjs";

const { gateway, upstream } = await startBoth({ vars: { API_KEYS: "key-one, key-two" } });

const ask = (to, headers, path = CHAT) => post(to, path, { messages: [user("Hello")] }, { authorization: undefined, ...headers });
const signIns = () => upstream.requests.filter(({ path }) => path === paths.signIn);
const credentials = () => chatsOf(upstream).map(({ credential }) => credential);

const admissions = [
  ["a bearer key", { authorization: "Bearer key-one" }, 200],
  ["the second key", { authorization: "Bearer key-two" }, 200],
  ["the scheme in small letters", { authorization: "bearer key-one" }, 200],
  ["a key without a scheme", { authorization: "key-one" }, 200],
  ["a key after a tab", { authorization: "Bearer\tkey-two" }, 200],
  ["a key among white space", { authorization: "  Bearer \t key-two\t" }, 200],
  ["an x-api-key", { "x-api-key": "key-two" }, 200],
  ["a wrong bearer and a right x-api-key", { authorization: "Bearer wrong", "x-api-key": "key-one" }, 200],
  ["a right bearer and a wrong x-api-key", { authorization: "Bearer key-one", "x-api-key": "wrong" }, 200],
  ["no key", {}, 401, /No API key/],
  ["empty keys", { authorization: "Bearer ", "x-api-key": "" }, 401, /No API key/],
  ["a scheme alone", { authorization: "Bearer" }, 401, /No API key/],
  ["a wrong key without a scheme", { authorization: "key-three" }, 401, /not one of/],
  ["another scheme", { authorization: "Basic key-one" }, 401, /No API key/],
  ["a wrong key", { authorization: "Bearer wrong" }, 401, /not one of this deployment's/],
  ["a key in capitals", { authorization: "Bearer KEY-ONE" }, 401, /not one of/],
  ["the beginning of a key", { "x-api-key": "key-on" }, 401, /not one of/],
  ["both keys as one", { "x-api-key": "key-one, key-two" }, 401, /not one of/],
  ["a DeGPT key while CLIENT_DEGPT_KEYS is off", { authorization: `Bearer ${guestKey()}` }, 401, /not one of/],
];
for (const [what, headers, status, message] of admissions) {
  test(`${what}: ${status}`, async () => {
    upstream.reset();
    for (const path of [CHAT, MESSAGES, COUNT_TOKENS]) {
      const answer = await ask(gateway, headers, path);
      assert.equal(answer.status, status, path);
      if (message) {
        assert.match(answer.json.error.message, message);
        const given = Object.values(headers).map((value) => value.replace(/^\s*(Bearer|Basic)\s*/, ""));
        assert.ok(given.every((key) => key === "" || !answer.text.includes(key)), "the answer repeats a key");
      }
    }
    assert.equal(upstream.requests.length > 0, status === 200, "DeGPT was asked");
  });
}

test("a wrong key's 401 is the same for every wrong key, in the caller's dialect", async () => {
  const wrong = ["x", "key-onf", "key-one-and-more", "\u00ff", "z".repeat(4000)];
  const bodies = new Set();
  for (const key of wrong) {
    const { status, text } = await ask(gateway, { "x-api-key": key });
    assert.equal(status, 401);
    bodies.add(text);
  }
  assert.deepEqual([...bodies], [
    `{"error":{"message":"The API key is not one of this deployment's.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
  ]);
  const { json, headers } = await ask(gateway, { "x-api-key": "x" }, MESSAGES);
  assert.deepEqual(json, {
    type: "error",
    error: { type: "authentication_error", message: "The API key is not one of this deployment's." },
    request_id: headers["request-id"],
  });
});

test("the key is looked at before the body", async () => {
  const answer = await post(gateway, CHAT, "not json", { authorization: "Bearer wrong" });
  assert.equal(answer.status, 401);
});

test("without API_KEYS nobody is answered, and the 401 says what to set", async () => {
  for (const API_KEYS of [undefined, "", " , "]) {
    const open = await startFor(upstream, { API_KEYS });
    upstream.reset();
    for (const headers of [{}, { authorization: "Bearer any" }, { "x-api-key": "" }]) {
      for (const path of [CHAT, MESSAGES]) {
        const { status, json } = await ask(open, headers, path);
        assert.equal(status, 401);
        assert.match(json.error.message, /API_KEYS/);
      }
    }
    assert.equal(upstream.requests.length, 0);
    assert.equal((await send(open, "GET", "/api/v1/models")).status, 200);
  }
});

test("DEGPT_API_KEY is what DeGPT gets, without any sign-in", async () => {
  const own = await startFor(upstream, { DEGPT_API_KEY: "degpt-of-the-deployment" });
  upstream.reset();
  await post(own, CHAT, { messages: [user("Hello")] });
  await post(own, MESSAGES, { stream: true, messages: [user("Hello")] });
  assert.deepEqual(credentials(), ["degpt-of-the-deployment", "degpt-of-the-deployment"]);
  assert.equal(signIns().length, 0);
});

test("a client's DeGPT key passes where the deployment allows it, and needs no other", async () => {
  for (const API_KEYS of ["key-one", undefined]) {
    const passing = await startFor(upstream, { API_KEYS, CLIENT_DEGPT_KEYS: "pass", DEGPT_API_KEY: "degpt-of-the-deployment" });
    upstream.reset();
    assert.equal((await ask(passing, { authorization: `Bearer ${guestKey("a")}` })).status, 200);
    assert.equal((await ask(passing, { "x-api-key": guestKey("a") }, MESSAGES)).status, 200);
    assert.deepEqual(credentials(), [guestKey("a"), guestKey("a")]);
    assert.equal((await ask(passing, { "x-api-key": "wrong" })).status, 401);
    assert.equal(signIns().length, 0);

    const refused = await ask(passing, { authorization: `Bearer ${guestKey("bad-one")}` });
    assert.equal(refused.status, 401);
    assert.match(refused.json.error.message, /DeGPT refused the DeGPT key/);
    assert.ok(!refused.text.includes("degpt-bad-one"));
  }
});

test("a client's own key goes nowhere but to DeGPT's chat, and only as the credential", async () => {
  const passing = await startFor(upstream, { CLIENT_DEGPT_KEYS: "pass" });
  upstream.reset();
  const answer = await ask(passing, { authorization: `Bearer ${guestKey("private")}` });
  await send(passing, "GET", "/api/v1/models", { headers: { authorization: `Bearer ${guestKey("private")}` } });
  for (const { path, headers, body } of upstream.requests) {
    const { authorization, ...rest } = headers;
    assert.equal(authorization, path === paths.chat ? `Bearer ${guestKey("private")}` : undefined);
    assert.ok(!JSON.stringify([rest, body]).includes("degpt-private"));
  }
  assert.ok(!JSON.stringify([answer.headers, answer.text]).includes("degpt-private"));
  assert.ok(!passing.log().includes("degpt-private"));
});

test("the keys of clients of the gateway never reach DeGPT", async () => {
  upstream.reset();
  await ask(gateway, { authorization: "Bearer key-one", "x-api-key": "key-two" });
  assert.ok(!/key-one|key-two/.test(JSON.stringify(upstream.requests)));
});

test("a key of the deployment that DeGPT refuses is no fault of the client", async () => {
  const bad = await startFor(upstream, { DEGPT_API_KEY: "degpt-bad" });
  for (const { path, body } of dialects) {
    const { status, headers, json } = await post(bad, path, body());
    assert.deepEqual([status, headers["x-should-retry"]], [502, "false"]);
    assert.match(json.error.message, /DEGPT_API_KEY/);
    assert.doesNotMatch(json.error.message, /degpt-bad/);
  }
});

test("many requests at once sign in once, as the web client does, and later ones reuse the token", async () => {
  const fresh = await startFor(upstream, { DEGPT_VISITOR_ID: "visitor-of-the-test" });
  upstream.reset();
  upstream.queue({ path: paths.signIn, delayHeadersMs: 100 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => post(fresh, index % 2 ? CHAT : MESSAGES, { stream: index % 3 === 0, messages: [user("Hello")] })));
  assert.ok(answers.every(({ status }) => status === 200));
  await post(fresh, CHAT, { messages: [user("Hello")] });
  assert.equal(signIns().length, 1);
  assert.deepEqual(signIns()[0].body, { id: "visitor-of-the-test", channel: "" });
  assert.equal(signIns()[0].credential, null);
  assert.equal(new Set(credentials()).size, 1);
  assert.equal(credentials().length, 21);
});

test("isolates share the token through the cache, and replace one that is bad", async () => {
  const { urls, log } = await startFor(upstream, { DEGPT_VISITOR_ID: "in-two-places" }, 2);
  const [first, second] = urls.map((url) => ({ url }));
  upstream.reset();
  for (const isolate of [first, second, first]) {
    assert.equal((await post(isolate, CHAT, { messages: [user("Hello")] })).status, 200, log());
  }
  assert.equal(signIns().length, 1, "the second isolate signed in for itself");
  assert.equal(new Set(credentials()).size, 1);

  // Both hold it, and so does the cache: the first replaces it, the second must not fall for the old one.
  upstream.revokeTokens();
  upstream.reset();
  for (const isolate of [first, second]) {
    assert.equal((await post(isolate, CHAT, { messages: [user("Hello")] })).status, 200, log());
  }
  assert.ok(signIns().length <= 2);
  assert.ok(signIns().every(({ body }) => body.id === "in-two-places"));
});

test("without a DEGPT_VISITOR_ID the id is made of the keys: stable, their order aside, and it tells nothing", async () => {
  const idOf = async (API_KEYS) => {
    const fresh = await startFor(upstream, { API_KEYS });
    upstream.reset();
    const [key] = API_KEYS.split(",");
    assert.equal((await ask(fresh, { "x-api-key": key })).status, 200);
    return signIns()[0].body.id;
  };
  const first = await idOf("a-key,b-key");
  assert.equal(await idOf("a-key,b-key"), first, "a restart makes another visitor");
  assert.equal(await idOf("b-key, a-key"), first);
  assert.notEqual(await idOf("a-key,c-key"), first);
  assert.match(first, /^[0-9a-f]{32}$/);
});

test("a token is used until shortly before it expires, and then replaced under the same id", async () => {
  const fresh = await startFor(upstream, { DEGPT_VISITOR_ID: "short-lived" });
  upstream.reset();
  // A minute before its end it is not used any more: so this one is good for two seconds.
  upstream.queue({ path: paths.signIn, tokenLifetimeSeconds: 62 });
  await post(fresh, CHAT, { messages: [user("Hello")] });
  await post(fresh, CHAT, { messages: [user("Hello")] });
  assert.equal(signIns().length, 1);
  await new Promise((resolve) => setTimeout(resolve, 2200));
  const { status } = await post(fresh, CHAT, { messages: [user("Hello")] });
  assert.equal(status, 200);
  assert.deepEqual(signIns().map(({ body }) => body.id), ["short-lived", "short-lived"]);
  const [first, second, third] = credentials();
  assert.equal(first, second);
  assert.notEqual(first, third);
});

test("a token that DeGPT has forgotten is replaced, once for many, and no client notices", async () => {
  const fresh = await startFor(upstream, { DEGPT_VISITOR_ID: "forgotten" });
  await post(fresh, CHAT, { messages: [user("Hello")] });
  upstream.revokeTokens();
  upstream.reset();
  const answers = await Promise.all(dialects.flatMap(({ path, body }) => [false, true].map((stream) => post(fresh, path, body({ stream })))));
  assert.ok(answers.every(({ status }) => status === 200), answers.map(({ text }) => text).join("\n"));
  assert.equal(signIns().length, 1);
  assert.equal(signIns()[0].body.id, "forgotten");
});

test("a sign-in that DeGPT refuses is a 502 for the operator, not a 401 for the client", async () => {
  const fresh = await startFor(upstream);
  upstream.reset();
  upstream.queue({ path: paths.signIn, status: 403 });
  const { status, json } = await post(fresh, CHAT, { messages: [user("Hello")] });
  assert.equal(status, 502);
  assert.match(json.error.message, /DEGPT_VISITOR_ID/);
  assert.equal(chatsOf(upstream).length, 0);
});

test("count_tokens asks nobody", async () => {
  const fresh = await startFor(upstream);
  upstream.reset();
  await post(fresh, COUNT_TOKENS, { messages: [user("Hello")] });
  assert.equal(timesAsked(upstream, paths.signIn), 0);
  assert.equal(upstream.requests.length, 0);
});
