/**
 * The fault matrix: every cell of fault-table.mjs against the built Worker in workerd, with the
 * stand-in for DeGPT behind it. Each cell asserts the status or the event that ends the stream, in
 * the caller's dialect; that the body is closed in order; `x-should-retry` and `retry-after`; how
 * often each origin was asked; and that the next request works.
 *
 * Cells run side by side. A fault is bound to its request by the question, so most of them share a
 * gateway; those that change what a gateway knows have one, and origins, of their own.
 */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { paths } from "../upstream/paths.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { KEY, ask, until } from "./exchange.mjs";
import { CELLS, COMMIT_AFTER_MS, ERRORS, SIZE, VARS } from "./fault-table.mjs";

/** More at once, and the clients' own delays would count as the upstream's. */
const AT_ONCE = 24;
/** How long a failed sign-in is not tried again. */
const SIGN_IN_REST_MS = 1_100;
/** How soon after the client's body an upstream's is let go, whatever that does: release.test.mjs asks for less, one at a time. */
const RELEASE_MS = 3_000;
/** What an origin says by default: short, for there are many cells, and more than any fault waits for. */
const USUAL = "The usual words: 模型 🎉.";
/** What of an upstream's own words must not reach a client. */
const RAW = /scripted|upgrade to VIP|degpt-(one|two|three)|overloaded|8192 tokens|Just a moment|Sorry, you don|degpt-bad|Not authenticated/;

let closedPort;
const deployments = new Map();

before(async () => {
  closedPort = await portThatStaysClosed();
});

/** One that is free, and below those that a system gives to servers which ask for any: the others here. */
async function portThatStaysClosed() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer();
    const isFree = await new Promise((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

after(async () => {
  for (const deployment of deployments.values()) await (await deployment).close();
});

/** A gateway with two origins behind it, of which it may know only one. */
async function deploy({ origins: count, bad, moment, limits, address, vars }) {
  const origins = await Promise.all([0, 1].map(() => startUpstream({ keepRequests: 10_000, defaults: { text: USUAL } })));
  const urls = origins.map(({ url }) => url).slice(0, count);
  if (address) urls.fill(address({ first: origins[0], closedPort }), 0, bad);
  const gateway = await startGateway({
    vars: { API_KEYS: KEY, ...VARS[limits], COMMIT_AFTER_MS: COMMIT_AFTER_MS[moment], DEGPT_ORIGINS: urls.join(","), ...vars },
  });
  const close = () => Promise.all([gateway.close(), ...origins.map((origin) => origin.close())]);
  return { gateway, origins, close };
}

function shared(cell) {
  if (!deployments.has(cell.sharedBy)) deployments.set(cell.sharedBy, deploy(cell));
  return deployments.get(cell.sharedBy);
}

describe(`the fault matrix: ${SIZE.faults} faults, ${SIZE.cells} cells`, { concurrency: AT_ONCE }, () => {
  CELLS.forEach((cell, index) => {
    it(cell.name, async () => {
      const deployment = await (cell.isAlone ? deploy(cell) : shared(cell));
      try {
        await run(cell, index, deployment);
      } finally {
        if (cell.isAlone) await deployment.close();
      }
    });
  });
});

async function run(cell, index, { gateway, origins }) {
  const { dialect, delivery, key, model } = cell;
  const [question, nextQuestion] = [`Question [${index}]`, `Next question [${index}]`];
  if (cell.isRevoked) {
    await ask(gateway, { question: "Sign in" });
    origins[0].revokeTokens();
  }
  for (const origin of origins.slice(0, cell.bad)) {
    const where = cell.fault?.path ? {} : { where: ({ body }) => isOf(body, question) };
    if (cell.fault) origin.queue({ ...cell.fault, ...where });
  }

  const got = await ask(gateway, { dialect, delivery, question, key, model });
  if (cell.error) assertError(cell, got);
  else assertAnswer(got, { ...cell, answer: cell.answer ?? USUAL });
  assert.deepEqual(timesAsked(origins, cell, question), cell.asked, "how often each origin was asked");
  await until(() => origins.every((origin) => asking(origin, question).every(({ endedAt }) => endedAt)), "no origin is held on to", RELEASE_MS);
  if (cell.signIns !== undefined) assert.equal(origins[0].requests.filter(({ path }) => path === paths.signIn).length, cell.signIns, "how often it signed in");

  const isSignIn = cell.fault?.path !== undefined;
  if (isSignIn) {
    origins[0].reset();
    if (cell.origins === 1) await sleep(SIGN_IN_REST_MS);
  }
  if (cell.restMs) await sleep(cell.restMs);
  const next = await ask(gateway, { dialect, delivery, question: nextQuestion, key, model });
  if (cell.isForAll) return assertError(cell, next);
  assertAnswer(next, { dialect, delivery, answer: USUAL });
  const asked = timesAsked(origins, cell, nextQuestion);
  const isAvoided = cell.remedy === "next origin" && cell.bad < cell.origins;
  if (isAvoided) assert.deepEqual(asked, [0, 1], "an origin that failed is tried last");
  else assert.equal(asked.reduce((sum, times) => sum + times), 1, "the next request is one request");
}

function assertError({ dialect, error, isInStream, retryAfter = null }, got) {
  const [status, openAiType, code, anthropicType, shouldRetry, failedCode = "server_error"] = ERRORS[error];
  assert.deepEqual([got.status, got.isStream], isInStream ? [200, true] : [status, false], got.body.slice(0, 300));
  assert.equal(typeof got.error?.message, "string");
  assert.doesNotMatch(got.body, RAW);
  if (dialect === "responses" && isInStream) {
    assert.equal(got.error.code, failedCode);
    assert.deepEqual(got.error.whole.response.output, []);
  } else if (dialect !== "anthropic") {
    const { message } = got.error;
    assert.deepEqual(got.error.whole, { error: { message, type: openAiType, param: null, code } });
  } else {
    const { message } = got.error;
    assert.deepEqual(got.error.whole, { type: "error", error: { type: anthropicType, message }, request_id: got.headers.get("request-id") });
  }
  if (isInStream) return;
  assert.match(got.headers.get("content-type"), /^application\/json/);
  assert.equal(got.headers.get("x-should-retry"), shouldRetry, "x-should-retry");
  if (retryAfter instanceof RegExp) assert.match(got.headers.get("retry-after"), retryAfter);
  else assert.equal(got.headers.get("retry-after"), retryAfter, "retry-after");
}

function assertAnswer(got, { dialect, delivery, answer, finish = "stop" }) {
  assert.deepEqual([got.status, got.error?.message], [200, undefined], got.body.slice(0, 300));
  assert.equal(got.isStream, delivery === "stream");
  assert.equal(got.text, answer);
  assert.equal(got.finish, FINISHES[dialect][finish]);
}

const FINISHES = {
  openai: { stop: "stop", length: "length" },
  anthropic: { stop: "end_turn", length: "max_tokens" },
  responses: { stop: "completed", length: "max_output_tokens" },
};

const isOf = (body, question) => body?.messages?.at(-1).content === question;

const asking = ({ requests }, question) => requests.filter(({ path, body }) => path === paths.chat && isOf(body, question));

const timesAsked = (origins, cell, question) => origins.slice(0, cell.origins).map((origin) => asking(origin, question).length);
