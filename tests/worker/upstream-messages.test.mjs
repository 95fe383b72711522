/**
 * What becomes of a conversation on its way to DeGPT, family by family: the very messages the
 * stand-in gets, from both dialects.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { CHAT, MESSAGES, chatsOf, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const system = (content) => ({ role: "system", content });
const assistant = (content) => ({ role: "assistant", content });
const text = (words) => ({ type: "text", text: words });

/** Posts to `path`, and returns the messages DeGPT got. */
async function sent(path, model, body) {
  const answer = await post(gateway, path, { model, ...body });
  assert.equal(answer.status, 200, answer.text);
  const record = chatsOf(upstream).at(-1);
  assert.equal(record.why, null);
  assert.equal(record.body.model, model);
  return record.body.messages;
}

const OTHERS = ["deepseek-chat", "qwen3-235b-a22b", "doubao-seed-1-6-250615", "gemini-2.5-pro", "grok-4-0709", "gpt-4o", "o3"];

for (const model of OTHERS) {
  test(`${model} gets OpenAI's shape, the roles kept, empty turns left out`, async () => {
    const messages = [
      system("Be short."),
      { role: "developer", content: "Be kind." },
      user([text("a"), text("b")]),
      assistant(""),
      assistant([text("c"), text("d")]),
      user(""),
      user("e 🎉"),
    ];
    const expected = [system("Be short."), system("Be kind."), user("a\nb"), assistant("c\nd"), user("e 🎉")];
    assert.deepEqual(await sent(CHAT, model, { messages }), expected);
  });

  test(`${model} gets the same from Anthropic's blocks`, async () => {
    const body = {
      system: [text("Be short.")],
      messages: [
        user([text("a"), text("b")]),
        assistant([{ type: "thinking", thinking: "Hmm", signature: "s" }, text("c")]),
        user("d"),
      ],
    };
    assert.deepEqual(await sent(MESSAGES, model, body), [system("Be short."), user("a\nb"), assistant("c"), user("d")]);
  });
}

const CLAUDE = "claude-opus-4-20250514";

/** What Claude gets: no system role, turns that alternate, the user first, nothing empty. */
const claude = [
  ["the system's text goes into the first user turn", [system("Be short."), user("a")], [user("Be short.\n\na")]],
  ["so do several", [system("a"), { role: "developer", content: "b" }, user("c")], [user("a\n\nb\n\nc")]],
  ["turns of one role are merged", [user("a"), user("b"), assistant("c"), assistant("d"), user("e")], [user("a\n\nb"), assistant("c\n\nd"), user("e")]],
  ["an empty turn between two of one role is left out", [user("a"), assistant(""), user("b")], [user("a\n\nb")]],
  ["blank turns are left out", [user("a"), assistant(" \n"), user("b")], [user("a\n\nb")]],
  ["later instructions become the user's", [user("a"), assistant("b"), system("c"), user("d")], [user("a"), assistant("b"), user("c\n\nd")]],
  ["a system text alone is the user's", [system("a")], [user("a")]],
];
for (const [what, messages, expected] of claude) {
  test(`Claude: ${what}`, async () => {
    assert.deepEqual(await sent(CHAT, CLAUDE, { messages }), expected);
  });
}

test("Claude: a conversation that begins with the assistant gets a user's turn before it", async () => {
  const [first, ...rest] = await sent(CHAT, CLAUDE, { messages: [assistant("a"), user("b")] });
  assert.equal(first.role, "user");
  assert.ok(first.content.trim() !== "");
  assert.deepEqual(rest, [assistant("a"), user("b")]);
});

test("Claude: Anthropic's system, as a string and as blocks, goes into the first user turn", async () => {
  for (const instructions of ["Be short.", [text("Be short.")]]) {
    assert.deepEqual(await sent(MESSAGES, CLAUDE, { system: instructions, messages: [user("a")] }), [user("Be short.\n\na")]);
  }
});

test("no turn holds a tool call or result in a form the model does not know", async () => {
  const messages = [
    user("Weather?"),
    { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } }] },
    { role: "tool", tool_call_id: "call_1", content: "Sunny ☀️" },
  ];
  for (const model of [CLAUDE, ...OTHERS]) {
    const got = await sent(CHAT, model, { messages });
    assert.deepEqual(got.map(({ role }) => role), ["user", "assistant", "user"], model);
    assert.ok(got.every((message) => Object.keys(message).join() === "role,content" && typeof message.content === "string"));
    assert.match(got[1].content, /weather/);
    assert.match(got[1].content, /Bern/);
    assert.match(got[2].content, /Sunny ☀️/);
  }
});

test("words arrive as they were written", async () => {
  const words = 'tab\t, quote ", backslash \\, \u0001, \u2028, <|x|>, 𠮷 👨‍👩‍👧‍👦 é e\u0301 \r\n end ';
  for (const model of [CLAUDE, ...OTHERS]) {
    assert.deepEqual(await sent(CHAT, model, { messages: [user(words)] }), [user(words)], model);
    assert.deepEqual(await sent(MESSAGES, model, { messages: [user([text(words)])] }), [user(words)], model);
  }
});
