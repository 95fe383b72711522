/**
 * Pages of other origins: the preflight needs no key, and every answer can be read by those that
 * `CORS_ORIGINS` lets in, errors and streams included.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { CHAT, COUNT_TOKENS, KEY, MESSAGES, MODELS, get, post, send, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
const narrow = await startFor(upstream, { CORS_ORIGINS: "https://chat.example, app://obsidian.md" });

const ORIGIN = "https://page.example";
const EXPOSED = ["x-request-id", "request-id", "x-degpt-model", "x-should-retry", "retry-after"];

const preflight = (to, path, headers) =>
  send(to, "OPTIONS", path, { headers: { origin: ORIGIN, "access-control-request-method": "POST", ...headers } });

const list = (value) => value.split(",").map((item) => item.trim());

test("a preflight is answered without a key, and the requested headers are echoed", async () => {
  upstream.reset();
  for (const [path, method] of [[CHAT, "POST"], [MESSAGES, "POST"], [COUNT_TOKENS, "POST"], [MODELS, "GET"], [`${MODELS}/gpt-4o`, "GET"], ["/v1/chat/completions/", "POST"]]) {
    for (const asked of ["authorization,content-type", "x-api-key, anthropic-version, anthropic-beta", "x-stainless-os,x-whatever"]) {
      const { status, headers, text } = await preflight(gateway, path, { "access-control-request-headers": asked });
      assert.ok([200, 204].includes(status));
      assert.equal(text, "");
      assert.equal(headers["access-control-allow-origin"], "*");
      assert.deepEqual(list(headers["access-control-allow-headers"]), list(asked));
      assert.ok(list(headers["access-control-allow-methods"]).includes(method), path);
      assert.ok(Number(headers["access-control-max-age"]) > 0);
      assert.match(headers["x-request-id"], /^[0-9a-f]{32}$/);
    }
  }
  assert.equal(upstream.requests.length, 0);
});

test("a preflight that asks for no headers, or for no known path, is answered too", async () => {
  const { status, headers } = await preflight(gateway, CHAT);
  assert.equal(status, 204);
  assert.equal(headers["access-control-allow-headers"], undefined);
  assert.equal((await preflight(gateway, "/nothing")).headers["access-control-allow-origin"], "*");
});

const body = { messages: [user("Hello")] };
/** Answers of every kind, and their status. */
const answers = {
  "a models list": [(to, headers) => get(to, MODELS, headers), 200],
  "JSON, OpenAI": [(to, headers) => post(to, CHAT, body, headers), 200],
  "JSON, Anthropic": [(to, headers) => post(to, MESSAGES, body, headers), 200],
  "a stream, OpenAI": [(to, headers) => post(to, CHAT, { ...body, stream: true }, headers), 200],
  "a stream, Anthropic": [(to, headers) => post(to, MESSAGES, { ...body, stream: true }, headers), 200],
  "a missing key": [(to, headers) => post(to, CHAT, body, { ...headers, authorization: undefined }), 401],
  "a bad body": [(to, headers) => post(to, MESSAGES, "x", headers), 400],
  "an unknown model": [(to, headers) => post(to, CHAT, { ...body, model: "nobody" }, headers), 404],
  "an unknown path": [(to, headers) => get(to, "/nothing", headers), 404],
  "a wrong method": [(to, headers) => get(to, CHAT, headers), 405],
  "a fault of DeGPT": [
    (to, headers) => {
      upstream.queue({ fakeSuccess: true, times: 2 });
      return post(to, CHAT, body, headers).finally(() => upstream.reset());
    },
    502,
  ],
  "a limit of DeGPT": [
    (to, headers) => {
      upstream.queue({ status: 429, headers: { "retry-after": "3" } });
      return post(to, CHAT, { ...body, stream: true }, headers);
    },
    429,
  ],
};
for (const [what, [ask, status]] of Object.entries(answers)) {
  test(`${what} can be read by any page, and its useful headers too`, async () => {
    for (const origin of [{ origin: ORIGIN }, {}]) {
      const answer = await ask(gateway, origin);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.headers["access-control-allow-origin"], "*");
      const exposed = list(answer.headers["access-control-expose-headers"]);
      for (const name of EXPOSED) assert.ok(exposed.includes(name), name);
      assert.equal(answer.headers["access-control-allow-credentials"], undefined);
    }
  });

  test(`${what} can be read by the pages of CORS_ORIGINS, and no other`, async () => {
    for (const origin of ["https://chat.example", "app://obsidian.md"]) {
      const { headers } = await ask(narrow, { origin });
      assert.equal(headers["access-control-allow-origin"], origin);
      assert.match(headers.vary, /origin/i);
      assert.ok(list(headers["access-control-expose-headers"]).includes("x-request-id"));
    }
    for (const origin of [ORIGIN, "https://chat.example.evil", "http://chat.example", "null", undefined]) {
      const answer = await ask(narrow, origin === undefined ? {} : { origin });
      assert.equal(answer.status, status);
      assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
      assert.match(answer.headers.vary, /origin/i);
    }
  });
}

test("a preflight is narrowed by CORS_ORIGINS like every answer", async () => {
  const asked = { "access-control-request-headers": "authorization" };
  const allowed = await preflight(narrow, CHAT, { ...asked, origin: "https://chat.example" });
  assert.equal(allowed.headers["access-control-allow-origin"], "https://chat.example");
  assert.equal(allowed.headers["access-control-allow-headers"], "authorization");
  const refused = await preflight(narrow, CHAT, asked);
  assert.equal(refused.headers["access-control-allow-origin"], undefined);
});

test("a stream's bytes are for no cache to keep or change", async () => {
  const { headers } = await post(gateway, CHAT, { ...body, stream: true });
  assert.match(headers["cache-control"], /no-cache|no-store/);
  assert.equal(headers["content-encoding"], undefined);
  assert.equal((await post(gateway, CHAT, body, { authorization: `Bearer ${KEY}` })).headers["cache-control"], "no-store");
});
