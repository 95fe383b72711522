/**
 * `npm run soak:hostile [-- --seconds 60 --clients 200 --without tools --without bomb]`: the Worker in workerd
 * among people who mean harm; all of it on this machine.
 *
 * A tenth of the clients attacks it (tests/hostile/attacks.mjs), a tenth leaves, a tenth meets faults
 * of the upstream, and in the middle its Rust part fails. The rest are honest. First those are by
 * themselves for a third of the time; that is the quiet run. Fails unless
 * - the honest get right answers or true errors: what the upstream's fault is, that the gateway
 *   failed (within a second of its failure), or that it has too much to do, and that seldom;
 * - the 99th percentile of their first byte is at most 3 times that of the quiet run;
 * - no connection to the upstream is left 20 s after the end, and memory is within 20 % of the quiet
 *   run's.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { args } from "../scripts/args.mjs";
import { command } from "../scripts/process.mjs";
import { memoryOf } from "./adversary/support.mjs";
import { provoke, startProvoked } from "./adversary/provoked.mjs";
import { ANSWERS, ATTACKS } from "./hostile/attacks.mjs";
import { models } from "./upstream/models.mjs";
import { startUpstream } from "./upstream/server.mjs";
import { answerText } from "./upstream/texts.mjs";
import { DELIVERIES, DIALECTS, KEY, ask, open, parsed } from "./worker/exchange.mjs";

const { seconds, clients, without } = await command(() =>
  args({
    command: "npm run soak:hostile",
    about: "Holds the gateway under load while some of its clients attack it.",
    options: {
      seconds: { value: "N", number: [15, 3600], default: 60, about: "how long" },
      clients: { value: "N", number: [10, 1000], default: 200, about: "how many ask at once" },
      without: { value: "ATTACK", multiple: true, oneOf: Object.keys(ATTACKS), default: [], about: "an attack that is left out, and again for others" },
    },
  }),
);
const attacks = Object.keys(ATTACKS).filter((name) => !without.includes(name));

const TENTH = Math.round(clients / 10);
const HONEST = clients - 3 * TENTH;
const MOST_SLOWER = 3;
const MOST_GROWTH = 1.2;
/** Of honest requests that may be told that there is too much to do. */
const MOST_BUSY = 0.05;
const RELEASED_S = 20;
const ENDED_MS = 1_000;
const PACE_MS = 40;
/** Without a limit V8 lets garbage lie until memory tells nothing; as in soak.mjs. */
const V8_FLAGS = ["--max-heap-size=32"];
const VARS = { COMMIT_AFTER_MS: "10000", KEEP_ALIVE_MS: "500", IDLE_TIMEOUT_MS: "6000", FIRST_BYTE_TIMEOUT_MS: "15000" };

/** Faults of the upstream: what it does, and OpenAI's and Anthropic's word for it. */
const FAULTS = {
  apology: [{ fakeSuccess: true }, "upstream_declined", "api_error"],
  limited: [{ status: 429 }, "rate_limit_exceeded", "rate_limit_error"],
  failing: [{ status: 500 }, "upstream_unavailable", "api_error"],
  broken: [{ breakAfter: 7 }, "upstream_truncated", "api_error"],
  garbled: [{ garbageAfter: 5 }, "upstream_garbled", "api_error"],
  silent: [{ silentAfter: 6 }, "upstream_stalled", "api_error"],
};

const upstream = await startUpstream({ keepRequests: 2_000, keepBodyBytes: 1 << 24, defaults: { paceMs: PACE_MS } });
const answers = { ...ANSWERS, ...Object.fromEntries(Object.entries(FAULTS).map(([name, [fault]]) => [name, fault])) };
for (const [name, answer] of Object.entries(answers)) {
  upstream.queue({ ...answer, times: "always", where: ({ body }) => String(body?.messages?.at(-1)?.content).includes(` ${name}`) });
}
const gateway = await startProvoked({ v8Flags: V8_FLAGS, vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, ...VARS } });

const any = (list) => list[Math.floor(Math.random() * list.length)];
const counts = { attacks: 0, left: 0, faulted: 0, failed: 0, busy: 0, wrong: 0 };
const complaints = [];
let asked = 0;
let trappedAt = Infinity;

/** Lets `count` clients do `exchangeOnce` again and again until a time. */
const crowd = (count, untilMs, exchangeOnce) =>
  Array.from({ length: count }, async () => {
    await sleep(Math.random() * 1_000);
    while (performance.now() < untilMs) await exchangeOnce();
  });

const run = () => ({ firstByteMs: [], answered: 0 });
const quiet = run();
const hostile = run();

await Promise.all(crowd(HONEST, performance.now() + (seconds * 1_000) / 3, () => honest(quiet)));
await sleep(1_000);
const quietBytes = memoryOf(gateway);

const end = performance.now() + seconds * 1_000;
await Promise.all([
  ...crowd(HONEST, end, () => honest(hostile)),
  attackers(),
  ...crowd(TENTH, end, leave),
  ...crowd(TENTH, end, faulted),
  sleep(seconds * 500).then(trap),
]);
const peakBytes = memoryOf(gateway);
const releasedFrom = performance.now();
while (upstream.stats.openAnswers > 0 && performance.now() - releasedFrom < RELEASED_S * 1_000) await sleep(100);
const stuck = upstream.stats.openAnswers;
for (const { endedAt, body } of upstream.requests) {
  if (endedAt === null) console.log(`STUCK at the upstream: ${String(body?.messages?.at(-1)?.content).slice(0, 80)}`);
}
const rest = run();
await Promise.all(crowd(HONEST, performance.now() + 5_000, () => honest(rest)));
await sleep(1_000);
const lastBytes = memoryOf(gateway);
report();
await Promise.all([gateway.close(), upstream.close()]);

/** One honest request: a right answer, or a true error. */
async function honest(of) {
  const question = `Soak ${(asked += 1)}`;
  const wanted = answerText({ messages: [{ role: "user", content: question }] }, models.get("deepseek-chat"));
  const got = await exchange({ dialect: any(DIALECTS), delivery: any(DELIVERIES), question }, of);
  if (got.text === wanted && !got.error) of.answered += 1;
  else judge(question, got);
}

async function faulted() {
  const name = any(Object.keys(FAULTS));
  const question = `Soak ${(asked += 1)} ${name}`;
  const dialect = any(DIALECTS);
  const [, code, type] = FAULTS[name];
  const got = await exchange({ dialect, delivery: any(DELIVERIES), question });
  if ((dialect === "openai" ? got.error?.code : got.error?.type) === (dialect === "openai" ? code : type)) counts.faulted += 1;
  else judge(question, got);
}

/** A tenth of the clients attack. */
async function attackers() {
  const workerData = { url: gateway.url, names: attacks, count: TENTH, ms: seconds * 1_000 };
  const [made] = await once(new Worker(new URL("hostile/crowd.mjs", import.meta.url), { workerData }), "message");
  counts.attacks = made;
}

async function leave() {
  const client = open(gateway, { dialect: any(DIALECTS), delivery: any(DELIVERIES), question: `Soak ${(asked += 1)}` });
  await sleep(Math.random() * 3_000);
  client.leave();
  counts.left += 1;
}

/** The failure of the Rust part, in the middle of an answer. */
async function trap() {
  const got = await ask(gateway, { question: "Soak trap", headers: provoke("panic", "piece*3"), timeoutMs: 60_000 });
  trappedAt = performance.now();
  if (!/gateway failed/.test(got.error?.message)) complaints.push(`the trap itself: ${JSON.stringify(got.error)}`);
}

/** Asks, and notes when the first byte of a stream came. */
async function exchange(kind, of) {
  const client = open(gateway, kind);
  const timer = setTimeout(client.leave, 60_000);
  try {
    const response = await client.head;
    const isWhole = await client.ended;
    if (!isWhole) return { failure: "cut" };
    const { statusCode: status } = response;
    if (status !== 200) return { status, ...JSON.parse(client.text()) };
    if (kind.delivery === "stream") {
      of?.firstByteMs.push(client.pieces[0].atMs);
      return parsed(client.text(), kind.dialect);
    }
    const value = JSON.parse(client.text());
    return { text: kind.dialect === "openai" ? value.choices[0].message.content : value.content.map(({ text }) => text).join("") };
  } catch (error) {
    return { failure: error.message };
  } finally {
    clearTimeout(timer);
  }
}

/** What is not what was asked for: another true error, or wrong. */
function judge(question, got) {
  const isLateFor = performance.now() - trappedAt > ENDED_MS;
  if (/gateway failed/.test(got.error?.message) && !isLateFor) counts.failed += 1;
  else if ([503, 529].includes(got.status) && got.error) counts.busy += 1;
  else {
    counts.wrong += 1;
    complaints.push(`${question}: ${got.failure ?? got.error?.message ?? got.text?.slice(0, 80)}`);
  }
}

function report() {
  const p99 = ({ firstByteMs }) => firstByteMs.toSorted((a, b) => a - b)[Math.floor(firstByteMs.length * 0.99)];
  const mib = (bytes) => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  const [before, during] = [p99(quiet), p99(hostile)];
  const growth = lastBytes / quietBytes;
  const faults = gateway.log().match(/internal fault/g)?.length ?? 0;
  console.log(`${clients} clients for ${seconds} s: ${HONEST} honest, ${TENTH} attack, ${TENTH} leave, ${TENTH} meet faults; without ${without.join(", ") || "no attack"}`);
  console.log(`honest: ${quiet.answered} answered in the quiet run, ${hostile.answered} in the hostile one, ${rest.answered} after it`);
  console.log(`${counts.attacks} attacks, ${counts.left} left, ${counts.faulted} faults told, ${counts.failed} ended by the trap, ${counts.busy} told to come again, ${counts.wrong} wrong`);
  console.log(`first byte of a stream, p99: ${before.toFixed(0)} ms, among attacks ${during.toFixed(0)} ms (${(during / before).toFixed(2)} ×)`);
  console.log(`memory: ${mib(quietBytes)} after the quiet run, ${mib(peakBytes)} at the end of the hostile one, ${mib(lastBytes)} after it (${((growth - 1) * 100).toFixed(0)} %)`);
  for (const complaint of complaints.slice(0, 10)) console.log(`WRONG ${complaint}`);
  const failures = [
    complaints.length > 0 && "wrong answers",
    counts.busy > MOST_BUSY * hostile.answered && "too many were told to come again",
    during > MOST_SLOWER * before && "the honest were slowed down",
    stuck > 0 && `${stuck} connections to the upstream are stuck`,
    growth > MOST_GROWTH && "memory grew",
    faults !== 1 && `${faults} faults are logged`,
    upstream.stats.errors > 0 && "the stand-in itself failed",
  ].filter(Boolean);
  console.log(failures.length > 0 ? `FAILED: ${failures.join(", ")}` : "passed");
  if (failures.length > 0) process.exitCode = 1;
}
