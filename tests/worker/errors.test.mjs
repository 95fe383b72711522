/**
 * What is wrong with a request, said in the caller's dialect: status, type, and the field's name.
 * Faults of DeGPT are another file's.
 */
import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";

import { CHAT, COUNT_TOKENS, KEY, MESSAGES, MODELS, dialects, post, send, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
const small = await startFor(upstream, { MAX_BODY_BYTES: "2000" });

/** Checks a whole error answer, and returns its message. */
function assertError(answer, dialect, status, { type, code = null, param = null } = {}) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"], /^application\/json/);
  assert.match(answer.headers["x-request-id"], /^[0-9a-f]{32}$/);
  assert.equal(answer.headers["request-id"], answer.headers["x-request-id"]);
  const { error, ...rest } = answer.json;
  if (dialect === "OpenAI") {
    assert.deepEqual(Object.keys(error), ["message", "type", "param", "code"]);
    assert.deepEqual([error.type, error.param, error.code], [type, param, code]);
    assert.deepEqual(rest, {});
  } else {
    assert.deepEqual(Object.keys(error), ["type", "message"]);
    assert.equal(error.type, type);
    assert.deepEqual(rest, { type: "error", request_id: answer.headers["request-id"] });
  }
  return error.message;
}

const BAD = "invalid_request_error";

const notJson = ["", "nonsense", '{"messages":', '{"messages":[{"role":"user","content":"a"}]} and more', "{'messages':[]}", Buffer.from([0x7b, 0xff, 0x7d])];
for (const { name, path } of dialects) {
  test(`${name}: a body that is not JSON is a 400`, async () => {
    for (const body of notJson) {
      const message = assertError(await post(gateway, path, body), name, 400, { type: BAD });
      assert.match(message, /not valid JSON/, String(body));
    }
  });

  test(`${name}: JSON that is not an object is a 400`, async () => {
    for (const body of ["null", '"text"', "5", "true"]) assertError(await post(gateway, path, body), name, 400, { type: BAD });
  });

  test(`${name}: no messages are a 400 that says so`, async () => {
    for (const body of [{}, { messages: [] }, { messages: null }]) {
      const message = assertError(await post(gateway, path, body), name, 400, { type: BAD, param: "messages" });
      assert.match(message, /messages/);
    }
  });

  test(`${name}: messages with nothing in them are a 400`, async () => {
    for (const model of ["deepseek-chat", "claude-opus-4-20250514"]) {
      for (const content of ["", [], null]) {
        assertError(await post(gateway, path, { model, messages: [user(content)] }), name, 400, { type: BAD, param: "messages" });
      }
    }
  });

  test(`${name}: a wrong type is a 400 that names the field`, async () => {
    for (const [body, param] of wrongTypes(name)) {
      const answer = await post(gateway, path, body);
      const message = assertError(answer, name, 400, { type: BAD, param });
      // OpenAI's errors have a key for it; Anthropic's have the message alone.
      if (name === "Anthropic") assert.ok(message.includes(param), `${param}: ${message}`);
    }
  });

  test(`${name}: an unknown model is a 404 that names it`, async () => {
    const expected = { type: name === "OpenAI" ? BAD : "not_found_error", code: "model_not_found", param: "model" };
    for (const stream of [false, true]) {
      for (const model of ["gpt-99", "deepsek-chat", "DeepSeek-Chatter", '"><script>', "模型"]) {
        const message = assertError(await post(gateway, path, { model, stream, messages: [user("a")] }), name, 404, expected);
        assert.ok(message.includes(model));
      }
    }
    const long = await post(gateway, path, { model: "x".repeat(100_000), messages: [user("a")] });
    assert.ok(assertError(long, name, 404, expected).length < 1000);
  });

  test(`${name}: nothing of the prompt is repeated, and DeGPT is not asked`, async () => {
    upstream.reset();
    const secret = "my-secret-prompt";
    for (const body of [`{"messages":[{"role":"user","content":"${secret}"}`, { messages: [user(secret), 5] }, { model: "nobody", messages: [user(secret)] }]) {
      const answer = await post(gateway, path, body);
      assert.ok(answer.status >= 400 && !answer.text.includes(secret), answer.text);
    }
    assert.equal(upstream.requests.length, 0);
    assert.ok(!gateway.log().includes(secret));
  });

  test(`${name}: another method is a 405 that says which are allowed`, async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const answer = await send(gateway, method, path);
      assertError(answer, name, 405, { type: BAD, code: "method_not_allowed" });
      assert.equal(answer.headers.allow, "POST, OPTIONS");
    }
    const head = await send(gateway, "HEAD", path);
    assert.deepEqual([head.status, head.headers.allow, head.text], [405, "POST, OPTIONS", ""]);
  });
}

/** Bodies with one wrong value each, and the field an error has to name. */
function wrongTypes(dialect) {
  const message = (more) => ({ messages: [{ role: "user", content: "a" }, { role: "user", content: "b", ...more }] });
  const part = (value) => message({ content: [value] });
  const both = [
    [{ messages: "Hello" }, "messages"],
    [{ messages: {} }, "messages"],
    [{ messages: [5] }, "messages[0]"],
    [message({ role: 5 }), "messages[1].role"],
    [message({ role: "wizard" }), "messages[1].role"],
    [message({ role: undefined }), "messages[1].role"],
    [message({ content: 5 }), "messages[1].content"],
    [message({ content: { text: "a" } }), "messages[1].content"],
    [part(5), "messages[1].content[0]"],
    [part({ text: "a" }), "messages[1].content[0].type"],
    [part({ type: "text" }), "messages[1].content[0].text"],
    [part({ type: "text", text: 5 }), "messages[1].content[0].text"],
    [part({ type: "telepathy" }), "messages[1].content[0].type"],
    [{ ...message(), model: 5 }, "model"],
    [{ ...message(), stream: "yes" }, "stream"],
    [{ ...message(), thinking: 5 }, "thinking"],
  ];
  const openAi = [
    [{ ...message(), stream: true, stream_options: true }, "stream_options"],
    [{ ...message(), stream: true, stream_options: { include_usage: 1 } }, "stream_options.include_usage"],
    [{ ...message(), reasoning_effort: 1 }, "reasoning_effort"],
    [message({ role: "assistant", tool_calls: [{ id: "a", type: "function" }] }), "messages[1].tool_calls[0].function.name"],
  ];
  const anthropic = [
    [{ ...message(), system: 5 }, "system"],
    [{ ...message(), system: [{ type: "text" }] }, "system[0].text"],
    [part({ type: "tool_result", content: "a" }), "messages[1].content[0].tool_use_id"],
    [part({ type: "tool_use", id: "a", input: {} }), "messages[1].content[0].name"],
  ];
  return [...both, ...(dialect === "OpenAI" ? openAi : anthropic)];
}

test("an unknown path is a 404 in the dialect of the caller's headers", async () => {
  for (const path of ["/api/v1/embeddings", "/api/v1/chat", "/favicon.png", "/api/v2/models", "/api/v1/messages/batches", "/%00", "/.env"]) {
    for (const method of ["GET", "POST", "DELETE"]) {
      const openAi = await send(gateway, method, path);
      assert.ok(assertError(openAi, "OpenAI", 404, { type: BAD, code: "unknown_url" }).includes("/api/v1/chat/completions"));
      const anthropic = await send(gateway, method, path, { headers: { "anthropic-version": "2023-06-01" } });
      assertError(anthropic, "Anthropic", 404, { type: "not_found_error" });
    }
  }
});

test("the models routes are for reading", async () => {
  for (const path of [MODELS, `${MODELS}/gpt-4o`, "/", "/api/hello"]) {
    const answer = await send(gateway, "POST", path, { body: "{}" });
    assertError(answer, "OpenAI", 405, { type: BAD, code: "method_not_allowed" });
    assert.equal(answer.headers.allow, "GET, HEAD, OPTIONS");
  }
});

test("a path and a method are judged before the key", async () => {
  assert.equal((await send(gateway, "GET", CHAT)).status, 405);
  assert.equal((await send(gateway, "POST", "/api/v1/nothing")).status, 404);
});

/** A good body of exactly so many bytes. */
function bodyOf(bytes) {
  const empty = JSON.stringify({ messages: [user("")] });
  return JSON.stringify({ messages: [user("x".repeat(bytes - empty.length))] });
}
for (const { name, path } of [...dialects, { name: "Anthropic", path: COUNT_TOKENS }]) {
  for (const chunked of [false, true]) {
    test(`${path}: a body over MAX_BODY_BYTES is a 413, ${chunked ? "without" : "with"} a content-length`, async () => {
      upstream.reset();
      const headers = { authorization: `Bearer ${KEY}` };
      for (const bytes of [2001, 500_000]) {
        const answer = await send(small, "POST", path, { headers, body: bodyOf(bytes), chunked });
        const type = name === "OpenAI" ? BAD : "request_too_large";
        assert.match(assertError(answer, name, 413, { type, code: "request_too_large" }), /2000 bytes/);
      }
      assert.equal(upstream.requests.length, 0);
      assert.equal((await send(small, "POST", path, { headers, body: bodyOf(2000), chunked })).status, 200);
    });
  }
}

test("the default limit lets 20 MiB through, and no more", async () => {
  const headers = { authorization: `Bearer ${KEY}` };
  const over = await send(gateway, "POST", CHAT, { headers, body: bodyOf(20 * 1024 * 1024 + 1) });
  assert.equal(over.status, 413);
  const under = await send(gateway, "POST", COUNT_TOKENS, { headers, body: bodyOf(20 * 1024 * 1024) });
  assert.equal(under.status, 200);
});

test("a client that is still sending a large body sees its error, whatever that is", async () => {
  const body = Buffer.alloc(8 * 1024 * 1024, " ");
  const headers = { authorization: `Bearer ${KEY}` };
  const table = [
    [CHAT, { authorization: "Bearer wrong" }, 401],
    ["/nothing", headers, 404],
    [MODELS, headers, 405],
  ];
  for (const [path, given, status] of table) {
    for (const chunked of [false, true]) {
      for (let time = 0; time < 3; time += 1) {
        assert.equal((await send(gateway, "POST", path, { headers: given, body, chunked })).status, status);
      }
    }
  }
  for (const chunked of [false, true]) {
    assert.equal((await send(small, "POST", CHAT, { headers, body, chunked })).status, 413);
  }
});

test("a body that breaks off does no harm", async () => {
  const { port } = new URL(gateway.url);
  await new Promise((resolve) => {
    const socket = net.connect(Number(port), "127.0.0.1", () => {
      socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 1000\r\n\r\n{"mess`);
      setTimeout(() => socket.destroy(), 50);
    });
    socket.on("close", resolve);
    socket.on("error", resolve);
  });
  assert.equal((await post(gateway, CHAT, { messages: [user("Hello")] })).status, 200);
  assert.doesNotMatch(gateway.log(), /internal fault|panicked/);
});

test("deep nesting and odd numbers are errors or answers, never a fault", async () => {
  const deep = `${'{"a":['.repeat(50_000)}${"]}".repeat(50_000)}`;
  for (const body of [deep, `{"messages":${"[".repeat(100_000)}`, '{"messages":[{"role":"user","content":"a"}],"temperature":1e999}', '{"messages":[{"role":"user","content":"\\ud800"}]}']) {
    const { status } = await post(gateway, MESSAGES, body);
    assert.ok([200, 400].includes(status), `${status}: ${body.slice(0, 60)}`);
  }
  assert.doesNotMatch(gateway.log(), /internal fault|panicked/);
  assert.equal((await post(gateway, CHAT, { messages: [user("Hello")] })).status, 200);
});

test("every answer has a request id of its own", async () => {
  const answers = await Promise.all([
    ...Array.from({ length: 5 }, () => post(gateway, CHAT, { messages: [user("a")] })),
    ...Array.from({ length: 5 }, () => post(gateway, MESSAGES, { stream: true, messages: [user("a")] })),
    send(gateway, "GET", MODELS),
    send(gateway, "GET", "/"),
    send(gateway, "HEAD", "/"),
    send(gateway, "OPTIONS", CHAT),
    send(gateway, "GET", "/nothing"),
    send(gateway, "GET", CHAT),
    post(gateway, CHAT, "x"),
    post(gateway, COUNT_TOKENS, { messages: [user("a")] }),
    post(gateway, CHAT, {}, { authorization: undefined }),
  ]);
  const ids = answers.map(({ headers }) => headers["x-request-id"]);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.deepEqual(answers.map(({ headers }) => headers["request-id"]), ids);
  assert.equal(new Set(ids).size, answers.length);
});
