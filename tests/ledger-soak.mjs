/**
 * `npm run soak:ledger [-- --seconds 60 --clients 200]`: keys with policies under load, in workerd, in two
 * isolates, with the stand-in for DeGPT behind it.
 *
 * Each client asks again as soon as it is answered or refused, in all dialects, streamed and whole; some
 * leave, and some requests fail. At the end it fails unless
 * - the ledgers' sums are what the clients were told, to the token;
 * - no label was ever over a limit, as far as its clients could see;
 * - nobody was refused while its label was below its limits.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { args } from "../scripts/args.mjs";
import { command } from "../scripts/process.mjs";
import { startGateway } from "./harness.mjs";
import { startUpstream } from "./upstream/server.mjs";
import { DELIVERIES, DIALECTS, open, until } from "./worker/exchange.mjs";

const { seconds, clients } = await command(() =>
  args({
    command: "npm run soak:ledger",
    about: "Holds keys with policies under load, and sees that their ledgers are right.",
    options: {
      seconds: { value: "N", number: [1, 3600], default: 60, about: "how long" },
      clients: { value: "N", number: [1, 1000], default: 200, about: "how many ask at once" },
    },
  }),
);

const PATHS = { openai: "/v1/chat/completions", anthropic: "/v1/messages", responses: "/v1/responses" };
/** Far from each other, so that each is reached by some label. The last one only counts. */
const POLICIES = {
  requests: { requests_per_minute: 150 },
  tokens: { tokens_per_minute: 25_000 },
  places: { concurrent: 12 },
  counted: {},
};
const LABELS = Object.keys(POLICIES);
const keyOf = (label) => `sk-${label}-of-the-soak-0123456789`;
/** What a window may be off, in ms: a client sees an answer later than the ledger. */
const SLACK_MS = 1_000;
const MINUTE_MS = 60_000;

const upstream = await startUpstream({ keepRequests: 100, defaults: { paceMs: 20 } });
const asks = (word) => ({ body }) => String(body?.messages?.at(-1).content).includes(word);
upstream.queue({ where: asks("refused"), status: 503, times: "always" }, { where: asks("long"), chunkCount: 500, paceMs: 10, times: "always" });
const gateway = await startGateway({
  isolates: 2,
  front: "tests/ledger.js",
  vars: { API_KEYS: LABELS.map((label) => `${label}=${keyOf(label)}`).join(), KEY_POLICIES: JSON.stringify(POLICIES), DEGPT_ORIGINS: upstream.url },
});

/** By label: what was answered, `{sentAt, headAt, endAt, prompt, completion}`, refused, failed and left. */
const seen = Object.fromEntries(LABELS.map((label) => [label, { answered: [], refused: [], failed: 0, left: 0 }]));
const wrong = [];
const endsAt = performance.now() + seconds * 1_000;
await Promise.all(Array.from({ length: clients }, async (_, index) => {
  await sleep(Math.random() * 500);
  while (performance.now() < endsAt) await once(LABELS[index % LABELS.length], index);
}));
for (const label of LABELS) await judge(label);
await Promise.all([gateway.close(), upstream.close()]);
for (const complaint of wrong.slice(0, 20)) console.log(`WRONG ${complaint}`);
console.log(wrong.length > 0 ? "FAILED" : "passed");
if (wrong.length > 0) process.exitCode = 1;

async function once(label, index) {
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const [dialect, delivery, chance, key, url] = [pick(DIALECTS), pick(DELIVERIES), Math.random(), keyOf(label), gateway.urls[index % 2]];
  if (chance < 0.03) return leave({ url }, label, { dialect, key });
  const stream = delivery === "stream";
  const question = chance < 0.06 ? "refused" : "Say something.";
  const limit = dialect === "responses" ? "max_output_tokens" : "max_tokens";
  const body = {
    model: chance < 0.06 ? "gpt-4.1" : "deepseek-chat",
    stream,
    [limit]: 400,
    [dialect === "responses" ? "input" : "messages"]: [{ role: "user", content: question }],
    ...(dialect === "openai" && stream && { stream_options: { include_usage: true } }),
  };
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const sentAt = performance.now();
  const response = await fetch(url + PATHS[dialect], { method: "POST", headers, body: JSON.stringify(body) });
  const headAt = performance.now();
  const text = await response.text();
  const last = (names) => Number([...text.matchAll(new RegExp(`"(?:${names})":(\\d+)`, "g"))].at(-1)?.[1] ?? 0);
  const tokens = { prompt: last("prompt_tokens|input_tokens"), completion: last("completion_tokens|output_tokens") };
  if (response.status === 200) seen[label].answered.push({ sentAt, headAt, endAt: performance.now(), ...tokens });
  else if (text.includes("This key has reached")) {
    seen[label].refused.push({ sentAt, headAt });
    const waitS = Number(response.headers.get("retry-after"));
    if (!(waitS >= 1 && waitS <= 60)) wrong.push(`${label}: retry-after ${waitS}`);
    await sleep(Math.random() * 1_000);
  } else if (response.status === 502 && chance < 0.06) seen[label].failed += 1;
  else wrong.push(`${label}: ${response.status} ${text.slice(0, 200)}`);
}

/** Asks, and leaves when it flows, or when it is refused. */
async function leave(where, label, options) {
  const client = open(where, { ...options, model: "o3", question: "A long one" });
  const { statusCode } = await client.head;
  if (statusCode !== 200) return void (await client.ended, await sleep(Math.random() * 1_000));
  await until(() => client.pieces.length > 0, "it flows", 30_000);
  client.leave();
  seen[label].left += 1;
}

async function judge(label) {
  const { answered, refused, failed, left } = seen[label];
  let kept;
  for (const from = performance.now(); performance.now() - from < 20_000; await sleep(200)) {
    kept = await (await fetch(`${gateway.url}/ledger/${label}`)).json();
    if (kept.account.open.length === 0) break;
  }
  const of = (model) => kept.usage.find((row) => row.model === model) ?? { requests: 0, failures: 0, prompt: 0, completion: 0 };
  const sum = (list, name) => list.reduce((all, item) => all + item[name], 0);
  const same = (what, found, expected) => found === expected || wrong.push(`${label}: ${what} ${found}, not ${expected}`);
  same("reservations left", kept.account.open.length, 0);
  same("requests", of("deepseek-chat").requests, answered.length);
  same("prompt tokens", of("deepseek-chat").prompt, sum(answered, "prompt"));
  same("completion tokens", of("deepseek-chat").completion, sum(answered, "completion"));
  same("failures", of("gpt-4.1").failures, failed);
  same("those who left", of("o3").requests, left);

  const { requests_per_minute: requests, tokens_per_minute: tokens, concurrent } = POLICIES[label];
  for (const { sentAt: from } of answered) {
    const within = answered.filter(({ sentAt, headAt }) => sentAt >= from && headAt <= from + MINUTE_MS);
    if (requests && within.length > requests) wrong.push(`${label}: ${within.length} requests in a minute`);
    const ended = answered.filter(({ endAt }) => endAt >= from + SLACK_MS && endAt <= from + MINUTE_MS - SLACK_MS);
    const taken = sum(ended, "prompt") + sum(ended, "completion");
    if (tokens && taken > tokens) wrong.push(`${label}: ${taken} tokens in a minute`);
    const atOnce = answered.filter(({ headAt, endAt }) => headAt <= from && endAt > from + SLACK_MS);
    if (concurrent && atOnce.length > concurrent) wrong.push(`${label}: ${atOnce.length} at once`);
  }
  // All that may have counted while it was refused. Of those who failed or left, it may be any.
  for (const { sentAt, headAt } of refused) {
    const counts = answered.filter((one) => one.sentAt <= headAt && one.endAt >= sentAt - MINUTE_MS - SLACK_MS);
    const others = failed + left;
    const open = answered.filter((one) => one.sentAt <= headAt && one.endAt >= sentAt - SLACK_MS);
    const isOver =
      (requests && counts.length + others + 1 > requests) ||
      (tokens && sum(counts, "prompt") + sum(counts, "completion") + (open.length + others + 1) * 410 > tokens) ||
      (concurrent && open.length + others + 1 > concurrent);
    if (!isOver) wrong.push(`${label}: refused for nothing`);
  }
  console.log(`${label}: ${answered.length} answered, ${refused.length} refused, ${failed} failed, ${left} left; ${sum(answered, "prompt") + sum(answered, "completion")} tokens`);
}
