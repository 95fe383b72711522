/**
 * What the checks with official clients share: a gateway in workerd with the stand-in for DeGPT
 * behind it, and a count of the requests a client makes.
 *
 * The numbers D1 to D18 in the names of tests are those of the project's list of client checks.
 * D8, D10, D11 and D12 are about tools: the first is in python/openai_checks.py, the second there
 * in anthropic_checks.py and, like the other two, in tools.test.mjs.
 *
 * With DEGPT_TEST_BREAKAGE a proxy stands in front of the gateway and breaks one thing: see
 * breakages/table.mjs.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { startBreakingProxy } from "./breakages/proxy.mjs";

/** A key the gateway knows, and one that it does not. */
export const KEY = "sk-client-check";
export const BAD_KEY = "sk-somebody-else";

/** Texts with all that a stream may cut in two: a character of four bytes, a joined emoji, JSON. */
export const QUESTION = "Say something.";
export const ANSWER = 'One 👨‍👩‍👧 two, 中文 three, "four" \\ and\ndata: [DONE]\nfive.';

/** A model that answers plainly, one that thinks, and one that nobody has. */
export const MODEL = "deepseek-chat";
export const THINKER = "deepseek-reasoner";
export const NO_MODEL = "gpt-99-nonexistent";

/** Starts both, the stand-in with options of its own; `api` is the base URL of Anthropic's clients, `openai` that of OpenAI's. */
export async function startStack({ vars = {}, standIn = {} } = {}) {
  const upstream = await startUpstream(standIn);
  const gateway = await startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, ...vars } });
  const breakage = process.env.DEGPT_TEST_BREAKAGE;
  const proxy = breakage ? await startBreakingProxy(gateway.url, breakage) : undefined;
  const url = proxy?.url ?? gateway.url;
  return {
    upstream,
    gateway,
    url,
    api: `${url}/api`,
    openai: `${url}/api/v1`,
    async close() {
      await proxy?.close();
      await gateway.close();
      await upstream.close();
    },
  };
}

/** The same around all tests of a file; the stand-in forgets what it was told before each. */
export function useStack(options) {
  const stack = {};
  before(async () => Object.assign(stack, await startStack(options)));
  beforeEach(() => stack.upstream.reset());
  after(() => stack.close?.());
  return stack;
}

/** A test that a client which hangs cannot hold up. */
export const check = (name, body) => test(name, { timeout: 20_000 }, body);

/** A `fetch` for a client, with `calls`: the times at which it was called. */
export function countingFetch() {
  const counting = (...args) => {
    counting.calls.push(performance.now());
    return fetch(...args);
  };
  counting.calls = [];
  return counting;
}

/** The error a promise rejects with; fails if it does not. */
export async function errorOf(promise) {
  const value = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  assert.ok("error" in value, `expected an error, got ${JSON.stringify(value.value)}`);
  return value.error;
}

/** All that an async iterable yields. */
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Reads a body until `mark` has come, and returns how long it then took to end, in milliseconds. */
export async function timeFromMarkToEnd(response, mark) {
  let text = "";
  let seen;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (seen === undefined && text.includes(mark)) seen = performance.now();
  }
  assert.notEqual(seen, undefined, `no ${mark} in ${text}`);
  return performance.now() - seen;
}
