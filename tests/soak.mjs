/**
 * `npm run soak [-- --seconds 60 --clients 200 --faulted 0.1 --leaving 0.1]`: the built Worker under
 * load, in workerd, with the stand-in for DeGPT behind it; all of it on this machine.
 *
 * Each client asks again as soon as it is answered, in both dialects, streamed and whole. A tenth of
 * the requests meets a fault, a tenth of the clients leaves at a random time; now and then all of
 * the visitor's tokens are revoked. At the end it prints figures, and fails unless
 * - every answer was the right one, and every fault the right error;
 * - no connection to the upstream is left 20 s after the end;
 * - workerd's memory at the end is at most 20 % above its level after the first 10 s.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { models } from "./upstream/models.mjs";
import { startUpstream } from "./upstream/server.mjs";
import { answerText } from "./upstream/texts.mjs";
import { args } from "../scripts/args.mjs";
import { command } from "../scripts/process.mjs";
import { startGateway } from "./harness.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, open } from "./worker/exchange.mjs";

const SHARE = { value: "SHARE", number: [0, 0.5, { whole: false }], default: 0.1 };
const { seconds, clients, faulted, leaving } = await command(() =>
  args({
    command: "npm run soak",
    about: "Holds the gateway under load, and sees that its answers stay right and its memory level.",
    options: {
      seconds: { value: "N", number: [15, 3600], default: 60, about: "how long" },
      clients: { value: "N", number: [1, 1000], default: 200, about: "how many ask at once" },
      faulted: { ...SHARE, about: "the share of answers that fail" },
      leaving: { ...SHARE, about: "the share of clients that leave early" },
    },
  }),
);

const SETTLED_S = 10;
const RELEASED_S = 20;
const MOST_GROWTH = 1.2;
const PACE_MS = 80;
const REVOKE_EVERY_S = 7;
/**
 * Without a limit V8 lets garbage lie until it has hundreds of MiB of it, and memory tells nothing.
 * Cloudflare's is 128 MiB; with a quarter of that, what leaks is soon seen, or ends in a crash.
 */
const V8_FLAGS = ["--max-heap-size=32"];
const VARS = { COMMIT_AFTER_MS: "1000", KEEP_ALIVE_MS: "500", IDLE_TIMEOUT_MS: "6000", FIRST_BYTE_TIMEOUT_MS: "15000" };

/** Faults by name: what the upstream does, and OpenAI's and Anthropic's word for it; none: an answer as usual. */
const FAULTS = {
  apology: [{ fakeSuccess: true }, "upstream_declined", "api_error"],
  empty: [{ empty: true }, "upstream_declined", "api_error"],
  forbidden: [{ status: 403 }, "insufficient_permissions", "permission_error"],
  limited: [{ status: 429 }, "rate_limit_exceeded", "rate_limit_error"],
  failing: [{ status: 500 }, "upstream_unavailable", "api_error"],
  refused: [{ refuseConnection: true }, "upstream_unavailable", "api_error"],
  broken: [{ breakAfter: 7 }, "upstream_truncated", "api_error"],
  ended: [{ endAfter: { chunk: 9, bytes: 30 } }, "upstream_truncated", "api_error"],
  garbled: [{ garbageAfter: 5 }, "upstream_garbled", "api_error"],
  silent: [{ silentAfter: 6 }, "upstream_stalled", "api_error"],
  mute: [{ silentAfter: 0 }, "upstream_timeout", "timeout_error"],
  late: [{ delayHeadersMs: 2_500 }],
  open: [{ keepOpenAfterDone: true }],
};
const NAMES = Object.keys(FAULTS);

const upstream = await startUpstream({ keepRequests: 100, defaults: { paceMs: PACE_MS } });
for (const name of NAMES) {
  const [fault] = FAULTS[name];
  upstream.queue({ ...fault, times: "always", where: ({ body }) => body?.messages?.at(-1).content.endsWith(` ${name}`) });
}
const gateway = await startGateway({ v8Flags: V8_FLAGS, vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, ...VARS } });

const counts = { answered: 0, faulted: 0, left: 0, wrong: 0 };
const complaints = [];
const memory = []; // MiB, once a second
const startedAt = performance.now();
const elapsedS = () => (performance.now() - startedAt) / 1000;

const sampler = setInterval(() => {
  memory.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))[1]) / 1024);
  if (memory.length % REVOKE_EVERY_S === 0) upstream.revokeTokens();
}, 1000);

let asked = 0;
await Promise.all(Array.from({ length: clients }, async () => {
  await sleep(Math.random() * 1000);
  while (elapsedS() < seconds) await once();
}));
clearInterval(sampler);
const endedAfterS = elapsedS();

const stuck = async () => {
  for (const from = performance.now(); performance.now() - from < RELEASED_S * 1000; await sleep(100)) {
    if (upstream.stats.openAnswers === 0) return 0;
  }
  return upstream.stats.openAnswers;
};
const releasedFrom = performance.now();
const stuckAnswers = await stuck();
const releasedS = (performance.now() - releasedFrom) / 1000;
report();
await Promise.all([gateway.close(), upstream.close()]);

/** One request, of a random kind. */
async function once() {
  asked += 1;
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const [dialect, delivery, chance] = [pick(DIALECTS), pick(DELIVERIES), Math.random()];
  const isLeaving = chance < leaving;
  const name = chance >= leaving && chance < leaving + faulted ? pick(NAMES) : "";
  const question = `Soak ${asked}${name && ` ${name}`}`;
  if (isLeaving) {
    const client = open(gateway, { dialect, delivery, question });
    await sleep(Math.random() * 3000);
    client.leave();
    counts.left += 1;
    return;
  }
  const [, code, type] = FAULTS[name] ?? [];
  const wanted = code ? (dialect === "openai" ? code : type) : expected(question);
  const got = await ask(gateway, { dialect, delivery, question, timeoutMs: 60_000 }).catch((error) => ({ failure: error }));
  const heard = code ? (dialect === "openai" ? got.error?.code : got.error?.type) : got.text;
  counts[code ? "faulted" : "answered"] += 1;
  if (heard === wanted && !(got.error && !code)) return;
  counts.wrong += 1;
  complaints.push(`${question} (${dialect}, ${delivery}): ${got.failure?.message ?? got.error?.message ?? `${got.status} ${got.text?.slice(0, 80)}`}`);
}

function expected(question) {
  return answerText({ messages: [{ role: "user", content: question }] }, models.get("deepseek-chat"));
}

function report() {
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const settled = median(memory.slice(SETTLED_S - 2, SETTLED_S + 2));
  const last = median(memory.slice(-4));
  const growth = last / settled;
  const { signIns, peakOpenAnswers, errors } = upstream.stats;
  console.log(`${clients} clients for ${endedAfterS.toFixed(1)} s: ${asked} requests (${(asked / endedAfterS).toFixed(0)}/s)`);
  console.log(`answered ${counts.answered}, failed as they had to ${counts.faulted}, left ${counts.left}, wrong ${counts.wrong}`);
  console.log(`upstream: at most ${peakOpenAnswers} answers at once, ${signIns} sign-ins, ${stuckAnswers} stuck; the last let go ${releasedS.toFixed(1)} s after the end`);
  console.log(`workerd's memory: ${settled.toFixed(1)} MiB after ${SETTLED_S} s, ${last.toFixed(1)} MiB at the end (${((growth - 1) * 100).toFixed(0)} %)`);
  console.log(`each tenth of the time, MiB: ${Array.from({ length: 10 }, (_, index) => memory[Math.floor((index + 0.99) * memory.length / 10)].toFixed(0)).join(" ")}`);
  for (const complaint of complaints.slice(0, 10)) console.log(`WRONG ${complaint}`);
  const failures = [
    counts.wrong > 0 && "wrong answers",
    errors > 0 && "the stand-in itself failed",
    stuckAnswers > 0 && "stuck connections",
    growth > MOST_GROWTH && "memory grew",
    /internal fault|panicked|out of memory/i.test(gateway.log()) && "the gateway itself failed",
  ].filter(Boolean);
  console.log(failures.length > 0 ? `FAILED: ${failures.join(", ")}` : "passed");
  if (failures.length > 0) process.exitCode = 1;
}
