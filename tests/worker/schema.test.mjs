/**
 * Answers held to the schema that the request asked for, through the built Worker: what fits, what
 * does not, what the model is told of it, and what nobody can judge.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const FORMS = {
  "OpenAI's json_schema": [CHAT, (schema) => ({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } })],
  "Anthropic's output_config": [MESSAGES, (schema) => ({ output_config: { format: { type: "json_schema", schema } } })],
  "Anthropic's output_format": [MESSAGES, (schema) => ({ output_format: { type: "json_schema", schema } })],
};
const [OPEN_AI] = Object.values(FORMS);

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Asks for an answer of `schema`, the model giving `texts`; resolves to what came of it. */
async function exchange([path, form], schema, ...texts) {
  upstream.reset();
  for (const text of texts) upstream.queue({ chunks: [written(text)] });
  const request = { messages: [user("Hi")], max_tokens: 999_999, ...form("the schema") };
  const answer = await post(gateway, path, JSON.stringify(request).replace('"the schema"', () => written(schema)));
  assert.equal(answer.status, 200, answer.text);
  const asked = chatsOf(upstream).map(({ body }) => body.messages.at(-1).content);
  const marked = answer.headers["x-degpt-json"];
  return { text: said(answer).text, marked, asked: asked.length, told: asked[1], ms: answer.endedAt - answer.startedAt };
}

const invoice = {
  type: "object",
  properties: {
    number: { type: "string", pattern: "^[A-Z]{2}-\\d+(?:-[a-z]+)*$" },
    status: { enum: ["open", "paid"] },
    lines: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: { what: { type: "string" }, "prix/€": { type: "number", exclusiveMinimum: 0 } },
        required: ["what", "prix/€"],
        additionalProperties: false,
      },
    },
  },
  required: ["number", "status", "lines"],
  additionalProperties: false,
};
const bill = (more) => ({ number: "AB-12-x", status: "paid", lines: [{ what: "tea", "prix/€": 2.5 }], ...more });

/** As zod writes a union, and pydantic an optional field. */
const shapes = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    shape: {
      anyOf: [
        { type: "object", properties: { kind: { const: "circle" }, r: { type: "number" } }, required: ["kind", "r"] },
        { type: "object", properties: { kind: { const: "square" }, side: { type: "number" } }, required: ["kind", "side"] },
      ],
    },
    note: { anyOf: [{ type: "string", maxLength: 5 }, { type: "null" }], default: null },
  },
  required: ["shape"],
};

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["value"],
      additionalProperties: false,
    },
  },
  $ref: "#/$defs/node",
};

/** Draft 7: a list of this very schema, and what stands beside a reference does not count. */
const family = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: { name: { $ref: "#/definitions/name", maxLength: 3 }, kids: { type: "array", uniqueItems: true, items: { $ref: "#" } } },
  required: ["name"],
  definitions: { name: { type: "string", minLength: 2 } },
};

const contact = {
  type: "object",
  properties: {
    mail: { type: "string", format: "email" },
    born: { type: "string", format: "date" },
    seen: { type: "string", format: "date-time" },
    home: { type: "string", format: "url" },
    id: { type: ["string", "null"], format: "uuid" },
  },
};

/** As OpenAPI 3.0 has it: a bound that draft 4 knows, under no draft's name. */
const bound = { type: "object", properties: { share: { type: "number", minimum: 0, exclusiveMinimum: true } } };

// A schema, an answer, and what the model is told of it; nothing if it fits.
const ANSWERS = [
  [invoice, bill({})],
  [invoice, bill({ status: "late" }), 'at /status: Instance does not match any of ["open","paid"].'],
  [invoice, bill({ number: "ab-1" }), "at /number: String does not match pattern."],
  [invoice, bill({ lines: [] }), "at /lines: Array has too few items (0 < 1)."],
  [invoice, bill({ lines: [{ what: "tea" }] }), 'at /lines/0: Instance does not have required property "prix/€".'],
  [invoice, bill({ lines: [{ what: "tea", "prix/€": "2" }] }), 'at /lines/0/prix~1€: Instance type "string" is invalid. Expected "number".'],
  [invoice, bill({ more: 1 }), 'Property "more" does not match additional properties schema.'],
  [invoice, {}, 'Instance does not have required property "number".'],
  [shapes, { shape: { kind: "circle", r: 1 }, note: null }],
  [shapes, { shape: { kind: "square", side: 1 }, note: "short" }],
  [shapes, { shape: { kind: "circle", side: 1 } }, "at /shape: Instance does not match any subschemas."],
  [shapes, { shape: { kind: "circle", r: 1 }, note: "longer" }, "at /note: Instance does not match any subschemas."],
  [tree, { value: 1, children: [{ value: 2, children: [] }, { value: 3 }] }],
  [tree, { value: 1, children: [{ value: 2, children: [{ value: "3" }] }] }, 'at /children/0/children/0/value: Instance type "string" is invalid. Expected "integer".'],
  [tree, { value: 1, children: [{ value: 2.5 }] }, 'at /children/0/value: Instance type "number" is invalid. Expected "integer".'],
  [family, { name: "Augusta", kids: [{ name: "Bo" }, { name: "Cy" }] }],
  [family, { name: "Ada", kids: [{ name: "B" }] }, "at /kids/0/name: String is too short (1 < 2)."],
  [family, { name: "Ada", kids: [{ name: "Bo" }, { name: "Bo" }] }, "at /kids: Duplicate items at indexes 0 and 1."],
  [contact, { mail: "a@example.com", born: "2024-02-29", seen: "2024-02-29T10:00:00Z", home: "https://example.com/", id: null }],
  [contact, { mail: "a at example.com" }, 'at /mail: String does not match format "email".'],
  [contact, { born: "2023-02-29" }, 'at /born: String does not match format "date".'],
  [contact, { seen: "yesterday" }, 'at /seen: String does not match format "date-time".'],
  [contact, { home: "here" }, 'at /home: String does not match format "url".'],
  [contact, { id: "7" }, 'at /id: String does not match format "uuid".'],
  [bound, { share: 0.5 }],
  [bound, { share: 0 }, "at /share: 0 is less than or equal to 0."],
];

const list = (length, item) => ({ list: Array.from({ length }, (_, index) => item(index)) });
const names = (length) => Object.fromEntries(list(length, (index) => [`x${index}`, {}]).list);
const inList = (more) => ({ properties: { list: more } });
const EXPLODING = "a".repeat(60) + "!";

// Of these, some take exponential time where they are not judged with care.
ANSWERS.push(
  [{ properties: { a: { pattern: ".*.*.*x" } } }, { a: "a".repeat(600) }, "at /a: String does not match pattern."],
  [{ properties: { a: { pattern: "^(a+)+$" } } }, { a: EXPLODING }, "at /a: String does not match pattern."],
  [{ properties: { a: { pattern: "^(?=.*\\d)(?=.*\\p{Lu}).{8,}$" } } }, { a: "Secret 1" }],
  [{ properties: { a: { pattern: "^(?=.*\\d)(?=.*\\p{Lu}).{8,}$" } } }, { a: "secret 1" }, "at /a: String does not match pattern."],
  [{ patternProperties: { "^(?:a|aa)*$": { type: "string" } } }, { [EXPLODING]: 1 }],
  [{ patternProperties: { "^(?:a|aa)*!$": { type: "string" } } }, { [EXPLODING]: 1 }, `at /${EXPLODING}: Instance type "number" is invalid. Expected "string".`],
  [{ properties: { a: { format: "url" } } }, { a: `http://${"a".repeat(60)}` }],
  [inList({ uniqueItems: true }), list(3_000, (index) => index % 2_999), "at /list: Duplicate items at indexes 0 and 2999."],
  [inList({ uniqueItems: true }), { list: [{ a: 1, b: 2 }, { b: 2, a: 1 }] }, "at /list: Duplicate items at indexes 0 and 1."],
  [inList({ contains: { enum: list(30, (index) => "x".repeat(3_000 + index)).list } }), list(2_000, (index) => index), "at /list: Array does not contain item matching schema."],
  [inList({ items: { properties: names(1_000), type: "object" } }), { list: [...list(3_000, () => ({})).list, 0] }, 'at /list/3000: Instance type "number" is invalid. Expected "object".'],
  [{ allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false }, { a: 1, b: 2 }],
  [{ allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false }, { a: 1, c: 2 }, 'Property "c" does not match unevaluated properties schema.'],
  [{ $id: "https://example.com/root", $ref: "leaf#x", $defs: { x: { $id: "leaf", $defs: { y: { $anchor: "x", required: ["z"] } } } } }, { z: 1 }],
  [{ required: ["z"], properties: { ["x".repeat(100_000)]: { properties: names(3_000) } } }, { a: 1 }, 'Instance does not have required property "z".'],
  [{ if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["c"] } }, { a: 1 }, 'Instance does not have required property "b".'],
);

test("an answer that fits is asked for once, one that does not once more, with the reason", async () => {
  for (const [schema, value, why] of ANSWERS) {
    const text = JSON.stringify(value);
    const { text: left, marked, asked, told } = await exchange(OPEN_AI, schema, text, text);
    assert.equal(left, text);
    assert.deepEqual([marked, asked], why === undefined ? [undefined, 1] : ["invalid", 2], text);
    if (why !== undefined) assert.ok(told.startsWith(`That does not fit the JSON schema: ${why} Answer again`), told);
  }
});

for (const [name, form] of Object.entries(FORMS)) {
  test(`${name}: of two answers the one that fits better is returned`, async () => {
    const [good, bad, worse] = [{ value: 1 }, { value: "1" }, { value: "2" }].map((value) => JSON.stringify(value));
    const table = [
      [[good], good, undefined],
      [[bad, good], good, undefined],
      [["I cannot.", good], good, undefined],
      [[bad, worse], worse, "invalid"],
      [[bad, "I cannot."], bad, "invalid"],
      [["I cannot.", bad], bad, "invalid"],
    ];
    for (const [texts, left, header] of table) {
      const { text, marked, asked } = await exchange(form, tree, ...texts);
      assert.deepEqual([text, marked, asked], [left, header, texts.length]);
    }

    upstream.reset();
    upstream.queue({ text: bad });
    upstream.queue({ status: 429 });
    const [path, fields] = form;
    const ask = (more) => post(gateway, path, { messages: [user("Hi")], max_tokens: 999, ...fields(tree), ...more });
    const alone = await ask({});
    assert.deepEqual([alone.status, said(alone).text, alone.headers["x-degpt-json"]], [200, bad, "invalid"]);

    upstream.reset();
    upstream.queue({ text: bad });
    const stream = await ask({ stream: true });
    assert.deepEqual([said(stream).text, stream.headers["x-degpt-json"], chatsOf(upstream).length], [bad, undefined, 1]);
  });
}

/** Asks for all there is to try, with two tries at each of `levels`. */
function bomb(levels) {
  const $defs = Object.fromEntries(
    Array.from({ length: levels }, (_, level) => {
      const next = { $ref: `#/$defs/level${level + 1}` };
      return [`level${level}`, { anyOf: [next, next] }];
    }),
  );
  return { $ref: "#/$defs/level0", required: ["b"], $defs: { ...$defs, [`level${levels}`]: { type: "object" } } };
}

// Each with an answer that would not fit if it could be judged, or that would take long to judge.
const UNUSABLE = {
  "a reference to nothing": [{ $ref: "#/$defs/nothing" }, { a: 1 }],
  "a reference to elsewhere": [{ $ref: "https://example.com/schema.json" }, { a: 1 }],
  "a recursion without end": [{ $ref: "#" }, { a: 1 }],
  "a recursion over two": [{ allOf: [{ $ref: "#/$defs/a" }], $defs: { a: { anyOf: [{ $ref: "#" }] } } }, { a: 1 }],
  "a draft of its own": [{ $schema: "https://example.com/my-draft", required: ["b"] }, { a: 1 }],
  "a draft that is none": [{ $schema: 4, required: ["b"] }, { a: 1 }],
  "a pattern that is none": [{ properties: { a: { pattern: "(" } } }, { a: "b" }],
  "a pattern of another language": [{ properties: { a: { pattern: "^(?i)x$" } } }, { a: "b" }],
  "a pattern that refers to a group": [{ properties: { a: { pattern: "^(.)\\1$" } } }, { a: "ab" }],
  "a dynamic reference": [{ $dynamicAnchor: "x", properties: { a: { $dynamicRef: "#x" } } }, { a: 1 }],
  "two parts of one name": [{ $defs: { a: { $anchor: "x" }, b: { $anchor: "x" } }, $ref: "#x" }, { a: 1 }],
  "a type that is none": [{ type: "any" }, { a: 1 }],
  "a list that is none": [{ required: "name" }, { a: 1 }],
  "a schema that is none": [[{ type: "string" }], { a: 1 }],
  "tries without end": [bomb(60), { a: 1 }],
  "a pattern for much text": [{ properties: { a: { pattern: "^(?:[ab]*c)*$" } } }, { a: "a".repeat(200_000) }],
  "a text that is too long for an address": [{ properties: { a: { format: "uri" } } }, { a: ` ${"a".repeat(5_000)}` }],
  "a long list of items that may be many things": [inList({ items: { anyOf: list(50, (index) => ({ const: index })).list } }), list(2_000, () => 49)],
  "an answer of a megabyte": [inList({ items: { type: "string" } }), `{"list": [1${" ".repeat(1_000_000)}]}`],
  "a schema of a megabyte": [{ required: ["b"], $comment: "x".repeat(1_000_000) }, { a: 1 }],
  "an answer that is nested deeply": [{ type: "object", ...inList({ $ref: "#" }) }, `${'{"list":'.repeat(9_000)}1${"}".repeat(9_000)}`],
  "a schema that is nested deeply": [`${'{"not":'.repeat(20_001)}{}${"}".repeat(20_001)}`, { a: 1 }],
};

for (const [name, [schema, value]] of Object.entries(UNUSABLE)) {
  test(`no judgement is passed, soon, on ${name}`, async () => {
    const { marked, asked, ms } = await exchange(OPEN_AI, schema, value, value);
    assert.deepEqual([marked, asked], ["unjudged", 1]);
    assert.ok(ms < 5_000, `${ms} ms`);
    // The worker lives.
    const fits = await exchange(OPEN_AI, tree, { value: "1" }, { value: 1 });
    assert.deepEqual([fits.text, fits.asked], ['{"value":1}', 2]);
  });
}

test("a long answer is judged to its end", async () => {
  const properties = { id: { type: "integer", description: "what it is, at length. ".repeat(50) }, name: { type: "string" } };
  const items = { type: "object", properties, required: ["id"], additionalProperties: false };
  const schema = { type: "object", properties: { list: { type: "array", items } } };
  const good = list(3_000, (id) => ({ id, name: `name of ${id}` }));
  const bad = { list: [...good.list, { id: "last" }] };
  const { text, marked, asked, told } = await exchange(OPEN_AI, schema, bad, good);
  assert.deepEqual([text, marked, asked], [JSON.stringify(good), undefined, 2]);
  assert.match(told, /at \/list\/3000\/id: Instance type "string"/);
});
