/**
 * Bodies as clients' libraries send them, through the built Worker: halves of characters, byte order
 * marks, other encodings.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { COUNT_TOKENS, dialects, lastBody, post, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const STRICT = { "x-degpt-strict": "true" };
const weather = { type: "object", properties: {} };

/** Where half a character may stand, by dialect: its path, and the fields of such a request. */
const HALVES = {
  OpenAI: {
    "messages[0].content": { messages: [user("a \ud83d")] },
    "messages[1].content[0].text": { messages: [user("a"), user([{ type: "text", text: "\ude0a a" }])] },
    "messages[1].tool_calls[0].function.arguments": {
      messages: [user("a"), { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: '{"a":"\ud83d"}' } }] }, { role: "tool", tool_call_id: "1", content: "a" }],
    },
    "tools[0].function.description": { tools: [{ type: "function", function: { name: "f", description: "a\ud83d\ud83d\ude0a", parameters: weather } }] },
    stop: { stop: "\ud83d" },
  },
  Anthropic: {
    system: { system: "a \ud83d" },
    "messages[0].content[0].text": { messages: [user([{ type: "text", text: "a \ud83d" }])] },
    "messages[1].content[0].content": {
      messages: [
        { role: "assistant", content: [{ type: "tool_use", id: "1", name: "f", input: {} }] },
        user([{ type: "tool_result", tool_use_id: "1", content: "\ud83d \ude0a" }]),
      ],
    },
    "tools[0].description": { tools: [{ name: "f", description: "a\ud83d", input_schema: weather }] },
  },
};

for (const { name, path, body } of dialects) {
  for (const [place, fields] of Object.entries(HALVES[name])) {
    test(`${name}: half a character in ${place} is replaced and named`, async () => {
      // JSON.stringify writes halves as escapes, as Python does.
      const request = body(fields);
      for (const stream of [false, true]) {
        const answer = await post(gateway, path, { ...request, stream });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.headers["x-degpt-ignored"], `half a character in ${place}`);
        const asked = JSON.stringify(lastBody(upstream));
        assert.ok(place === "stop" || asked.includes("\ufffd"), asked);
        assert.doesNotMatch(asked, /\\ud[89a-f]/, asked);
      }
      const refused = await post(gateway, path, request, STRICT);
      assert.equal(refused.status, 400, refused.text);
      assert.ok(refused.text.includes("half a character"), refused.text);
      if (name === "OpenAI") assert.equal(refused.json.error.param, place);
    });
  }

  test(`${name}: whole characters are not halves`, async () => {
    const answer = await post(gateway, path, JSON.stringify(body({ messages: [user("😊\ufffd")] })).replace("😊", "\\uD83D\\ude0a"), STRICT);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["x-degpt-ignored"], undefined);
  });

  test(`${name}: a byte order mark is skipped, and UTF-16 is called that`, async () => {
    const json = JSON.stringify(body());
    const answer = await post(gateway, path, `\ufeff${json}`);
    assert.equal(answer.status, 200, answer.text);
    const utf16be = Buffer.from(json, "utf16le").swap16();
    for (const bytes of [Buffer.from(json, "utf16le"), Buffer.from(`\ufeff${json}`, "utf16le"), utf16be, Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])]) {
      const refused = await post(gateway, path, bytes);
      assert.equal(refused.status, 400);
      assert.match(refused.json.error.message, /UTF-16/);
    }
    const torn = await post(gateway, path, Buffer.from(json.replace("Hello", "Hell\xff"), "latin1"));
    assert.equal(torn.status, 400);
    assert.match(torn.json.error.message, /not Unicode text \(line 1, column \d+\)/);
  });
}

test("tokens are counted of such bodies too", async () => {
  for (const json of ['\ufeff{"messages":[{"role":"user","content":"Hi"}]}', '{"messages":[{"role":"user","content":"\\ud83d"}]}']) {
    const answer = await post(gateway, COUNT_TOKENS, json);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.input_tokens > 0);
  }
});
