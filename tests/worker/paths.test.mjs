/**
 * Paths are read forgivingly: whatever base URL a client was given, its requests arrive, without
 * a redirect. And what clients probe answers.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { CHAT, COUNT_TOKENS, KEY, MESSAGES, MODELS, get, post, send, startBoth, user } from "./client.mjs";

const { gateway } = await startBoth();

/** All the ways to write `/api/v1` followed by `path`. */
const spellings = (path) => [
  `/api/v1${path}`,
  `/v1${path}`,
  `/api/v1${path}/`,
  `/v1${path}/`,
  `/api/v1/v1${path}`,
  `/v1/v1${path}`,
  `//v1${path}`,
  `/api//v1${path}`,
  `/api/v1/${path}`,
  `/v1//v1/${path}//`,
  `/api/v1${path}?beta=true`,
  `/v1${path}/?a=b&c=/v2/#`,
  path,
];

const posted = [
  [CHAT, "/chat/completions", ({ json }) => json.object === "chat.completion"],
  [MESSAGES, "/messages", ({ json }) => json.type === "message"],
  [COUNT_TOKENS, "/messages/count_tokens", ({ json }) => json.input_tokens > 0],
];
for (const [name, path, isRight] of posted) {
  test(`${name} can be spelt in many ways`, async () => {
    for (const spelling of spellings(path)) {
      const answer = await post(gateway, spelling, { messages: [user("Hello")] });
      assert.equal(answer.status, 200, `${spelling}: ${answer.text}`);
      assert.ok(isRight(answer), spelling);
    }
  });
}

test(`${MODELS} can be spelt in many ways`, async () => {
  for (const spelling of spellings("/models")) {
    const { status, json } = await get(gateway, spelling);
    assert.deepEqual([status, json?.data?.length], [200, 26], spelling);
  }
  for (const spelling of spellings("/models/gpt-4o")) {
    const { status, json } = await get(gateway, spelling);
    assert.deepEqual([status, json?.id], [200, "gpt-4o"], spelling);
  }
});

test("what only resembles a path is not taken for it", async () => {
  for (const path of ["/api/v1/Models", "/api/v2/models", "/api/api/v1/models", "/api/v1/chat/completions/x", "/apiv1/models", "/v1models"]) {
    assert.equal((await get(gateway, path)).status, 404, path);
  }
});

test("HEAD answers wherever GET does, with the same headers and no body", async () => {
  for (const path of ["/", "/api/hello", MODELS, "/v1/models/", `${MODELS}/gpt-4o`]) {
    const [headed, got] = [await send(gateway, "HEAD", path), await get(gateway, path)];
    assert.deepEqual([headed.status, got.status, headed.text], [200, 200, ""], path);
    for (const name of ["content-type", "access-control-allow-origin", "cache-control"]) {
      assert.equal(headed.headers[name], got.headers[name], `${path} ${name}`);
    }
  }
  const missing = await send(gateway, "HEAD", "/nothing");
  assert.deepEqual([missing.status, missing.text], [404, ""]);
});

test("GET / and GET /api/hello answer 200 to whoever asks, without a key", async () => {
  for (const path of ["/", "/api/hello", "/hello", "/v1", "/api/v1/"]) {
    for (const headers of [{}, { "anthropic-version": "2023-06-01" }, { authorization: "Bearer wrong" }]) {
      const { status, json } = await get(gateway, path, headers);
      assert.equal(status, 200, path);
      assert.equal(json.status, "ok");
    }
  }
});

test("no spelling is answered by a redirect", async () => {
  for (const path of ["/", "//", "/api", "/api/", "/v1/models//", "/V1/models", "/chat/completions/"]) {
    const { status, headers } = await send(gateway, "GET", path, { headers: { authorization: `Bearer ${KEY}` } });
    assert.ok(![301, 302, 303, 307, 308].includes(status), `${path}: ${status}`);
    assert.equal(headers.location, undefined);
  }
});
