/**
 * Stop sequences and limits of tokens, which DeGPT drops and the gateway keeps; parameters that
 * have no effect; parameters that cannot be honoured. The core's own tests have every cut of the
 * texts; these show that it reaches the client, and that DeGPT is let go.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { CHAT, MESSAGES, chunks as openAiChunks, messageEvents, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

/** What was said and why it ended, in whichever dialect and delivery. */
const dialects = {
  openai: {
    async ask({ stop, maxTokens, ...more }) {
      const limits = { stop, max_tokens: maxTokens };
      const answer = await post(gateway, CHAT, { messages: [user("Hello")], ...limits, ...more });
      if (!more.stream) {
        const [{ message, finish_reason }] = answer.json.choices;
        return { text: message.content, end: [finish_reason] };
      }
      const chunks = openAiChunks(answer.text);
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
      return { text, end: chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []) };
    },
    end: { stop: () => ["stop"], length: ["length"], none: ["stop"] },
  },
  anthropic: {
    async ask({ stop, maxTokens = 4096, ...more }) {
      const limits = { stop_sequences: stop && [stop].flat(), max_tokens: maxTokens };
      const answer = await post(gateway, MESSAGES, { messages: [user("Hello")], ...limits, ...more });
      if (!more.stream) {
        const { content, stop_reason, stop_sequence } = answer.json;
        return { text: content[0]?.text ?? "", end: [stop_reason, stop_sequence] };
      }
      const events = messageEvents(answer.text);
      const text = events.map(({ delta }) => delta?.text ?? "").join("");
      const { stop_reason, stop_sequence } = events.find(({ type }) => type === "message_delta").delta;
      return { text, end: [stop_reason, stop_sequence] };
    },
    end: { stop: (sequence) => ["stop_sequence", sequence], length: ["max_tokens", null], none: ["end_turn", null] },
  },
};

// text, limits, what is said, and the stop sequence, "length" or "none"
const TABLE = [
  ["one END two", { stop: "END" }, "one ", "END"],
  ["END", { stop: ["END"] }, "", "END"],
  ["one twoEND", { stop: ["END"] }, "one two", "END"],
  ["xaab", { stop: ["ab", "aab"] }, "x", "aab"],
  ["好的停，停止吧 😊", { stop: ["停止"] }, "好的停，", "停止"],
  ["a😀b😊c", { stop: ["😊"] }, "a😀b", "😊"],
  ["no such thing", { stop: ["END"] }, "no such thing", "none"],
  ["one two three four", { maxTokens: 2 }, "one two", "length"],
  ["one two three four", { maxTokens: 4 }, "one two three four", "none"],
  ["四十二是答案。", { maxTokens: 1 }, "四", "length"],
  ["one two three four", { maxTokens: 2, stop: [" three"] }, "one two", " three"],
  ["one two three four", { maxTokens: 1, stop: [" three"] }, "one", "length"],
];

for (const [name, { ask, end }] of Object.entries(dialects)) {
  for (const stream of [true, false]) {
    test(`${name}, ${stream ? "streamed" : "as JSON"}: answers end where they are asked to`, async () => {
      for (const writeMode of ["events", "bytes"]) {
        for (const [text, limits, said, why] of TABLE) {
          upstream.queue({ text, writeMode });
          const answer = await ask({ ...limits, stream });
          const expected = typeof end[why] === "object" ? end[why] : end.stop(why);
          assert.deepEqual(answer, { text: said, end: expected }, `${text} ${JSON.stringify(limits)} ${writeMode}`);
        }
      }
    });

    test(`${name}, ${stream ? "streamed" : "as JSON"}: DeGPT is let go within a second`, async () => {
      for (const limits of [{ stop: ["STOP"] }, { maxTokens: 3 }]) {
        upstream.reset();
        const chunks = ["Here we go", " STOP", " and on"].map((content) => ({ content }));
        upstream.queue({ chunks: [...chunks, ...Array(500).fill({ content: " and on" })], paceMs: 20 });
        await ask({ ...limits, stream });
        const endedAt = Date.now();
        const chat = () => upstream.requests.find(({ path }) => path.endsWith("/proxy"));
        while (!chat().releasedAt && Date.now() - endedAt < 3_000) await sleep(20);
        assert.ok(chat().releasedAt - endedAt < 1_000, JSON.stringify(limits));
        assert.equal(chat().outcome, "aborted");
      }
    });
  }
}

test("reasoning counts towards max_completion_tokens and not towards max_tokens", async () => {
  const answer = { reasoning: "one two three", text: "four five six" };
  for (const [limits, reasoning, text] of [
    [{ max_completion_tokens: 5 }, "one two three", "four five"],
    [{ max_completion_tokens: 2 }, "one two", ""],
    [{ max_tokens: 2 }, "one two three", "four five"],
  ]) {
    upstream.queue(answer);
    const { json } = await post(gateway, CHAT, { model: "deepseek-reasoner", messages: [user("Hello")], ...limits });
    const [{ message, finish_reason }] = json.choices;
    assert.deepEqual([message.reasoning_content, message.content, finish_reason], [reasoning, text, "length"]);
    assert.equal(json.usage.completion_tokens_details.reasoning_tokens, reasoning.split(" ").length);
  }
});

test("what has no effect is named, or refused where the client is strict", async () => {
  const strict = { "x-degpt-strict": "true" };
  for (const [path, body, expected] of [
    [CHAT, { temperature: 0.5, top_p: 1, seed: 7, presence_penalty: null }, "temperature, top_p, seed"],
    [MESSAGES, { temperature: 0, top_k: 5, metadata: { user_id: "u" } }, "temperature, top_k"],
    [CHAT, { user: "u", max_tokens: 100, stop: "x" }, undefined],
  ]) {
    const request = { messages: [user("Hello")], ...body };
    for (const stream of [true, false]) {
      const answer = await post(gateway, path, { ...request, stream });
      assert.deepEqual([answer.status, answer.headers["x-degpt-ignored"]], [200, expected]);
    }
    const refused = await post(gateway, path, request, strict);
    assert.equal(refused.status, expected ? 400 : 200);
    if (expected) assert.ok(refused.text.includes(expected.split(",")[0]), refused.text);
  }
});

test("what would change the answer's shape is refused by name", async () => {
  const audio = { voice: "alloy", format: "wav" };
  for (const [param, body] of [
    ["n", { n: 9 }],
    ["audio", { audio }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["stop", { stop: ["a", "b", "c", "d", "e"] }],
    ["max_tokens", { max_tokens: 0 }],
    ["max_completion_tokens", { max_completion_tokens: 0 }],
  ]) {
    const { status, json } = await post(gateway, CHAT, { messages: [user("Hello")], ...body });
    assert.deepEqual([status, json.error?.param], [400, param]);
  }
  const harmless = { n: 1, logprobs: false, modalities: ["text"], audio: null };
  assert.equal((await post(gateway, CHAT, { messages: [user("Hello")], ...harmless })).status, 200);
});
