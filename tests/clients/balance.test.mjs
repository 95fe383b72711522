/**
 * NextChat's question for what was used and what there is (its `usage()` in app/client/platforms/openai.ts, at
 * 5af9d072c10a169619a829efc58d8f3534ff94c1), by its recipe in docs/clients.md: there with policies for
 * keys, and a 404 that it shows as "not known" without.
 */
import assert from "node:assert/strict";

import OpenAI from "openai";

import { DEMO_KEYS, at, recipe, setting } from "./recipes.mjs";
import { preflight } from "./replays/preflight.mjs";
import { QUESTION, check, useStack } from "./support.mjs";

const DAILY = 1_000_000;

const limited = useStack({ vars: { API_KEYS: "ann=YOUR_API_KEY", KEY_POLICIES: JSON.stringify({ ann: { tokens_per_day: DAILY } }) } });
const plain = useStack({ vars: { API_KEYS: DEMO_KEYS } });

/** The two answers, as a browser gets them: `[used, total]`. */
async function ask(stack) {
  const settings = at(stack.url, recipe("NextChat"));
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${setting(settings, "OpenAI API Key")}`,
  };
  const origin = "https://app.nextchat.dev";
  const day = (inDays) => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);
  const paths = [`usage?start_date=${day(-1)}&end_date=${day(1)}`, "subscription"];
  return Promise.all(
    paths.map(async (path) => {
      const url = `${setting(settings, "OpenAI Endpoint")}/dashboard/billing/${path}`;
      await preflight(url, "GET", origin, headers);
      return fetch(url, { headers: { ...headers, origin } });
    }),
  );
}

check("NextChat: what was used and what there is, with policies", async () => {
  const client = new OpenAI({ baseURL: limited.openai, apiKey: "YOUR_API_KEY" });
  const answer = await client.chat.completions.create({ model: "auto", messages: [{ role: "user", content: QUESTION }] });
  const tokens = answer.usage.total_tokens;
  assert.ok(tokens > 0);

  const answers = await ask(limited);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  const [used, total] = await Promise.all(answers.map((answer) => answer.json()));
  // `total_usage` is in hundredths.
  assert.deepEqual([used.total_usage / 100, total.hard_limit_usd], [tokens, 30 * DAILY]);
});

check("NextChat: what was used and what there is, without", async () => {
  assert.deepEqual((await ask(plain)).map(({ status }) => status), [404, 404]);
});
