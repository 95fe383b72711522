/**
 * Schemas and answers that are made to take long to judge. Whatever they are, a judgement is over
 * within its budget of CPU, and nobody else waits.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, test } from "node:test";

import { CHAT, COUNT_TOKENS, post, startBoth, user } from "../worker/client.mjs";
import { slowestWhile } from "./support.mjs";

/** What a judgement may take. The machine may be busy with other things, and count them. */
const MAX_CPU_MS = 20;
const TOLERANCE = 3;

const ROUNDS = 3;

const { gateway, upstream } = await startBoth({ upstream: { keepRequests: 10 } });

const each = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const named = (count, make) => Object.fromEntries(each(count, (index) => [`d${index}`, make(index)]));
const a = (count) => "a".repeat(count);
const forText = (part, text) => [{ properties: { a: part } }, { a: text }];
const forPattern = (pattern, text) => forText({ pattern }, text);
const forList = (part, list) => [{ properties: { list: part } }, { list }];
const forFormat = (format, text) => forList({ items: { format } }, each(60, () => text));
/** The part `part` many times over, which is short to write. */
const manyTimes = (count, part, answer) => [{ allOf: each(count, () => ({ $ref: "#/$defs/x" })), $defs: { x: part } }, answer];
/** Two tries of the next level at each of 60. */
const levels = (make, last) => [{ $ref: "#/$defs/d0", $defs: { ...named(60, (level) => make({ $ref: `#/$defs/d${level + 1}` })), d60: last } }, { a: 1 }];
const within = (open, depth, inside, close) => open.repeat(depth) + inside + close.repeat(depth);

// Schema and answer, and how it is marked: the same way every time.
const ATTACKS = {
  "a pattern of many that may be missing": [...forPattern(`^${"a?".repeat(44)}b`, a(60)), "invalid"],
  "the same, lazily": [...forPattern(`^${"a??".repeat(24)}b`, a(60)), "invalid"],
  "many sets that may be missing": [...forPattern(`^${"[ab]?".repeat(24)}b`, a(60)), "invalid"],
  "many choices of one": [...forPattern(`^${"(?:a|a)".repeat(24)}b`, a(60)), "invalid"],
  "many choices, counted": [...forPattern(`^${"(?:a|a){8}".repeat(3)}b`, a(60)), "invalid"],
  "rounds of rounds": [...forPattern("^(([a-z])+.)+[A-Z]([a-z])+$", a(300)), "invalid"],
  "rounds that overlap": [...forPattern("^(?:a|aa|aaa)*$", `${a(300)}!`), "invalid"],
  "rounds of nothing": [...forPattern("(?:(?:(?:){1000}){1000}){1000}", a(100)), "unjudged"],
  "counts of counts": [...forPattern("((a{100}){100}){100}", a(100)), "unjudged"],
  "a count without end": [...forPattern("a{0,99999999999}", a(100)), "unjudged"],
  "many rounds over a long text": [...forPattern(".*.*.*.*.*x", a(200_000)), "unjudged"],
  "a large automaton over a long text": [...forPattern("(?:a?){1000}b", a(200_000)), "unjudged"],
  "a large choice over a long text": [...forPattern(`(?:${each(2_000, (index) => `a${index}`).join("|")})*b`, a(200_000)), "unjudged"],
  "groups within groups": [...forPattern(`${within("(?:|", 90, "a", ")*")}b`, a(200_000)), "unjudged"],
  "too many groups within groups": [...forPattern(within("(", 50_000, "a", ")"), a(10)), "unjudged"],
  "many looks ahead": [...forPattern("(?=.*x)(?=.*y)(?=.*z)(?=.*q)b", a(200_000)), "unjudged"],
  "looks within looks": [...forPattern(`${within("(?=", 90, "a", ")")}b`, a(2_000)), "unjudged"],
  "looks behind": [...forPattern("(?<=(?<!b)a*)b", a(20_000)), "invalid"],
  "edges of words": [...forPattern("(?:a\\b|a)*\\B!", a(200_000)), "unjudged"],
  "a long pattern": [...forPattern("ab".repeat(100_000), "ab".repeat(1_000)), "unjudged"],
  "classes of letters": [...forPattern("[\\p{L}\\p{N}\\p{P}]*b", "日本語".repeat(25_000)), "unjudged"],
  "many classes of letters": [...forText({ allOf: each(150, (index) => ({ pattern: `\\p{ID_Continue}${index}` })) }, "é"), "invalid"],
  "many patterns for a long text": [...forText({ allOf: each(100, (index) => ({ pattern: `a+[b-y]{${index}}` })) }, a(9_800)), "invalid"],
  "many patterns that are all tried": [...forText({ anyOf: each(100, (index) => ({ pattern: `a+[b-y]{${index + 1}}` })) }, a(9_800)), "unjudged"],
  "many patterns for many names": [{ patternProperties: Object.fromEntries(each(300, (index) => [`a*b{${index}}$`, {}])) }, Object.fromEntries(each(300, (index) => [a(index + 10), 1])), "unjudged"],
  "tries of tries": [...levels((next) => ({ anyOf: [next, next] }), { type: "object" }), "unjudged"],
  "tries of tries that fail": [...levels((next) => ({ oneOf: [next, next] }), { type: "string" }), "unjudged"],
  "nots of nots": [...levels((next) => ({ allOf: [{ not: next }, { not: next }] }), { type: "string" }), "unjudged"],
  "a recursion without end": [{ $ref: "#" }, { a: 1 }, "unjudged"],
  "long names": [...manyTimes(3_000, { properties: { [a(100_000)]: { type: "number" } } }, { [a(100_000)]: 1 }), "unjudged"],
  "long names that must be there": [...manyTimes(3_000, { required: each(20, (index) => a(5_000) + index) }, Object.fromEntries(each(20, (index) => [a(5_000) + index, 1]))), "unjudged"],
  "long texts to be counted": [...manyTimes(3_000, { properties: { a: { maxLength: 200_000 } } }, { a: a(150_000) }), "unjudged"],
  "many names to be counted": [...manyTimes(3_000, { minProperties: 1 }, Object.fromEntries(each(9_000, (index) => [`k${index}`, 1]))), "unjudged"],
  "many names": [...manyTimes(3_000, { propertyNames: { maxLength: 99 }, additionalProperties: {} }, named(3_000, () => 1)), "unjudged"],
  "many names that need others": [...manyTimes(2_000, { dependentRequired: named(100, () => each(30, (index) => `d${index}`)) }, named(100, () => 1)), "unjudged"],
  "much that nobody has seen": [{ ...manyTimes(500, { properties: named(500, () => ({})) })[0], unevaluatedProperties: false }, named(500, () => 1), "unjudged"],
  "a deep row of those who have seen": [
    { $ref: "#/$defs/d0", unevaluatedProperties: false, $defs: { ...named(200, (level) => ({ allOf: [{ $ref: `#/$defs/d${level + 1}` }] })), d200: { additionalProperties: true } } },
    named(2_000, () => 1),
    "unjudged",
  ],
  "a long enumeration": [...forList({ items: { enum: each(9_000, (index) => index) } }, each(9_000, () => 8_999)), "unjudged"],
  "an enumeration of objects": [...forList({ contains: { enum: each(90, (index) => ({ a: { b: { c: [1, 2, 3, index] } } })) } }, each(500, () => ({ a: { b: { c: [1, 2, 3, -1] } } }))), "unjudged"],
  "a large constant": [...manyTimes(2_000, { properties: { a: { const: each(5_000, (index) => index) } } }, { a: each(5_000, (index) => index) }), "unjudged"],
  "many items that must differ": [...forList({ uniqueItems: true }, each(40_000, (index) => index)), "unjudged"],
  "objects that must differ": [...forList({ uniqueItems: true }, each(2_000, (index) => ({ a: index, b: { c: index, d: index } }))), "unjudged"],
  "the same that must differ, often": [...manyTimes(2_000, { properties: { list: { uniqueItems: true } } }, { list: each(3_000, (index) => `k${index}`) }), "unjudged"],
  "numbers far apart": [...forList({ items: { multipleOf: 5e-324 } }, each(9_000, () => 1.7976931348623157e308)), "unjudged"],
  "an answer that is nested deeply": [{ properties: { list: { $ref: "#" } } }, within('{"list":', 9_000, "1", "}"), "unjudged"],
  "lists that are nested deeply": [{ properties: { a: { uniqueItems: true } } }, `{"a":${within("[", 8_000, "", "]")}}`, "unjudged"],
  "a schema that is nested deeply": [within('{"not":', 20_001, "{}", "}"), { a: 1 }, "unjudged"],
  "many references": [{ allOf: each(3_000, () => ({ $ref: "#/$defs/x" })), $defs: { x: true } }, { a: 1 }, "unjudged"],
  "references of other letters": [{ $defs: named(500, (index) => ({ $id: `https://${"日本".repeat(100)}${index}.example/` })) }, { a: 1 }, "unjudged"],
  "many anchors": [{ $defs: named(3_000, (index) => ({ $anchor: `x${index}` })) }, { a: 1 }, "unjudged"],
  "addresses of other letters": [...forFormat("url", `http://${each(2_000, (index) => String.fromCodePoint(0x4e00 + ((index * 31) % 20_000))).join("")}`), "unjudged"],
  "long addresses": [...forFormat("uri", `http://a/${"../x/".repeat(800)}!%`), "invalid"],
  "long templates": [...forFormat("uri-template", `{${"a,".repeat(2_000)}!`), "invalid"],
  "patterns as texts": [...forFormat("regex", "\\p{L}".repeat(800)), "unjudged"],
  "long quotes": [...forFormat("email", `"${"\\a".repeat(1_000)}`), "invalid"],
  "long names of hosts": [...forFormat("email", `a@${"a-".repeat(120)}!`), "invalid"],
  "many types": [...manyTimes(3_000, { type: each(3_000, () => "object") }, { a: 1 }), "unjudged"],
  "many names that differ": [{ type: "object" }, Object.fromEntries(each(25_000, (index) => [`${index}z`, 0])), "unjudged"],
  "many objects that differ": [{ type: "object" }, { list: each(20_000, (index) => ({ [`${index}z`]: 0 })) }, "unjudged"],
  "as many names that differ as are read": [{ type: "object" }, Object.fromEntries(each(19_000, (index) => [`${index}z`, 0])), undefined],
  "as many objects that differ as are read": [{ type: "object" }, { list: each(10_000, (index) => ({ [`${index}z`]: 0 })) }, undefined],
  "many short lists": [{ type: "object" }, `{"a":[${"[],".repeat(80_000)}0]}`, "unjudged"],
  "many numbers": [{ type: "object" }, `{"a":[${"0,".repeat(120_000)}0]}`, undefined],
};

/** The CPU time of the gateway so far, in milliseconds, of all its threads; Linux tells it to the nanosecond. */
function cpuMs() {
  const folder = `/proc/${gateway.pid}/task`;
  const spent = readdirSync(folder).map((thread) => Number(readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ")[0]));
  return spent.reduce((sum, each) => sum + each, 0) / 1e6;
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Asks for an answer of `schema`, the model giving `value` as often as it is asked; resolves to what came of it and the CPU it took. */
async function exchange(schema, value, more = {}) {
  const form = { type: "json_schema", json_schema: { name: "x", schema: "the schema" } };
  const request = JSON.stringify({ messages: [user("Hi")], response_format: form, ...more }).replace('"the schema"', () => written(schema));
  upstream.reset();
  for (const _ of [1, 2]) upstream.queue({ chunks: [written(value)] });
  const before = cpuMs();
  const answer = await post(gateway, CHAT, request);
  assert.equal(answer.status, 200, answer.text);
  const asked = upstream.requests.filter(({ path }) => path.includes("chat")).length;
  return { marked: answer.headers["x-degpt-json"], cpuMs: cpuMs() - before, asked };
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];

const slowest = [];
after(() => {
  slowest.sort(([one], [other]) => other - one);
  console.log(`most CPU for a judgement, in ms: ${slowest.slice(0, 5).map(([ms, name]) => `${ms.toFixed(1)} ${name}`).join("; ")}`);
});

test("whatever is judged takes no longer than its budget of CPU, and always comes out the same", async (t) => {
  for (const [name, [schema, value, marked]] of Object.entries(ATTACKS)) {
    await t.test(name, async () => {
      // What everything else takes: a stream is not judged.
      const plain = [];
      const judged = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        plain.push(await exchange(schema, value, { stream: true, stream_options: { include_usage: true } }));
        judged.push(await exchange(schema, value));
      }
      const marks = judged.map((one) => one.marked);
      assert.deepEqual(marks, each(ROUNDS, () => marked));
      // An answer that does not fit is asked for once more, and judged twice.
      const own = median(judged.map(({ cpuMs, asked }) => cpuMs / asked)) - median(plain.map(({ cpuMs }) => cpuMs));
      slowest.push([own, name]);
      assert.ok(own <= MAX_CPU_MS * TOLERANCE, `${own} ms of CPU`);
    });
  }
});

test("others are answered meanwhile", async () => {
  // DeGPT has no part in it: the stand-in's answers are the attack's.
  const ask = async () => {
    const { status } = await post(gateway, COUNT_TOKENS, { messages: [user("Hello")] });
    assert.equal(status, 200);
  };
  await ask();
  const attack = async () => {
    for (const [schema, value] of Object.values(ATTACKS)) await exchange(schema, value);
  };
  const { slowestMs } = await slowestWhile(attack, ask, 20);
  assert.ok(slowestMs < 2_000, `an honest request took ${slowestMs} ms`);
});
