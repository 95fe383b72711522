/**
 * Every model of the list, through both dialects, streamed and not, under the oddities of its
 * family: DeGPT's bytes come one at a time, and the text has to be the same to the byte.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { families } from "../upstream/families.mjs";
import { models } from "../upstream/models.mjs";
import { answerText, reasoningText } from "../upstream/texts.mjs";
import { MODELS, chatsOf, chunks, dialects, get, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
const { data: listed } = (await get(gateway, MODELS)).json;

const TEXT = "Hi 👨‍👩‍👧! 四十二 𠮷 e\u0301\u2028\"\\n\r\n\n🎉";
const REASONING = "Hm 🤔\n让我想想";

test("there are 26 models, of all seven families", () => {
  assert.equal(listed.length, 26);
  const seen = new Set(listed.map(({ model }) => models.get(model).family));
  assert.deepEqual([...seen].sort(), Object.keys(families).sort());
});

for (const { id, model, thinking } of listed) {
  test(`${id} answers in both dialects, streamed and not, byte for byte`, async () => {
    for (const { name, path, body } of dialects) {
      for (const stream of [false, true]) {
        const what = `${name}, ${stream ? "streamed" : "JSON"}`;
        upstream.queue({ text: TEXT, reasoning: thinking ? REASONING : "", writeMode: "bytes" });
        const answer = await post(gateway, path, body({ model: id, stream }));
        assert.equal(answer.status, 200, `${what}: ${answer.text}`);
        assert.deepEqual(said(answer), { text: TEXT, reasoning: thinking ? REASONING : "" }, what);
        assert.equal(answer.headers["x-degpt-model"], model);

        const record = chatsOf(upstream).at(-1);
        assert.deepEqual([record.body.model, record.body.enable_thinking], [model, thinking], what);
        assertEndsWell(answer, id, name, stream);
      }
    }
  });

  // The stand-in's own texts are long and hard to handle; here they come as its family cuts them.
  test(`${id} hands on the stand-in's own answer`, async () => {
    for (const { name, path, body } of dialects) {
      const answer = await post(gateway, path, body({ model: id, stream: true, messages: [user(`你好 🎉 ${name}`)] }));
      const { body: asked, why } = chatsOf(upstream).at(-1);
      assert.equal(why, null);
      const known = models.get(model);
      assert.deepEqual(said(answer), {
        text: answerText(asked, known),
        reasoning: thinking && known.thinks ? reasoningText(asked) : "",
      });
    }
  });
}

function assertEndsWell(answer, id, dialect, stream) {
  if (dialect === "OpenAI") {
    if (!stream) {
      assert.deepEqual([answer.json.model, answer.json.choices[0].finish_reason], [id, "stop"]);
      return;
    }
    const all = chunks(answer.text);
    assert.ok(all.every((chunk) => chunk.model === id && chunk.id === all[0].id && chunk.created === all[0].created));
    assert.equal(all.filter(({ choices }) => choices[0].delta.role !== undefined).length, 1);
    assert.deepEqual(all.map(({ choices }) => choices[0].finish_reason).filter(Boolean), ["stop"]);
    return;
  }
  if (!stream) {
    assert.deepEqual([answer.json.model, answer.json.stop_reason], [id, "end_turn"]);
    return;
  }
  const all = messageEvents(answer.text);
  assert.equal(all[0].message.model, id);
  assert.deepEqual(all.slice(-2).map(({ type, delta }) => [type, delta?.stop_reason]), [
    ["message_delta", "end_turn"],
    ["message_stop", undefined],
  ]);
}
