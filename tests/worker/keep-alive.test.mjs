/**
 * A streamed answer in time, in workerd: when the headers go out, what keeps a silent stream alive,
 * when it is closed, and what a client that reads slowly does to the upstream.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { countedContent } from "../upstream/texts.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DIALECTS, KEY, ask, open, parsed, until } from "./exchange.mjs";

const COMMIT_MS = 400;
const KEEP_ALIVE_MS = 250;
const IDLE_MS = 2_500;
/** What a busy machine may add to any time. */
const SLACK_MS = 700;

let upstream;
let gateway;
/** Whose limits are wide. */
let roomy;
/** Whose commit is long after all else. */
let late;

before(async () => {
  upstream = await startUpstream({ defaults: { text: "Hi there" } });
  const start = (vars) => startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, IDLE_TIMEOUT_MS: String(IDLE_MS), ...vars } });
  gateway = await start({ COMMIT_AFTER_MS: String(COMMIT_MS), KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) });
  roomy = await start({ MAX_ANSWER_BYTES: "100000000" });
  late = await start({ COMMIT_AFTER_MS: "60000", KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) });
});
after(() => Promise.all([gateway.close(), roomy.close(), late.close(), upstream.close()]));

/** The keep-alives among events, each as how many events had come before it. */
const keepAlives = (events, dialect) =>
  events.flatMap(({ name, comment }, index) => ((dialect === "anthropic" ? name === "ping" : comment) ? [index] : []));

/** Whether an event is the first of a stream. */
const OPENING = {
  openai: ({ data }) => data.includes('"role"'),
  anthropic: ({ name }) => name === "message_start",
  responses: ({ name }) => name === "response.created",
};

/** Binds a behaviour to one request, so that tests can run side by side. */
function script(question, behaviour) {
  upstream.queue({ ...behaviour, where: ({ body }) => body?.messages.at(-1).content === question });
}

const says = (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

for (const dialect of DIALECTS) {
  // Anthropic's opening brings a ping of its own.
  const atOpening = dialect === "anthropic" ? 1 : 0;

  describe(`a streamed answer in time: ${dialect}`, { concurrency: true }, () => {
    it("is committed when the upstream takes long, and kept alive from then on", async () => {
      const question = `slow ${dialect}`;
      script(question, { delayHeadersMs: 2_000 });
      const got = await ask(gateway, { dialect, question });
      assert.deepEqual([got.status, got.text, got.error], [200, "Hi there", undefined]);
      assert.ok(got.headersMs > COMMIT_MS - 50 && got.headersMs < COMMIT_MS + SLACK_MS, `headers after ${got.headersMs} ms`);
      const found = keepAlives(got.events, dialect).length - atOpening;
      // (2000 - 400) / 250 of them, and fewer when time is short.
      assert.ok(found >= 3 && found <= 7, `${found} keep-alives`);
      assert.ok(OPENING[dialect](got.events[0]), "the opening comes first");
    });

    it("is committed at its first event, when that is earlier", async () => {
      const question = `quick ${dialect}`;
      script(question, { pauseAfter: { chunk: 2, ms: 1_000 } });
      const client = open(gateway, { dialect, question });
      await client.head;
      await until(() => client.text().includes("Hi"), "the first event", 300);
      await client.ended;
      assert.equal(parsed(client.text(), dialect).text, "Hi there");
    });

    it("is kept alive in a silence, and never within an event", async () => {
      const question = `cut ${dialect}`;
      const event = says(" there");
      script(question, { raw: [says("Hi"), event.slice(0, 40), { pauseMs: 1_200 }, event.slice(40), "data: [DO", { pauseMs: 700 }, "NE]\n\n"] });
      const got = await ask(gateway, { dialect, question });
      assert.equal(got.text, "Hi there");
      assert.ok(keepAlives(got.events, dialect).length - atOpening >= 3);
    });

    it("is kept alive also before the commit would have been due", async () => {
      const question = `early ${dialect}`;
      script(question, { pauseAfter: { chunk: 1, ms: 1_500 } });
      const got = await ask(late, { dialect, question });
      assert.equal(got.text, "Hi there");
      assert.ok(keepAlives(got.events, dialect).length - atOpening >= 3);
    });

    it("is found to have stalled also before the commit would have been due", async () => {
      const question = `stalled ${dialect}`;
      script(question, { silentAfter: 1 });
      const got = await ask(late, { dialect, question });
      assert.match(got.error?.message, /fell silent/);
      assert.ok(got.totalMs < IDLE_MS + 2 * SLACK_MS, `after ${got.totalMs} ms`);
    });

    it("has no keep-alives while it flows", async () => {
      const question = `flowing ${dialect}`;
      const chunks = Array.from({ length: 30 }, (_, index) => `${index} `);
      script(question, { chunks, paceMs: 40 });
      const got = await ask(roomy, { dialect, question });
      assert.equal(got.text, chunks.join(""));
      assert.equal(keepAlives(got.events, dialect).length, atOpening);
    });

    it("fails within the stream after the commit", async () => {
      const question = `failing ${dialect}`;
      script(question, { delayHeadersMs: 1_000, status: 403 });
      const got = await ask(gateway, { dialect, question });
      assert.deepEqual([got.status, got.error?.type ?? got.error?.code], [200, { openai: "invalid_request_error", anthropic: "permission_error", responses: "server_error" }[dialect]]);
    });

    it("is closed at the end mark, though the upstream keeps its connection open", async () => {
      const question = `open ${dialect}`;
      script(question, { keepOpenAfterDone: true });
      const got = await ask(roomy, { dialect, question });
      assert.equal(got.text, "Hi there");
      assert.ok(got.totalMs < 1_000, `closed after ${got.totalMs} ms`);
      await upstream.until(({ body, endedAt }) => endedAt && body?.messages?.at(-1).content === question, 1_000);
    });

    it("may have a line of up to 1 MiB", async () => {
      const question = `line ${dialect}`;
      script(question, { chunks: ["x".repeat(1_040_000)] });
      const got = await ask(roomy, { dialect, question });
      assert.equal(got.text.length, 1_040_000);
    });
  });

  // By itself: it keeps the machine busy, and the others look at the clock.
  describe(`a slow reader: ${dialect}`, () => {
    it("waits for a client that reads slowly, and so does the upstream", async () => {
      const question = `slow reader ${dialect}`;
      const chunkCount = 150_000;
      script(question, { chunkCount, writeMode: { mode: "group", events: 100 } });
      const client = open(roomy, { dialect, question });
      const response = await client.head;
      response.pause();
      const record = upstream.requests.find(({ body }) => body?.messages?.at(-1).content === question);
      let before;
      do {
        before = record.bytesWritten;
        await sleep(500);
      } while (record.bytesWritten > before);
      // Twice as long as a silent upstream would be waited for.
      await sleep(2 * IDLE_MS);
      assert.equal(record.bytesWritten, before, "the upstream waits");
      // Of 36 MB. Nearly all of it is in the system's buffers of the two connections.
      assert.ok(before < 25_000_000 && record.outcome === null, `${before} bytes were taken from the upstream`);
      response.resume();
      assert.equal(await client.ended, true);
      const { text, error } = parsed(client.text(), dialect);
      assert.equal(error, undefined);
      assert.equal(text.length, chunkCount * 5);
      assert.ok(text.endsWith(countedContent(chunkCount - 1)));
    });
  });
}
