/**
 * Odd values in DeGPT's chunks, through the built Worker: halves of characters are joined, what
 * nobody needs may be anything, and only a chunk that says nothing readable is garbled.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { dialects, post, said, startBoth } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const DELIVERIES = [false, true];

/** A chunk as DeGPT writes it, of a `delta` in JSON. */
const usual = (delta) =>
  `{"id": "1a-2b", "object": "chat.completion.chunk", "created": 1755954793, "model": "deepseek-chat", "choices": [{"index": 0, "delta": ${delta}, "logprobs": null, "finish_reason": null}]}`;
const content = (json) => usual(`{"content": ${json}}`);
const HI = content('"Hi"');

/** What a client gets when DeGPT sends these `data` lines. */
async function answers(lines, check) {
  for (const { name, path, body } of dialects) {
    for (const stream of DELIVERIES) {
      upstream.reset();
      upstream.queue({ raw: lines.map((line) => `data: ${line}\n\n`), times: "always" });
      const answer = await post(gateway, path, body({ model: "deepseek-reasoner", stream }));
      check(answer, `${name}, ${stream ? "streamed" : "whole"}`);
    }
  }
}

/** Name, the lines before `[DONE]`, and what is said: the text, and the reasoning if there is any. */
const READ = [
  ["halves over two chunks", [content('"a \\ud83d"'), content('"\\ude0a b"')], "a 😊 b"],
  ["halves alone in their chunks", [content('"\\ud83d"'), content('"\\ude0a"')], "😊"],
  ["halves and nothing between them", [content('"\\uD83D"'), content('""'), content("null"), content('"\\uDE0A"')], "😊"],
  ["two characters in three chunks", [content('"\\ud83d"'), content('"\\ude0a\\ud83c"'), content('"\\udf89"')], "😊🎉"],
  ["a first half alone", [content('"a\\ud83d"'), content('"b"')], "a\ufffdb"],
  ["a first half at the end", [HI, content('"\\ud83d"')], "Hi\ufffd"],
  ["a second half alone", [content('"\\ude0a b"')], "\ufffd b"],
  ["two first halves", [content('"\\ud83d"'), content('"\\ud83d\\ude0a"')], "\ufffd😊"],
  ["halves of two texts", [usual('{"reasoning_content": "\\ud83d"}'), content('"\\ude0a"')], "\ufffd", "\ufffd"],
  ["halves of reasoning", [usual('{"reasoning_content": "\\ud83d"}'), usual('{"reasoning_content": "\\ude0a"}'), HI], "Hi", "😊"],
  ["NaN where nobody reads", [HI.replace("1755954793", "NaN"), HI.replace('"logprobs": null', '"logprobs": {"a": [-Infinity, NaN]}')], "HiHi"],
  ["a key again", [HI.replace('"model"', '"id": "1a-2b", "model"'), content('"one", "content": "two"')], "Hitwo"],
  ["an empty data line", [HI, "", " ", HI], "HiHi"],
  ["a finish reason that is a number", [HI.replace('"finish_reason": null', '"finish_reason": 5')], "Hi"],
  ["reasoning that is a number beside text", [usual('{"reasoning_content": 5, "content": "Hi"}')], "Hi"],
  ["other choices than the first", [HI.replace("}]}", '}, 5, {"delta": NaN}]}')], "Hi"],
  ["bytes that are not UTF-8 where nobody reads", [{ base64: Buffer.from(`data: ${HI.replace("1a-2b", "1a-\xff")}\n\n`, "latin1").toString("base64") }], "Hi"],
];

for (const [name, lines, text, reasoning = ""] of READ) {
  test(`read: ${name}`, async () => {
    const pieces = [...lines, "[DONE]"];
    for (const { name: dialect, path, body } of dialects) {
      for (const stream of DELIVERIES) {
        upstream.reset();
        upstream.queue({ raw: pieces.map((line) => (typeof line === "string" ? `data: ${line}\n\n` : line)) });
        const answer = await post(gateway, path, body({ model: "deepseek-reasoner", stream }));
        const where = `${dialect}, ${stream ? "streamed" : "whole"}: ${answer.text}`;
        assert.equal(answer.status, 200, where);
        assert.deepEqual(said(answer), { text, reasoning }, where);
      }
    }
  });
}

const GARBLED = [
  ["no JSON", "<html>"],
  ["a chunk that is cut", HI.slice(0, -1)],
  ["a text that is cut", HI.slice(0, HI.indexOf("Hi") + 1)],
  ["two objects in a line", HI + HI],
  ["a text that is a number", content("5")],
  ["a text that is NaN", content("NaN")],
  ["choices that are no list", '{"choices": {"delta": {"content": "Hi"}}}'],
];
for (const [name, line] of GARBLED) {
  test(`garbled: ${name}`, () =>
    answers([line, HI, "[DONE]"], (answer, where) => {
      assert.equal(answer.status, 502, `${where}: ${answer.text}`);
      assert.match(answer.json.error.message, /could not be understood/, where);
    }));
}
