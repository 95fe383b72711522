/**
 * Official clients with a key that has reached a limit: they wait as long as they are told, and ask
 * again; where waiting does not help they do not; and they show how the key stands.
 */
import assert from "node:assert/strict";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI7 from "openai";
import OpenAI6 from "openai-6";

import { packageVersion } from "./versions.mjs";
import { KEY, MODEL, QUESTION, check, countingFetch, errorOf, useStack } from "./support.mjs";

const POLICY = { concurrent: 1, requests_per_minute: 1_000, tokens_per_minute: 5_000, models: [MODEL] };
const stack = useStack({ vars: { KEY_POLICIES: JSON.stringify({ "*": POLICY }) } });
const messages = [{ role: "user", content: QUESTION }];

/** What each client is asked for: an answer, one that is larger than the limit, and one of another model. */
const CLIENTS = [
  ...[[OpenAI7, "openai"], [OpenAI6, "openai-6"]].map(([OpenAI, folder]) => ({
    name: `openai ${packageVersion(folder)}`,
    requests: "x-ratelimit-remaining-requests",
    tokens: "x-ratelimit-remaining-tokens",
    make: (fetch) => new OpenAI({ baseURL: stack.openai, apiKey: KEY, maxRetries: 2, fetch }),
    ask: (client, more) => client.chat.completions.create({ model: MODEL, messages, max_tokens: 100, ...more }),
    Limited: OpenAI.RateLimitError,
    Denied: OpenAI.PermissionDeniedError,
  })),
  {
    name: `@anthropic-ai/sdk ${packageVersion("@anthropic-ai/sdk")}`,
    requests: "anthropic-ratelimit-requests-remaining",
    tokens: "anthropic-ratelimit-tokens-remaining",
    make: (fetch) => new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 2, fetch }),
    ask: (client, more) => client.messages.create({ model: MODEL, messages, max_tokens: 100, ...more }),
    Limited: Anthropic.RateLimitError,
    Denied: Anthropic.PermissionDeniedError,
  },
];

for (const { name, requests, tokens, make, ask, Limited, Denied } of CLIENTS) {
  check(`${name}: waits as long as a 429 says, and then gets its answer`, async () => {
    stack.upstream.queue({ chunkCount: 50, paceMs: 20 }); // The only place is taken for a second.
    const slow = ask(make(fetch), {});
    await stack.upstream.until(() => true);
    const counting = countingFetch();
    const { response } = await ask(make(counting), {}).withResponse();
    await slow;
    const [first, second, ...more] = counting.calls;
    assert.deepEqual([response.status, more.length], [200, 0]);
    assert.ok(second - first >= 1_900 && second - first < 4_000, `${second - first} ms`);
    assert.ok(Number(response.headers.get(requests)) < 1_000);
    assert.ok(Number(response.headers.get(tokens)) < 5_000);
  });

  check(`${name}: does not ask again for what is larger than the limit, or not allowed`, async () => {
    const counting = countingFetch();
    const client = make(counting);
    const limited = await errorOf(ask(client, { max_tokens: 6_000 }));
    assert.ok(limited instanceof Limited, String(limited));
    assert.match(limited.message, /more than this key's limit of 5000 tokens per minute/);
    const denied = await errorOf(ask(client, { model: "o3" }));
    assert.ok(denied instanceof Denied, String(denied));
    assert.equal(counting.calls.length, 2);
  });
}
