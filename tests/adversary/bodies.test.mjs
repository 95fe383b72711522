/**
 * Bodies that are announced and not sent, sent without a key, too slowly, or too large: what they
 * cost, how soon they are answered, and that others are answered meanwhile.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { CHAT, COUNT_TOKENS, KEY, MESSAGES, MODELS, post, send, startBoth, startFor, user } from "../worker/client.mjs";
import { slowestWhile, withPeak } from "./support.mjs";

const MB = 1e6;
const { gateway, upstream } = await startBoth({ vars: { CLIENT_DEGPT_KEYS: "pass" } });
const honest = async (to = gateway) => {
  const { status } = await post(to, CHAT, { messages: [user("Hello")] });
  assert.equal(status, 200);
};
await honest();

/** In place of a length. */
const CHUNKED = Symbol("chunked");

/** A POST as far as it is given: its head, and then what of its body `write` sends. */
function begin(to, { path = CHAT, key = KEY, headers = {}, length = 20 * 1024 * 1024, first = "" }) {
  const { hostname, port } = new URL(to.url);
  const startedAt = performance.now();
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    ...(key ? [`authorization: Bearer ${key}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    length === CHUNKED ? "transfer-encoding: chunked" : `content-length: ${length}`,
  ];
  const socket = net.connect(Number(port), hostname);
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(first);
  let text = "";
  const answer = new Promise((resolve) => {
    socket.on("error", () => {});
    socket.on("close", () => resolve(undefined));
    socket.on("data", (piece) => {
      text += piece;
      const [, status, headersText, body] = /^HTTP\/1.1 (\d+)[^\r]*\r\n([^]*?)\r\n\r\n([^]*)$/.exec(text) ?? [];
      const [, bytes] = /content-length: (\d+)/i.exec(headersText) ?? [];
      if (bytes !== undefined && Buffer.byteLength(body) >= Number(bytes)) {
        resolve({ status: Number(status), headers: headersText.toLowerCase(), json: JSON.parse(body), afterMs: performance.now() - startedAt });
      }
    });
  });
  return { socket, answer, close: () => socket.destroy() };
}

const statuses = (answers) => answers.map((answer) => answer?.status);

describe("bodies", { concurrency: true }, () => {
  /** A gateway of its own that has seen as many at once: what a crowd costs by itself is not counted. */
  async function crowded(vars) {
    const own = await startFor(upstream, vars);
    await honest(own);
    for (let round = 0; round < 3; round += 1) {
      const all = Array.from({ length: 250 }, () => begin(own, { key: "", length: 2, first: "{}" }));
      assert.deepEqual(new Set(statuses(await Promise.all(all.map(({ answer }) => answer)))), new Set([401]));
      all.forEach(({ close }) => close());
    }
    return own;
  }

  test("205 that are announced and never sent cost next to nothing, and are a 408 after 10 s", async (t) => {
    const own = await crowded();
    const { result, grownBytes } = await withPeak(own, async () => {
      const all = Array.from({ length: 205 }, (_, index) => begin(own, { path: index % 2 ? CHAT : MESSAGES }));
      const answers = Promise.all(all.map(({ answer }) => answer));
      const { result, slowestMs } = await slowestWhile(() => answers, () => honest(own), 500);
      all.forEach(({ close }) => close());
      return { answers: result, slowestMs };
    });
    t.diagnostic(`205 bodies of 20 MiB announced: ${(grownBytes / MB).toFixed(1)} MB; slowest honest answer ${Math.round(result.slowestMs)} ms`);
    assert.deepEqual(new Set(statuses(result.answers)), new Set([408]));
    for (const { afterMs } of result.answers) assert.ok(afterMs > 9_000 && afterMs < 16_000, `after ${afterMs} ms`);
    const [openAi, anthropic] = [result.answers[1].json, result.answers[0].json];
    assert.deepEqual([openAi.error.type, openAi.error.code], ["invalid_request_error", "request_timeout"]);
    assert.deepEqual([anthropic.type, anthropic.error.type], ["error", "timeout_error"]);
    assert.ok(grownBytes < 40 * MB, `${grownBytes} bytes`);
    assert.ok(result.slowestMs < 3_000);
    await honest(own);
  });

  test("a body that comes slowly but steadily is none that stalls", async () => {
    const body = Buffer.from(JSON.stringify({ messages: [user("Hello")] }));
    for (const length of [body.length, CHUNKED]) {
      const { socket, answer } = begin(gateway, { length });
      const pieces = 5;
      const size = Math.ceil(body.length / pieces);
      for (let start = 0; start < body.length; start += size) {
        await sleep(2_500);
        const piece = body.subarray(start, start + size);
        socket.write(length === CHUNKED ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]) : piece);
      }
      if (length === CHUNKED) socket.write("0\r\n\r\n");
      assert.equal((await answer)?.status, 200);
      socket.destroy();
    }
  });

  test("a length that 32 bits do not hold is a 413", async () => {
    for (const length of ["4294967296", "4294967297", "4294968296", "8589934592", "1152921504606846976"]) {
      for (const path of [CHAT, MESSAGES, COUNT_TOKENS]) {
        const { answer, close } = begin(gateway, { path, length, first: "{}" });
        const got = await Promise.race([answer, sleep(5_000, "no answer", { ref: false })]);
        assert.equal(got?.status, 413, `${path} ${length}: ${JSON.stringify(got)}`);
        close();
      }
    }
  });

  test("250 without a key, of 20 MB announced and 1 MB sent, are answered at once", async (t) => {
    const own = await crowded();
    const megabyte = Buffer.alloc(MB, " ");
    const { result, grownBytes } = await withPeak(own, async () => {
      const all = Array.from({ length: 250 }, () => begin(own, { key: "", length: 20 * MB, first: megabyte }));
      const answers = await Promise.all(all.map(({ answer }) => Promise.race([answer, sleep(20_000, undefined, { ref: false })])));
      await sleep(2_500);
      all.forEach(({ close }) => close());
      return answers;
    });
    // Beyond the 64 whose connections are kept for a while, one may be reset before it was looked at.
    const answers = result.filter((answer) => answer !== undefined);
    const slowestMs = Math.max(...answers.map(({ afterMs }) => afterMs));
    t.diagnostic(`250 uploads without a key: ${(grownBytes / MB).toFixed(1)} MB, ${answers.length} read their answer, the last after ${Math.round(slowestMs)} ms`);
    assert.deepEqual(new Set(statuses(answers)), new Set([401]));
    // At most 64 are kept open for it; of the others most get theirs all the same.
    assert.ok(answers.length >= 150, `${answers.length} answers`);
    assert.ok(grownBytes < 20 * MB, `${grownBytes} bytes`);
    assert.ok(slowestMs < 5_000, `${slowestMs} ms`);
    await honest(own);
  });

  test("who has no right to be there is told before the body has come", async () => {
    const table = [
      [401, { key: "wrong" }],
      [401, { key: "" }],
      [404, { path: "/nothing" }],
      [405, { path: MODELS }],
      [413, { length: 21 * 1024 * 1024 }],
      [413, { key: "degpt-guest-0123456789abcdef", length: 9 * 1024 * 1024 }],
      [413, { key: "degpt-guest-0123456789abcdef", path: COUNT_TOKENS, length: 2 * 1024 * 1024 }],
    ];
    for (const [status, request] of table) {
      const { answer, close } = begin(gateway, request);
      const got = await Promise.race([answer, sleep(3_000, undefined, { ref: false })]);
      assert.equal(got?.status, status, JSON.stringify(request));
      close();
    }
  });

  test("a client that sends all of a large body first still reads its error", async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, " ");
    for (const [path, key, status] of [[CHAT, "wrong", 401], ["/nothing", KEY, 404], [MODELS, KEY, 405]]) {
      for (const chunked of [false, true]) {
        for (let time = 0; time < 5; time += 1) {
          const answer = await send(gateway, "POST", path, { headers: { authorization: `Bearer ${key}` }, body, chunked });
          assert.deepEqual([answer.status, answer.ended, typeof answer.json], [status, true, "object"]);
        }
      }
      const fetched = await fetch(gateway.url + path, { method: "POST", headers: { authorization: `Bearer ${key}` }, body });
      assert.deepEqual([fetched.status, typeof (await fetched.json())], [status, "object"]);
    }
  });

  test("clients that leave in the middle of their bodies leave nothing behind", async (t) => {
    const own = await startFor(upstream, { MAX_IN_FLIGHT_BYTES: "25165824" });
    await honest(own);
    for (let round = 0; round < 10; round += 1) {
      const all = Array.from({ length: 8 }, () => begin(own, { first: Buffer.alloc(MB, " ") }));
      await sleep(150);
      all.forEach(({ close }) => close());
      await sleep(50);
    }
    await sleep(500);
    const big = { messages: [user("x".repeat(5 * MB))] };
    const { status } = await post(own, COUNT_TOKENS, big);
    t.diagnostic(`after 80 clients that left: ${status}`);
    assert.equal(status, 200);
  });
});
