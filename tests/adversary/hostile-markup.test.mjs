/**
 * A model that writes the beginnings of calls in any form, again and again: each answer goes out to the letter,
 * twice as long a one takes about twice the time, and the memory stays small.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, post, startBoth, user } from "../worker/client.mjs";
import { withPeak } from "./support.mjs";

const BYTES = 400_000;
/** What may be added to twice the time on a busy machine. */
const SLACK_MS = 1_500;
const MOST_BYTES = 64e6;

const PIECES = [
  "<|open|>call tool=",
  "<|open|>tools<|sep|>",
  "<｜GCML｜",
  "<ifm|",
  "<longcat_tool_",
  "<|tool_call>call:",
  "<start_function_call>call:rm{a:<escape>",
  '<|"|>',
  "<|python_tag|>[]\n.",
  "<|python_start|>[rm(",
  "<|START_ACTION|>[",
  "<|tools_prefix|>[{",
  "<|action_start|> <|plugin|>\n",
  "functools[",
  "]<]minimax[>[<tool_call>",
  '<function name="rm"><param name="a">',
  "<steptml:invoke name=",
  '<invoke name="rm"><parameter name="a">x</functio',
];

const { gateway, upstream } = await startBoth();
const tools = [{ type: "function", function: { name: "rm", parameters: { type: "object", properties: { a: { type: "string" } } } } }];

async function timed(text) {
  upstream.reset();
  upstream.queue({ chunks: text.match(/[^]{1,1000}/g), times: "always" });
  const start = performance.now();
  const answer = await post(gateway, CHAT, { messages: [user("Hi")], tools });
  return { ms: performance.now() - start, answer };
}

for (const piece of PIECES) {
  test(`${JSON.stringify(piece)} again and again`, async () => {
    const [few, many] = [BYTES / 2, BYTES].map((bytes) => piece.repeat(bytes / Buffer.byteLength(piece)));
    const short = await timed(few);
    const { result: long, grownBytes } = await withPeak(gateway, () => timed(many));
    for (const [text, { answer }] of [[few, short], [many, long]]) {
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
      const { content, tool_calls: calls } = answer.json.choices[0].message;
      assert.deepEqual(calls ?? [], []);
      assert.ok(content === text, `${content.length} characters of ${text.length}`);
    }
    assert.ok(long.ms < 2 * short.ms + SLACK_MS, `${short.ms} ms, then ${long.ms} ms`);
    assert.ok(grownBytes < MOST_BYTES, `${grownBytes} bytes`);
  });
}
