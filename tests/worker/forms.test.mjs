/**
 * Answers in JSON, through the built Worker: which values an answer may be, by the root of its schema,
 * and what is done when the model writes more than one of them, or none.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const openAi = (schema) => ({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } });
const anthropic = (schema) => ({ output_config: { format: { type: "json_schema", schema } } });
const OBJECT = { response_format: { type: "json_object" } };

/** The answer to a request for a `form`, the model giving `texts`, and what the model was told. */
async function ask(path, form, texts, { stream = false, ...more } = {}) {
  upstream.reset();
  for (const text of texts) upstream.queue(typeof text === "string" ? { text } : text);
  const answer = await post(gateway, path, { messages: [user("Hi")], max_tokens: 999_999, stream, ...form, ...more });
  assert.equal(answer.status, 200, answer.text);
  const told = chatsOf(upstream).map(({ body }) => body.messages);
  return { text: said(answer).text, marked: answer.headers["x-degpt-json"], asked: told.length, told };
}

const a = { type: "object", properties: { a: { type: "integer", minimum: 2 } }, required: ["a"] };
const DIALECTS = [
  [CHAT, openAi],
  [MESSAGES, anthropic],
];

const DRAFT = 'First idea: {"a": 1}. But that is wrong, the right answer is {"a": 2}';
const GOOD = '{"a": 3}';

/** What the model says, what a client gets of it when the model says it twice, and then whether that is marked. */
const MANY = [
  ["a draft, then the answer", DRAFT, '{"a": 2}'],
  ["a draft in a fence", 'Hm:\n```json\n{"a": 1}\n```\nNo:\n```json\n{"a": 2}\n```', '{"a": 2}'],
  ["the answer, then a worse one", '{"a": 2}\nOr {"a": 1}?', { [CHAT]: '{"a": 1}', schema: '{"a": 2}' }],
  ["an answer, and one that is not complete", '{"a": 2}\nBetter: {"a": ', '{"a": 2}'],
];
for (const [name, text, last] of MANY) {
  const forms = [[CHAT, OBJECT, last[CHAT] ?? last], ...DIALECTS.map(([path, form]) => [path, form(a), last.schema ?? last])];
  for (const [path, form, expected] of forms) {
    test(`${path}, ${form === OBJECT ? "json_object" : "a schema"}: ${name} is no answer`, async () => {
      const again = await ask(path, form, [text, GOOD]);
      assert.deepEqual([again.text, again.marked, again.asked], [GOOD, undefined, 2]);
      assert.match(again.told[1].at(-1).content, /more than one JSON object/);
      assert.equal(again.told[1].at(-2).content, text);
      const twice = await ask(path, form, [text, text]);
      assert.deepEqual([twice.text, twice.marked, twice.asked], [expected, "invalid", 2]);
    });
  }
}

test("a stream asks again while nothing of it was sent, and never picks one of several", async () => {
  for (const [path, form] of [[CHAT, OBJECT], ...DIALECTS.map(([path, form]) => [path, form(a)])]) {
    const again = await ask(path, form, [DRAFT, GOOD], { stream: true });
    assert.deepEqual([again.text, again.asked], [GOOD, 2]);
    assert.match(again.told[1].at(-1).content, /one JSON object/);
    // All of it is no JSON, so the client cannot take it for an answer.
    const twice = await ask(path, form, [DRAFT, DRAFT], { stream: true });
    assert.deepEqual([twice.text, twice.asked], [DRAFT, 2]);
    const refused = await ask(path, form, ["I cannot.", GOOD], { stream: true });
    assert.deepEqual([refused.text, refused.asked], [GOOD, 2]);
    // What begins with its JSON goes out as it comes.
    const sent = await ask(path, form, ['{"a": 2}\nOr {"a": 4}?'], { stream: true });
    assert.deepEqual([sent.text, sent.asked], ['{"a": 2}\nOr {"a": 4}?', 1]);
  }
});

test("the same value twice is one, and a quoted value of another kind is none", async () => {
  for (const stream of [false, true]) {
    for (const [text, expected] of [
      ['So: {"a": 2}. Again: {"a": 2}', '{"a": 2}'],
      ['As in [1] and [{"a": 1}]: {"a": 2}.', '{"a": 2}'],
      ["```json\n{\"a\": 2}\n```\nIt is so because {a} is [a].", '{"a": 2}'],
    ]) {
      const { text: left, marked, asked } = await ask(CHAT, OBJECT, [text], { stream });
      assert.deepEqual([left, marked, asked], [expected, undefined, 1]);
    }
  }
});

const LIST = '[{"a": 2}, {"a": 3}]';
const items = { type: "array", items: a };
/** A name, a schema, how the model is told of its values, and texts with the value in them. */
const ROOTS = [
  ["a list", items, "JSON array", [LIST, `Here:\n\`\`\`json\n${LIST}\n\`\`\``, `The list is ${LIST}.`]],
  // As pydantic writes a list type, and a model that refers to itself.
  ["a list of references", { $defs: { A: a }, items: { $ref: "#/$defs/A" }, title: "List", type: "array" }, "JSON array", [LIST]],
  ["a reference", { $defs: { "A b": items }, $ref: "#/$defs/A b" }, "JSON array", [LIST]],
  ["a reference to an object", { definitions: { A: a }, allOf: [{ $ref: "#/definitions/A" }] }, "JSON object", [GOOD, `It is ${GOOD}`]],
  ["a union", { anyOf: [a, items] }, "JSON value", [LIST, GOOD, `See ${LIST}`]],
  ["an object or nothing", { oneOf: [a, { type: "null" }] }, "JSON value", [GOOD, "null"]],
  ["anything", {}, "JSON value", [LIST, GOOD, "12", '"a {b} c"', "true"]],
  ["anything at all", true, "JSON value", [LIST, "null"]],
  ["a text", { type: "string" }, "JSON value", ['"red"', '```json\n"red"\n```']],
  ["a number", { type: ["integer", "null"] }, "JSON value", ["12", " 12 \n", "null"]],
  ["one of some values", { enum: ["red", 1] }, "JSON value", ['"red"', "1"]],
  ["one of some lists", { enum: [[1], [2]] }, "JSON array", ["[1]", "I say [2]"]],
  ["a constant", { const: { b: [] } }, "JSON object", ['{"b": []}']],
  ["an object by its properties", { properties: { a: {} } }, "JSON object", [GOOD]],
  ["a list of truths", { type: "array", items: { type: "boolean" } }, "JSON array", ["[true, false]", "[]"]],
];
for (const [name, schema, told, texts] of ROOTS) {
  test(`the answer is what the schema's root is: ${name}`, async () => {
    for (const [path, form] of DIALECTS) {
      for (const text of texts) {
        for (const stream of [false, true]) {
          const got = await ask(path, form(schema), [text], { stream });
          const where = `${path} ${stream} ${text}`;
          const value = /^```/.test(text) ? text.split("\n")[1] : (/[[{].*[\]}]/.exec(/^"/.test(text) ? "" : text)?.[0] ?? text.trim());
          assert.deepEqual([got.text.trim(), got.marked, got.asked], [value, undefined, 1], where);
          assert.ok(JSON.stringify(got.told[0]).includes(`with one ${told} and nothing else`), where);
        }
      }
      const [good] = texts;
      const again = await ask(path, form(schema), ["I cannot.", good]);
      assert.deepEqual([again.text, again.marked, again.asked], [good, undefined, 2]);
      assert.match(again.told[1].at(-1).content, new RegExp(`no valid ${told}`));
    }
  });
}

test("a list where an object must be is asked for again, and then comes whole and marked", async () => {
  for (const [path, form] of [[CHAT, OBJECT], ...DIALECTS.map(([path, form]) => [path, form(a)])]) {
    const again = await ask(path, form, [LIST, GOOD]);
    assert.deepEqual([again.text, again.marked, again.asked], [GOOD, undefined, 2]);
    const twice = await ask(path, form, [LIST, LIST]);
    assert.deepEqual([twice.text, twice.marked, twice.asked], [LIST, "invalid", 2]);
    const stream = await ask(path, form, [LIST, LIST], { stream: true });
    assert.deepEqual([stream.text, stream.asked], [LIST, 2]);
  }
});

test("an object where a list must be is not taken for one", async () => {
  for (const [path, form] of DIALECTS) {
    const again = await ask(path, form(items), [GOOD, LIST]);
    assert.deepEqual([again.text, again.marked, again.asked], [LIST, undefined, 2]);
    const bad = await ask(path, form(items), ['[{"a": 1}]', LIST]);
    assert.deepEqual([bad.text, bad.marked, bad.asked], [LIST, undefined, 2]);
    assert.match(bad.told[1].at(-1).content, /does not fit the JSON schema: .*one JSON array/s);
  }
});

test("a reasoning model's stream flows, and an answer that is cut is not asked for again", async () => {
  const { text, asked } = await ask(CHAT, OBJECT, [{ reasoning: 'Perhaps {"a": 1}', text: DRAFT }], { stream: true, model: "deepseek-reasoner" });
  assert.deepEqual([text, asked], [DRAFT, 1]);
  for (const stream of [false, true]) {
    const cut = await ask(CHAT, OBJECT, [{ text: 'Sure: {"a": 1, "b": ', finishReason: { reason: "length", on: "last" } }], { stream });
    assert.deepEqual([cut.text, cut.marked, cut.asked], ['{"a": 1, "b": ', stream ? undefined : "invalid", 1]);
  }
});
