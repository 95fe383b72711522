/**
 * A trap of the Rust part while keys have policies: whoever it ended gives back its place in the ledger
 * at once, and is a failure there, and the next request is answered.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startUpstream } from "../upstream/server.mjs";
import { DELIVERIES, DIALECTS, ask, open, until } from "../worker/exchange.mjs";
import { provoke, startProvoked } from "./provoked.mjs";

const key = "a-key-of-the-tests-of-the-ledger";
const POLICIES = JSON.stringify({ key1: { concurrent: 3 } });

let upstream;
let gateway;

before(async () => {
  upstream = await startUpstream({ keepRequests: 1_000, defaults: { text: "Fine." } });
  upstream.queue({ chunkCount: 2_000, paceMs: 20, times: "always", where: ({ body }) => body?.messages?.at(-1).content === "A long one" });
  gateway = await startProvoked({ front: "tests/ledger.js", vars: { API_KEYS: key, KEY_POLICIES: POLICIES, DEGPT_ORIGINS: upstream.url } });
});
after(() => Promise.all([gateway?.close(), upstream?.close()]));

/** What the ledger keeps: how many are open, have ended, and have failed. */
async function ledger() {
  const { usage, account } = await (await fetch(`${gateway.url}/ledger/key1`)).json();
  const [{ requests = 0, failures = 0 } = {}] = usage;
  return { open: account?.open.length ?? 0, requests, failures };
}

/** Waits until nobody holds a place, if that comes. */
async function settled() {
  for (let tries = 0; tries < 100 && (await ledger()).open > 0; tries += 1) await sleep(20);
}

for (const [place, deliveries] of [
  ["send", DELIVERIES],
  ["piece*3", ["stream"]],
  ["tick", ["stream"]],
]) {
  for (const kind of ["panic", "unreachable"]) {
    test(`${kind}@${place}: nobody holds a place, and each is a failure`, async () => {
      for (const delivery of deliveries) {
        for (const dialect of DIALECTS) {
          await settled();
          const was = await ledger();
          const other = open(gateway, { dialect: "openai", key, question: "A long one" });
          await until(() => other.pieces.length > 1, "another one flows");
          await ask(gateway, { dialect, delivery, key, question: "A long one", headers: provoke(kind, place) });
          await other.ended;
          const expected = { open: 0, requests: was.requests + 2, failures: was.failures + 2 };
          await settled();
          assert.deepEqual(await ledger(), expected, `${dialect}, ${delivery}`);
          const next = await ask(gateway, { dialect, delivery, key });
          assert.deepEqual([next.status, next.text], [200, "Fine."]);
        }
      }
    });
  }
}
