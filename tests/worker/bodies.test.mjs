/**
 * Bodies as clients' libraries send them, through the built Worker: halves of characters, byte order
 * marks, other encodings, compressed ones.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import net from "node:net";
import test, { beforeEach } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import zlib from "node:zlib";

import { CHAT, COUNT_TOKENS, KEY, dialects, guestKey, lastBody, post, send, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const STRICT = { "x-degpt-strict": "true" };
const weather = { type: "object", properties: {} };

/** Where half a character may stand, by dialect: its path, and the fields of such a request. */
const HALVES = {
  OpenAI: {
    "messages[0].content": { messages: [user("a \ud83d")] },
    "messages[1].content[0].text": { messages: [user("a"), user([{ type: "text", text: "\ude0a a" }])] },
    "messages[1].tool_calls[0].function.arguments": {
      messages: [user("a"), { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: '{"a":"\ud83d"}' } }] }, { role: "tool", tool_call_id: "1", content: "a" }],
    },
    "tools[0].function.description": { tools: [{ type: "function", function: { name: "f", description: "a\ud83d\ud83d\ude0a", parameters: weather } }] },
    stop: { stop: "\ud83d" },
  },
  Anthropic: {
    system: { system: "a \ud83d" },
    "messages[0].content[0].text": { messages: [user([{ type: "text", text: "a \ud83d" }])] },
    "messages[1].content[0].content": {
      messages: [
        { role: "assistant", content: [{ type: "tool_use", id: "1", name: "f", input: {} }] },
        user([{ type: "tool_result", tool_use_id: "1", content: "\ud83d \ude0a" }]),
      ],
    },
    "tools[0].description": { tools: [{ name: "f", description: "a\ud83d", input_schema: weather }] },
  },
};

for (const { name, path, body } of dialects) {
  for (const [place, fields] of Object.entries(HALVES[name])) {
    test(`${name}: half a character in ${place} is replaced and named`, async () => {
      // JSON.stringify writes halves as escapes, as Python does.
      const request = body(fields);
      for (const stream of [false, true]) {
        const answer = await post(gateway, path, { ...request, stream });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers["x-degpt-ignored"], `${place.replace(/\d+/g, "")} has half a character`);
        const asked = JSON.stringify(lastBody(upstream));
        assert.ok(place === "stop" || asked.includes("\ufffd"), asked);
        assert.doesNotMatch(asked, /\\ud[89a-f]/, asked);
      }
      const refused = await post(gateway, path, request, STRICT);
      assert.equal(refused.status, 400, refused.text);
      assert.ok(refused.text.includes("half a character"), refused.text);
      if (name === "OpenAI") assert.equal(refused.json.error.param, place.replace(/\d+/g, ""));
    });
  }

  test(`${name}: whole characters are not halves`, async () => {
    const answer = await post(gateway, path, JSON.stringify(body({ messages: [user("😊\ufffd")] })).replace("😊", "\\uD83D\\ude0a"), STRICT);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["x-degpt-ignored"], undefined);
  });

  test(`${name}: a byte order mark is skipped, and UTF-16 is called that`, async () => {
    const json = JSON.stringify(body());
    const answer = await post(gateway, path, `\ufeff${json}`);
    assert.equal(answer.status, 200, answer.text);
    const utf16be = Buffer.from(json, "utf16le").swap16();
    for (const bytes of [Buffer.from(json, "utf16le"), Buffer.from(`\ufeff${json}`, "utf16le"), utf16be, Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])]) {
      const refused = await post(gateway, path, bytes);
      assert.equal(refused.status, 400);
      assert.match(refused.json.error.message, /UTF-16/);
    }
    const torn = await post(gateway, path, Buffer.from(json.replace("Hello", "Hell\xff"), "latin1"));
    assert.equal(torn.status, 400);
    assert.match(torn.json.error.message, /not Unicode text \(line 1, column \d+\)/);
  });
}

test("tokens are counted of such bodies too", async () => {
  for (const json of ['\ufeff{"messages":[{"role":"user","content":"Hi"}]}', '{"messages":[{"role":"user","content":"\\ud83d"}]}']) {
    const answer = await post(gateway, COUNT_TOKENS, json);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.input_tokens > 0);
  }
});

const FORMS = { gzip: zlib.gzipSync, "x-gzip": zlib.gzipSync, " GZip ": zlib.gzipSync, deflate: zlib.deflateSync, identity: (json) => json };
const encoded = (to, path, bytes, encoding, more) =>
  send(to, "POST", path, { body: bytes, headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "content-encoding": encoding }, ...more });

for (const { name, path, body } of [...dialects, { name: "Counting", path: COUNT_TOKENS, body: (more) => ({ messages: [user("Hello")], ...more }) }]) {
  test(`${name}: a compressed body is decoded`, async () => {
    const texts = ["Hello", "模型 😊", "word ".repeat(200_000), randomBytes(400_000).toString("base64")];
    for (const [encoding, compress] of Object.entries(FORMS)) {
      for (const text of texts) {
        const bytes = compress(Buffer.from(JSON.stringify(body({ messages: [user(text)] }))));
        for (const chunked of [false, true]) {
          const answer = await encoded(gateway, path, bytes, encoding, { chunked });
          assert.equal(answer.status, 200, `${encoding}: ${answer.text.slice(0, 300)}`);
          if (path !== COUNT_TOKENS) assert.equal(lastBody(upstream).messages.at(-1).content, text);
        }
      }
    }
  });

  test(`${name}: an encoding that cannot be read is a 415 that names it`, async () => {
    const json = Buffer.from(JSON.stringify(body()));
    for (const [encoding, bytes] of [["br", zlib.brotliCompressSync(json)], ["zstd", json], ["gzip, gzip", zlib.gzipSync(zlib.gzipSync(json))], ["compress", json]]) {
      const answer = await encoded(gateway, path, bytes, encoding);
      assert.equal(answer.status, 415, answer.text);
      assert.ok(answer.json.error.message.includes(`\`${encoding}\``), answer.text);
      assert.match(answer.json.error.message, /gzip or deflate/);
    }
    const long = await encoded(gateway, path, json, "x".repeat(8_000));
    assert.equal(long.status, 415);
    assert.ok(long.text.length < 1_000);
  });

  test(`${name}: a body that is not what its encoding says is a 400`, async () => {
    const json = Buffer.from(JSON.stringify(body()));
    for (const bytes of [json, zlib.gzipSync(json).subarray(0, -6), Buffer.concat([zlib.gzipSync(json), json]), Buffer.alloc(0), zlib.deflateSync(json)]) {
      const answer = await encoded(gateway, path, bytes, "gzip");
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.error.message, /content-encoding/);
    }
    // What is inside is read with the same care.
    const wrong = await encoded(gateway, path, zlib.gzipSync('{"messages": 5}'), "gzip");
    assert.match(wrong.json.error.message, /`messages` must be a list/);
  });
}

const rssMib = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

test("a body that grows beyond the limit is cut off as it grows", async () => {
  const small = await startFor(upstream, { MAX_BODY_BYTES: "1000000", CLIENT_DEGPT_KEYS: "pass" });
  const bomb = zlib.gzipSync(Buffer.alloc(400 << 20, " "), { level: 9 });
  assert.ok(bomb.length < 500_000);
  await encoded(small, CHAT, bomb, "gzip");
  const before = rssMib(small.pid);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, rssMib(small.pid))), 5);
  const startedAt = performance.now();
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => encoded(small, CHAT, bomb, index % 2 ? "gzip" : "GZIP", { chunked: index % 3 === 0 })));
  clearInterval(watch);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([413]));
  assert.match(answers[0].json.error.message, /larger than 1000000 bytes/);
  assert.ok(performance.now() - startedAt < 20_000);
  assert.ok(most - before < 60, `${before} MiB, then ${most} MiB`);
  // A body of just the limit is none too many, however it is written.
  const fill = (bytes) => JSON.stringify({ messages: [user("a")] }).padEnd(bytes);
  assert.equal((await encoded(small, CHAT, zlib.gzipSync(fill(1_000_000)), "gzip")).status, 200);
  assert.equal((await encoded(small, CHAT, zlib.gzipSync(fill(1_000_001)), "gzip")).status, 413);
  // A guest's limit for counting is a mebibyte, which the members' is below here; in the large one it is not.
  const guests = await startFor(upstream, { CLIENT_DEGPT_KEYS: "pass" });
  const guest = await send(guests, "POST", COUNT_TOKENS, { body: zlib.gzipSync(fill(1_100_000)), headers: { "x-api-key": guestKey(), "content-encoding": "gzip" } });
  assert.equal(guest.status, 413, guest.text);
});

test("what many compressed bodies hold together is bounded", async () => {
  const tight = await startFor(upstream, { MAX_IN_FLIGHT_BYTES: "8000000" });
  upstream.queue({ delayHeadersMs: 500, times: "always" });
  const bytes = zlib.gzipSync(JSON.stringify({ messages: [user("word ".repeat(400_000))] }));
  const answers = await Promise.all(Array.from({ length: 12 }, () => encoded(tight, CHAT, bytes, "gzip")));
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(200) && statuses.includes(503), statuses.join());
  assert.deepEqual(statuses.filter((status) => ![200, 503].includes(status)), []);
  upstream.reset();
  assert.equal((await encoded(tight, CHAT, bytes, "gzip")).status, 200);
});

test("a compressed body that stalls is a 408 after ten seconds, and one that only goes slowly is none", async () => {
  const { hostname, port } = new URL(gateway.url);
  const ask = async (pieces, pauseMs) => {
    const startedAt = performance.now();
    const socket = net.connect(Number(port), hostname);
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${KEY}\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n`;
    socket.write(head);
    socket.on("error", () => {});
    const status = new Promise((resolve) => socket.once("data", (data) => resolve(Number(/^HTTP\/1.1 (\d+)/.exec(data)[1]))));
    for (const piece of pieces) {
      socket.write(`${piece.length.toString(16)}\r\n`);
      socket.write(piece);
      socket.write("\r\n");
      await sleep(pauseMs);
    }
    if (pauseMs < 10_000) socket.write("0\r\n\r\n");
    const found = await status;
    socket.destroy();
    return { status: found, afterMs: performance.now() - startedAt };
  };
  const bytes = zlib.gzipSync(JSON.stringify({ messages: [user(randomBytes(50_000).toString("base64"))] }));
  const pieces = Array.from({ length: 20 }, (_, index) => bytes.subarray((index * bytes.length) / 20, ((index + 1) * bytes.length) / 20));
  const [slow, stalled] = await Promise.all([ask(pieces, 300), ask([bytes.subarray(0, 5_000)], 10_500)]);
  assert.equal(slow.status, 200);
  assert.equal(stalled.status, 408);
  assert.ok(stalled.afterMs < 13_000, `${stalled.afterMs} ms`);
});
