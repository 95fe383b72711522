/**
 * What requests of one isolate share, when a hundred come at once, in workerd: one sign-in for all
 * of them, however it ends, and no request's failure is another's.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startGateway } from "../harness.mjs";
import { paths } from "../upstream/paths.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, open } from "./exchange.mjs";

const HUNDRED = 100;

/** A gateway that knows nothing yet, and its upstream; both end with the test. */
async function fresh(t, vars = {}) {
  const upstream = await startUpstream({ keepRequests: 10_000 });
  const gateway = await startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, ...vars } });
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  return { gateway, upstream, signIns: () => upstream.requests.filter(({ path }) => path === paths.signIn).length };
}

/** A hundred requests at once, in both dialects and deliveries; each question is its own. */
function askHundred(gateway, prefix) {
  const all = Array.from({ length: HUNDRED }, (_, index) => ({
    dialect: DIALECTS[index % 2],
    delivery: DELIVERIES[(index >> 1) % 2],
    question: `${prefix} ${index}`,
  }));
  return Promise.all(all.map(async (asked) => ({ ...asked, ...(await ask(gateway, { ...asked, timeoutMs: 25_000 })) })));
}

function assertOwnAnswer({ status, text, question, error }) {
  assert.deepEqual([status, error?.message], [200, undefined]);
  assert.ok(text.includes(`You said: "${question}"`), `another's answer to ${question}`);
}

describe("a hundred requests at once", () => {
  it("on a fresh isolate sign in once", async (t) => {
    const { gateway, upstream, signIns } = await fresh(t);
    upstream.queue({ path: paths.signIn, delayHeadersMs: 500 });
    (await askHundred(gateway, "first")).forEach(assertOwnAnswer);
    assert.equal(signIns(), 1);
    assert.equal(upstream.stats.accountsCreated, 1);
    assert.equal(upstream.stats.chats, HUNDRED);
  });

  it("with a token that has been revoked sign in once more", async (t) => {
    const { gateway, upstream, signIns } = await fresh(t);
    await ask(gateway, { question: "sign in" });
    upstream.revokeTokens();
    upstream.queue({ path: paths.signIn, delayHeadersMs: 300 });
    (await askHundred(gateway, "revoked")).forEach(assertOwnAnswer);
    assert.equal(signIns(), 2);
    assert.equal(upstream.stats.accountsCreated, 1);
  });

  it("share the failure of a sign-in, and recover from it", async (t) => {
    const { gateway, upstream, signIns } = await fresh(t);
    upstream.queue({ path: paths.signIn, status: 500, delayHeadersMs: 300 });
    for (const { status } of await askHundred(gateway, "failing")) assert.equal(status, 502);
    assert.equal(signIns(), 1);
    await sleep(1_100);
    (await askHundred(gateway, "recovered")).forEach(assertOwnAnswer);
    assert.equal(signIns(), 2);
  });

  it("do not wait for one that left while it signed in", async (t) => {
    const { gateway, upstream, signIns } = await fresh(t, { COMMIT_AFTER_MS: "200", KEEP_ALIVE_MS: "200" });
    upstream.queue({ path: paths.signIn, neverAnswer: true });
    const client = open(gateway, { question: "leaving" });
    await upstream.until(({ path }) => path === paths.signIn);
    client.leave();
    await sleep(1_000);
    (await askHundred(gateway, "after")).forEach(assertOwnAnswer);
    assert.equal(signIns(), 2);
  });

  it("do not fail with each other", async (t) => {
    const { gateway, upstream } = await fresh(t);
    const faults = [{ status: 403 }, { breakAfter: 3 }, { fakeSuccess: true }, { garbageAfter: 2 }, { refuseConnection: true }];
    const faultOf = (question) => {
      const index = Number(question.split(" ").at(-1));
      return index % 5 === 0 ? (index / 5) % faults.length : undefined;
    };
    faults.forEach((fault, place) => {
      upstream.queue({ ...fault, times: "always", where: ({ body }) => faultOf(body?.messages.at(-1).content ?? "") === place });
    });
    for (const got of await askHundred(gateway, "mixed")) {
      if (faultOf(got.question) === undefined) assertOwnAnswer(got);
      else assert.ok(got.error, `no error for ${got.question}`);
    }
  });
});
