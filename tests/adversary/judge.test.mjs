/**
 * The judge of schemas against another one: random schemas and answers, of which both say the same.
 * That one takes as long as it takes, so only what is small is asked of it. What is random comes out
 * the same every time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { validate } from "@cfworker/json-schema";

import { misfit } from "../../src/edge/schema.mjs";

const CASES = 10_000;
const DEFINITIONS = 3;

/** Numbers below `end`, the same ones for each seed. */
function randoms(seed) {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % end;
  };
}

function generator(random) {
  const pick = (list) => list[random(list.length)];
  const some = (most, make) => Array.from({ length: random(most + 1) }, make);
  const key = () => pick(["a", "b", "a/b", "~", "é", "__proto__"]);
  const object = (make) => JSON.parse(`{${[...new Set(some(3, key))].map((name) => `${JSON.stringify(name)}:${JSON.stringify(make())}`).join()}}`);

  const value = (depth) => {
    const kind = random(depth > 0 ? 9 : 6);
    if (kind < 2) return pick([0, 1, 2, 2.5, -1, 0.3, 1e21]);
    if (kind < 4) return pick(["", "a", "ab", "😀", "2024-02-29", "1"]);
    if (kind < 6) return pick([true, false, null]);
    return kind === 6 ? some(3, () => value(depth - 1)) : object(() => value(depth - 1));
  };

  const keywords = {
    type: () => pick([pick(["object", "array", "string", "number", "integer", "boolean", "null"]), ["object", "string"], ["integer", "null", "array"]]),
    const: () => value(1),
    enum: () => [value(1), value(1), value(0)],
    not: (part) => part(),
    anyOf: (part) => [part(), part()],
    allOf: (part) => [part(), part()],
    oneOf: (part) => [part(), part()],
    if: (part) => part(),
    then: (part) => part(),
    else: (part) => part(),
    $ref: () => `#/$defs/d${random(DEFINITIONS)}`,
    properties: (part) => object(part),
    required: () => some(2, key),
    additionalProperties: (part) => part(),
    patternProperties: (part) => ({ [pick(["^a", "b$", "."])]: part() }),
    propertyNames: (part) => part(),
    minProperties: () => random(3),
    maxProperties: () => random(3),
    dependentRequired: () => ({ [pick(["a", "b"])]: some(2, key) }),
    dependentSchemas: (part) => ({ [pick(["a", "b"])]: part() }),
    items: (part) => part(),
    prefixItems: (part) => [part(), part()],
    contains: (part) => part(),
    minItems: () => random(3),
    maxItems: () => random(3),
    uniqueItems: () => true,
    minimum: () => random(3),
    maximum: () => random(3),
    exclusiveMinimum: () => random(3),
    exclusiveMaximum: () => random(3),
    multipleOf: () => pick([1, 0.1, 2, 0.5]),
    minLength: () => random(3),
    maxLength: () => random(3),
    pattern: () => pick(["^a", "^[a-z]*$", "\\d", "^.$"]),
    format: () => pick(["date", "email", "ipv4", "uuid", "date-time"]),
  };
  const part = (depth) => {
    if (depth === 0 || random(12) === 0) return pick([true, true, false, {}, { type: "string" }, { type: "object" }]);
    const names = some(3, () => pick(Object.keys(keywords)));
    return Object.fromEntries(names.map((name) => [name, keywords[name](() => part(depth - 1))]));
  };
  const schema = () => {
    const root = part(3);
    const $defs = Object.fromEntries(Array.from({ length: DEFINITIONS }, (_, index) => [`d${index}`, part(2)]));
    return typeof root === "object" ? { ...root, $defs } : root;
  };
  return { schema, value: () => value(3) };
}

function theirs(value, schema) {
  try {
    return validate(value, JSON.parse(JSON.stringify(schema)), "2020-12").valid;
  } catch {
    return undefined;
  }
}

test("random answers fit random schemas where another judge says so", () => {
  const { schema, value } = generator(randoms(4));
  const count = { fits: 0, misfits: 0, unjudged: 0 };
  for (let index = 0; index < CASES; index += 1) {
    const [rules, answer] = [schema(), value()];
    const [written, json] = [JSON.stringify(rules), JSON.stringify(answer)];
    const why = misfit(written, json, 50);
    if (why === undefined) {
      // References in a circle, which the other one does not get to the end of, either.
      assert.match(written, /\$ref/);
      count.unjudged += 1;
      continue;
    }
    const fits = theirs(answer, rules);
    // It follows a circle that is not needed to see that something does not fit.
    if (fits !== undefined) assert.equal(why === "", fits, `${written} of ${json}: ${why}`);
    count[why === "" ? "fits" : "misfits"] += 1;
  }
  assert.ok(count.fits > CASES / 20 && count.misfits > CASES / 20 && count.unjudged < CASES / 20, JSON.stringify(count));
});
