/**
 * How an answer ends: reasoning alone is none, Claude's own limit is told, and what goes on from an
 * assistant's turn does not repeat it. In every API, streamed and as JSON.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, lastBody, post, startBoth, user } from "./client.mjs";

const RESPONSES = "/api/v1/responses";
const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const OPUS = "claude-opus-4-20250514";

const apis = [
  {
    name: "chat",
    path: CHAT,
    turns: (messages) => ({ messages }),
    hidden: { include_reasoning: false },
    text: ({ choices }) => choices[0].message.content,
    finish: ({ choices }) => choices[0].finish_reason,
    ends: { stop: "stop", length: "length" },
    streamedFinish: (text) => /"finish_reason":"(\w+)"/.exec(text)?.[1],
    streamed: (text) => [...text.matchAll(/"delta":\{"content":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json)).join(""),
    fails: /^data: \{"error":\{[^\n]*"code":"upstream_declined"\}\}\n\n$/m,
  },
  {
    name: "messages",
    path: MESSAGES,
    turns: (messages) => ({ messages, max_tokens: 50_000 }),
    hidden: { include_reasoning: false },
    text: ({ content }) => content.map(({ text = "" }) => text).join(""),
    finish: ({ stop_reason }) => stop_reason,
    ends: { stop: "end_turn", length: "max_tokens" },
    streamedFinish: (text) => /"stop_reason":"(\w+)"/.exec(text)?.[1],
    streamed: (text) => [...text.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json)).join(""),
    fails: /^event: error\ndata: \{"type":"error"/m,
  },
  {
    name: "responses",
    path: RESPONSES,
    turns: (messages) => ({ input: messages }),
    hidden: { include_reasoning: false },
    text: ({ output }) => output.flatMap(({ content = [] }) => content.map(({ type, text }) => (type === "output_text" ? text : ""))).join(""),
    finish: ({ status, incomplete_details: why }) => why?.reason ?? status,
    ends: { stop: "completed", length: "max_output_tokens" },
    streamedFinish: (text) => /event: response\.(completed|incomplete)\n/.exec(text)?.[1]?.replace("incomplete", "max_output_tokens"),
    streamed: (text) => [...text.matchAll(/output_text\.delta",.*?"delta":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json)).join(""),
    fails: /^event: response\.failed\n/m,
  },
];

const ALONE = [
  ["reasoning alone", { fault: "reasoningAlone" }],
  ["a thought in the text alone", { text: "<think>Hmm</think>\n\n" }],
];

for (const api of apis) {
  const ask = (more, messages = [user("Hello")]) => post(gateway, api.path, { model: "deepseek-reasoner", ...api.turns(messages), ...more });

  for (const [what, fault] of ALONE) {
    test(`${api.name}: ${what} is repeated once as JSON, then a 502`, async () => {
      upstream.queue(fault, { text: "There." });
      const second = await ask();
      assert.deepEqual([second.status, api.text(second.json)], [200, "There."]);
      assert.equal(chatsOf(upstream).length, 2);
      upstream.reset();
      upstream.queue(fault, fault, { text: "Never." });
      const refused = await ask();
      assert.equal(refused.status, 502, refused.text);
      assert.equal(chatsOf(upstream).length, 2);
    });

    test(`${api.name}: ${what} ends a stream with the error event`, async () => {
      upstream.queue(fault);
      const { status, text } = await ask({ stream: true });
      assert.equal(status, 200);
      assert.match(text, /Hm/);
      assert.match(text, api.fails);
      assert.doesNotMatch(text, /data: \[DONE\]|message_stop|response\.completed/);
      assert.equal(chatsOf(upstream).length, 1);
    });

    test(`${api.name}: ${what}, hidden, is repeated in a stream`, async () => {
      upstream.queue(fault, { text: "There." });
      const answer = await ask({ stream: true, ...api.hidden });
      assert.equal(answer.status, 200);
      assert.equal(api.streamed(answer.text), "There.");
      assert.equal(chatsOf(upstream).length, 2);
      upstream.reset();
      upstream.queue(fault, fault, { text: "Never." });
      const refused = await ask({ stream: true, ...api.hidden });
      assert.equal(refused.status, 502, refused.text);
      assert.equal(chatsOf(upstream).length, 2);
    });
  }

  test(`${api.name}: a call after reasoning is an answer, and so is a reason`, async () => {
    const tool = api.name === "chat" ? { type: "function", function: { name: "f" } } : api.name === "messages" ? { name: "f", input_schema: { type: "object" } } : { type: "function", name: "f" };
    upstream.queue({ reasoning: "Hmm", text: '<tool_call>{"name": "f", "arguments": {}}</tool_call>' });
    const called = await ask({ tools: [tool] });
    assert.equal(called.status, 200, called.text);
    assert.match(called.text, /tool_calls|tool_use|function_call/);
    upstream.queue({ provided: [{ reasoning_content: "Hmm" }, "x"], finishReason: "length" });
    const cut = await ask();
    assert.equal(api.finish(cut.json), api.ends.length);
    assert.equal(chatsOf(upstream).length, 2);
  });

  test(`${api.name}: an answer at Claude's own limit is told as cut off`, async () => {
    const long = "word ".repeat(7_600);
    for (const [text, end] of [["word ".repeat(7_000), "stop"], [long, "length"], [`${long}${long}`, "length"]]) {
      upstream.queue({ text }, { text });
      const whole = await ask({ model: OPUS });
      assert.equal(api.finish(whole.json), api.ends[end], `${text.length}`);
      assert.equal(api.text(whole.json), text);
      const streamed = await ask({ model: OPUS, stream: true });
      assert.equal(api.streamedFinish(streamed.text), api.ends[end]);
    }
    // Another family has no such limit.
    upstream.queue({ text: long });
    assert.equal(api.finish((await ask({ model: "deepseek-chat" })).json), api.ends.stop);
    // With thinking it is another, and the reasoning counts.
    upstream.queue({ reasoning: long, text: "word ".repeat(3_000) }, { reasoning: long, text: "word ".repeat(5_000) });
    assert.equal(api.finish((await ask({ model: `${OPUS}-think` })).json), api.ends.stop);
    assert.equal(api.finish((await ask({ model: `${OPUS}-think` })).json), api.ends.length);
  });

  test(`${api.name}: an assistant's turn is gone on from, without what is repeated`, async () => {
    const begun = "Here is the code:\n```js\nlet answer";
    const turns = [user("Write it"), { role: "assistant", content: begun }];
    for (const model of ["deepseek-chat", "gpt-4o", OPUS, "qwen3-235b-a22b-think"]) {
      for (const [said, expected] of [
        [" = 1;\n```\nDone.", " = 1;\n```\nDone."],
        [`${begun} = 1;\n\`\`\`\nDone.`, " = 1;\n```\nDone."],
        ["```js\nlet answer = 1;\n```", " = 1;\n```"],
        [`\n\n${begun} = 1;`, " = 1;"],
      ]) {
        upstream.queue({ text: said }, { text: said, writeMode: "bytes" });
        const whole = await ask({ model }, turns);
        assert.equal(whole.status, 200, whole.text);
        const { messages, reload = false } = lastBody(upstream);
        assert.deepEqual([messages.at(-1).role, reload], ["user", false]);
        assert.match(messages.at(-1).content, /^Continue exactly/);
        assert.equal(api.text(whole.json), expected, model);
        const streamed = await ask({ model, stream: true }, turns);
        assert.equal(api.streamed(streamed.text), expected, model);
      }
    }
    // Qwen goes on by itself, when it does not think.
    const own = await ask({ model: "qwen3-235b-a22b" }, turns);
    assert.equal(own.status, 200);
    assert.equal(lastBody(upstream).reload, true);
    assert.match(api.text(own.json), /went on after/);
  });
}
