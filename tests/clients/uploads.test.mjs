/**
 * Official clients that are refused while they still upload: each reads the refusal, and none takes
 * it for a broken connection.
 */
import assert from "node:assert/strict";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { BAD_KEY, KEY, MODEL, check, errorOf, useStack } from "./support.mjs";

const stack = useStack();
const messages = [{ role: "user", content: "x".repeat(24 * 1024 * 1024) }];
const TIMES = 3;

/** Whose key, and what it is told: 24 MiB are too much for anyone. */
const TABLE = [
  [BAD_KEY, 401],
  [KEY, 413],
];

for (const [apiKey, status] of TABLE) {
  check(`openai: a ${status} while it uploads`, async () => {
    const client = new OpenAI({ baseURL: stack.openai, apiKey, maxRetries: 0 });
    for (let time = 0; time < TIMES; time += 1) {
      assert.equal((await errorOf(client.chat.completions.create({ model: MODEL, messages }))).status, status);
    }
  });

  check(`@anthropic-ai/sdk: a ${status} while it uploads`, async () => {
    const client = new Anthropic({ baseURL: stack.api, apiKey, maxRetries: 0 });
    for (let time = 0; time < TIMES; time += 1) {
      assert.equal((await errorOf(client.messages.create({ model: MODEL, max_tokens: 9, messages }))).status, status);
    }
  });
}
