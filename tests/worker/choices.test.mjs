/**
 * Several choices of one OpenAI request (`n` above 1) through the built Worker: each is asked for,
 * retried and corrected alone, all are written to one answer, and one that breaks ends them all.
 */
import assert from "node:assert/strict";
import http from "node:http";
import test, { beforeEach } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { CHAT, KEY, MESSAGES, chatsOf, chunks, events, post, startBoth, user } from "./client.mjs";

const KEEP_ALIVE_MS = 300;
const { gateway, upstream } = await startBoth({ vars: { KEEP_ALIVE_MS: String(KEEP_ALIVE_MS), COMMIT_AFTER_MS: "400", MAX_ANSWER_BYTES: "20000000" } });
beforeEach(() => upstream.reset());

const MOST = 8;
const TEXTS = ["One is here.", "Two is quite a bit longer than one.", "Three."];
const STREAMED = [false, true];

const ask = (n, more = {}, headers) => post(gateway, CHAT, { messages: [user("Hello")], n, ...more }, headers);

/** The choices of an answer, by index, each as one message with its `finish`; checks what they share. */
function choicesOf({ status, text, json }) {
  assert.equal(status, 200, text);
  if (json) {
    json.choices.forEach((choice, place) => assert.deepEqual([choice.index, choice.logprobs], [place, null]));
    return json.choices.map(({ message, finish_reason: finish }) => ({ ...message, finish }));
  }
  return merged(chunks(text));
}

function merged(all) {
  const shared = new Set(all.map(({ id, object, created, model }) => JSON.stringify([id, object, created, model])));
  assert.equal(shared.size, 1, "all chunks have one id, time and model");
  const found = [];
  for (const { choices } of all) {
    if (choices.length === 0) continue;
    assert.equal(choices.length, 1);
    const [{ index, delta, finish_reason: finish }] = choices;
    assert.equal(delta.role !== undefined, found[index] === undefined, "a choice begins with its role, once");
    const choice = (found[index] ??= { role: delta.role, content: "", reasoning_content: "", tool_calls: [] });
    assert.equal(choice.finish, undefined, "nothing comes after a choice's finish");
    choice.content += delta.content ?? "";
    choice.reasoning_content += delta.reasoning_content ?? "";
    for (const { index: place, function: { name, arguments: text }, id } of delta.tool_calls ?? []) {
      const call = (choice.tool_calls[place] ??= { id, function: { name, arguments: "" } });
      call.function.arguments += text;
    }
    if (finish) choice.finish = finish;
  }
  assert.ok(found.every(({ finish }) => finish), "every choice has its finish");
  return found;
}

const contents = (answer) => choicesOf(answer).map(({ content }) => content).sort();

/** The error that ends a stream; nothing comes after it. */
function errorOf({ status, text }) {
  assert.equal(status, 200, text);
  const all = events(text);
  const errors = all.filter(({ data }) => data !== "[DONE]" && JSON.parse(data).error);
  assert.equal(errors.length, 1, text);
  assert.equal(errors[0], all.at(-1));
  return JSON.parse(errors[0].data).error;
}

/** Waits until no request is being answered, and tells how each ended. */
async function outcomes(withinMs = 2_000) {
  for (const from = Date.now(); Date.now() - from < withinMs; await sleep(10)) {
    if (chatsOf(upstream).every(({ endedAt }) => endedAt)) break;
  }
  return chatsOf(upstream).map(({ outcome }) => outcome).sort();
}

for (const stream of STREAMED) {
  const how = stream ? "streamed" : "whole";

  test(`each choice has its number, text and finish: ${how}`, async () => {
    upstream.queue({ text: TEXTS[0] }, { text: TEXTS[1] }, { text: TEXTS[2], finishReason: "length" });
    const choices = choicesOf(await ask(3, { stream }));
    assert.deepEqual(choices.map(({ content }) => content).sort(), TEXTS.toSorted());
    for (const { role, content, finish } of choices) assert.deepEqual([role, finish], ["assistant", content === TEXTS[2] ? "length" : "stop"]);
    assert.equal(chatsOf(upstream).length, 3);
    assert.deepEqual(new Set(chatsOf(upstream).map(({ body }) => JSON.stringify(body))).size, 1);
  });

  test(`the prompt counts once, the answers together: ${how}`, async () => {
    const usage = async (n, texts) => {
      upstream.queue(...texts.map((text) => ({ text, reasoning: "Hmm, let me think." })));
      const answer = await ask(n, { stream, model: "deepseek-reasoner", stream_options: { include_usage: true } });
      if (!stream) return answer.json.usage;
      const counted = chunks(answer.text).filter(({ usage }) => usage);
      assert.equal(counted.length, 1);
      assert.deepEqual(counted[0].choices, []);
      return counted[0].usage;
    };
    const alone = [];
    for (const text of TEXTS) alone.push(await usage(1, [text]));
    const all = await usage(3, TEXTS);
    const sum = (count) => alone.reduce((sum, each) => sum + count(each), 0);
    const completion = sum(({ completion_tokens: tokens }) => tokens);
    assert.deepEqual(all, {
      prompt_tokens: alone[0].prompt_tokens,
      completion_tokens: completion,
      total_tokens: alone[0].prompt_tokens + completion,
      completion_tokens_details: { reasoning_tokens: sum(({ completion_tokens_details: { reasoning_tokens: tokens } }) => tokens) },
    });
  });

  test(`tools, stop and limits hold for each choice: ${how}`, async () => {
    const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
    const called = choicesOf(await ask(3, { stream, tools, messages: [user('Use weather({"city":"Paris"})')] }));
    for (const { tool_calls: calls, finish } of called) {
      assert.deepEqual([calls.length, calls[0].function.name, finish], [1, "weather", "tool_calls"]);
      assert.deepEqual(JSON.parse(calls[0].function.arguments), { city: "Paris" });
      assert.match(calls[0].id, /^call_\w{1,35}$/);
    }
    assert.equal(new Set(called.map(({ tool_calls: [{ id }] }) => id)).size, 3, "no two calls have one id");

    upstream.queue({ text: "a STOP b" }, { text: "one two three four five six" }, { text: "c" });
    const limited = choicesOf(await ask(3, { stream, stop: ["STOP"], max_tokens: 3 }));
    assert.deepEqual(limited.map(({ content, finish }) => `${content.trim()} ${finish}`).sort(), ["a stop", "c stop", "one two three length"]);
  });

  test(`a choice without the required call is asked for again, alone: ${how}`, async () => {
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
    const call = '<tool_call>{"name": "f", "arguments": {}}</tool_call>';
    upstream.queue({ text: "No." }, { text: call }, { text: call }, { text: call });
    const choices = choicesOf(await ask(3, { stream, tools, tool_choice: "required" }));
    assert.deepEqual(choices.map(({ finish }) => finish), ["tool_calls", "tool_calls", "tool_calls"]);
    assert.equal(chatsOf(upstream).length, 4);
    const lengths = chatsOf(upstream).map(({ body }) => body.messages.length).sort();
    assert.deepEqual(lengths, [lengths[0], lengths[0], lengths[0], lengths[0] + 2]);
  });

  test(`a choice that fails before its first word is retried alone: ${how}`, async () => {
    upstream.queue({ fakeSuccess: true }, ...TEXTS.map((text) => ({ text })));
    assert.deepEqual(contents(await ask(3, { stream })), TEXTS.toSorted());
    assert.equal(chatsOf(upstream).length, 4);
  });

  test(`${MOST} choices are answered, and one choice as ever: ${how}`, async () => {
    for (const n of [MOST, 1, 1.0, null]) {
      upstream.reset();
      upstream.setDefaults({ text: "Hi" });
      const count = n ?? 1;
      assert.deepEqual(contents(await ask(n, { stream })), Array(count).fill("Hi"));
      assert.equal(chatsOf(upstream).length, count);
    }
  });
}

test("other numbers of choices are refused", async () => {
  for (const n of [0, MOST + 1, 2 ** 40, -1, 1.5, "2", [2]]) {
    const { status, json } = await ask(n);
    assert.deepEqual([status, json.error.type, json.error.param], [400, "invalid_request_error", "n"], JSON.stringify(n));
  }
  assert.equal(chatsOf(upstream).length, 0);
});

test("Anthropic's API has no choices: `n` is named", async () => {
  const answer = await post(gateway, MESSAGES, { messages: [user("Hello")], max_tokens: 100, n: 3 });
  assert.deepEqual([answer.status, answer.headers["x-degpt-ignored"]], [200, "n"]);
  assert.equal(chatsOf(upstream).length, 1);
});

test("choices come as they are written: none waits for another", async () => {
  upstream.setDefaults({ chunkCount: 20, paceMs: 30 });
  const answer = await ask(3, { stream: true });
  const order = chunks(answer.text).filter(({ choices: [{ delta }] }) => delta.content).map(({ choices: [{ index }] }) => index);
  for (const index of [0, 1, 2]) {
    const others = order.slice(order.indexOf(index), order.lastIndexOf(index)).filter((other) => other !== index);
    assert.ok(new Set(others).size === 2, `the others come between the pieces of ${index}: ${order}`);
  }
  assert.ok(answer.endedAt - answer.startedAt < 3 * 20 * 30, "all take as long as one");
});

test("a quick choice does not wait for a slow one, and the stream waits for all", async () => {
  upstream.queue({ text: "Slow", delayHeadersMs: 900 }, { text: "Quick" });
  const answer = await ask(2, { stream: true });
  assert.deepEqual(contents(answer), ["Quick", "Slow"]);
  const quick = answer.pieces.find(({ text }) => /"content":"\w/.test(text));
  assert.ok(quick.at - answer.startedAt < 700, "it came at once");
});

test("keep-alives are as many as for one answer", async () => {
  upstream.setDefaults({ silentAfter: 0 });
  const from = Date.now();
  const client = open({ n: 4, stream: true });
  await sleep(KEEP_ALIVE_MS * 5 + 200);
  client.leave();
  const count = client.text().split(": keep-alive\n\n").length - 1;
  assert.ok(count >= 3 && count <= Math.ceil((Date.now() - from) / KEEP_ALIVE_MS), `${count} keep-alives`);
});

test("a choice that breaks in its text ends the answer with one error, and the others are let go", async () => {
  upstream.queue({ breakAfter: 3, paceMs: 30 }, { chunkCount: 1_000, paceMs: 30, times: 2 });
  assert.equal(errorOf(await ask(3, { stream: true })).code, "upstream_truncated");
  assert.deepEqual(await outcomes(), ["aborted", "aborted", "broken"]);

  upstream.reset();
  upstream.queue({ breakAfter: 3, paceMs: 30 }, { chunkCount: 1_000, paceMs: 30, times: 2 });
  const { status, json } = await ask(3);
  assert.deepEqual([status, json.error.code], [502, "upstream_truncated"]);
  assert.deepEqual(await outcomes(), ["aborted", "aborted", "broken"]);
});

test("a choice that fails for good ends the answer: as a status before the headers, as an event after them", async () => {
  for (const stream of STREAMED) {
    upstream.reset();
    upstream.queue({ status: 429, delayHeadersMs: 80 }, { chunkCount: 1_000, paceMs: 30, delayHeadersMs: 5_000, times: 2 });
    assert.equal((await ask(3, { stream })).status, 429);
    assert.deepEqual(await outcomes(), ["aborted", "aborted", "answered"]);
  }
  upstream.reset();
  upstream.queue({ status: 429, delayHeadersMs: 500 }, { chunkCount: 1_000, paceMs: 30 }, { neverAnswer: true });
  assert.equal(errorOf(await ask(3, { stream: true })).code, "rate_limit_exceeded");
  assert.deepEqual(await outcomes(), ["aborted", "aborted", "answered"]);
});

test("of the answers as JSON the header tells about the worst", async () => {
  const format = { response_format: { type: "json_object" } };
  upstream.queue({ text: "{}" }, { text: '{"a": 1}' }, { text: "No." }, { text: "No." });
  const answer = await ask(3, format);
  assert.equal(chatsOf(upstream).length, 4);
  assert.equal(answer.headers["x-degpt-json"], "invalid");
  upstream.queue({ text: "{}" }, { text: '{"a": 1}' }, { text: "No." }, { text: "[]" }, { text: '{"b": 2}' }, { text: '{"b": 2}' });
  const mended = await ask(4, format);
  assert.equal(mended.headers["x-degpt-json"], undefined);
  assert.deepEqual(contents(mended).map((text) => JSON.parse(text)), [{ a: 1 }, { b: 2 }, { b: 2 }, {}]);
});

test("when the client leaves, all choices are let go", async () => {
  upstream.setDefaults({ chunkCount: 10_000, paceMs: 20 });
  const client = open({ n: 3, stream: true });
  await client.until((text) => text.split("content").length > 10);
  client.leave();
  assert.deepEqual(await outcomes(), ["aborted", "aborted", "aborted"]);

  upstream.reset();
  // One flows, one has not begun, one has no headers yet.
  upstream.queue({ chunkCount: 10_000, paceMs: 20 }, { silentAfter: 0 }, { neverAnswer: true });
  const other = open({ n: 3, stream: true });
  await other.until((text) => text.split("content").length > 10);
  other.leave();
  assert.deepEqual(await outcomes(), ["aborted", "aborted", "aborted"]);
});

test("a client that does not read holds all choices up", async () => {
  upstream.setDefaults({ chunkCount: 400_000, writeMode: { mode: "group", events: 500 } });
  const client = open({ n: 3, stream: true });
  await client.until((text) => text.includes("content"));
  client.pause();
  await sleep(1_500);
  const before = chatsOf(upstream).map(({ bytesWritten }) => bytesWritten);
  await sleep(500);
  assert.deepEqual(chatsOf(upstream).map(({ bytesWritten }) => bytesWritten), before);
  client.leave();
});

/** A client that can leave, or stop reading. */
function open(body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  const pieces = [];
  let response;
  const sent = http.request(gateway.url + CHAT, { method: "POST", headers, agent: false }, (came) => {
    response = came.setEncoding("utf8").on("data", (text) => pieces.push(text)).on("error", () => {});
  });
  sent.on("error", () => {});
  sent.end(JSON.stringify({ messages: [user("Hello")], ...body }));
  const text = () => pieces.join("");
  const until = async (isIt) => {
    for (const from = Date.now(); !isIt(text()); await sleep(5)) assert.ok(Date.now() - from < 5_000, text().slice(0, 2_000));
  };
  return { text, until, pause: () => response.pause(), leave: () => sent.destroy() };
}
