/**
 * The judge's patterns against V8's: random ones match the same texts, and none of them takes more
 * steps than the length of pattern and text allow, however long V8 would take. What is random comes
 * out the same every time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { compile } from "../../src/edge/patterns.mjs";

const CASES = 6_000;
const MAX_MS = 8_000;

/** Numbers below `end`, the same ones for each seed. */
function randoms(seed) {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % end;
  };
}

const CHARACTERS = ["a", "b", "c", "😀", "-", " ", "\\n", "\\u{1F600}", "\\ud83d\\ude00", "\\ud83d", "\\x41", "\\cJ", "(?:\\0)", "\\/", "1", "é"];
const CLASSES = [".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\p{L}", "\\P{L}", "\\p{Script=Greek}"];
const SETS = ["[ab]", "[^a]", "[a-c\\d]", "[^\\s-]", "[\\w.-]", "[-a]", "[\\p{L}\\d]", "[^\\P{L}b]", "[]", "[^]", "[\\b]", "[\\-]", "[\\u{61}-\\x63]"];
const EDGES = ["^", "$", "\\b", "\\B"];
const LOOKS = ["(?=", "(?!", "(?<=", "(?<!"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "{2,3}", "*?", "??", "{0}", "{1,2}?"];
const TEXTS = ["a", "b", "c", "1", " ", "-", "😀", "\ud83d", "\ude00", "A", "é", "α", "\n", "\u2028", "\0"];

/** Random patterns, texts and the pieces of both, of what `random` gives. */
function generator(random) {
  const pick = (list) => list[random(list.length)];
  const some = (most, make) => Array.from({ length: random(most + 1) }, make).join("");
  const atom = (depth) => {
    const kind = random(depth > 0 ? 16 : 9);
    if (kind < 5) return pick(CHARACTERS);
    if (kind < 7) return pick(CLASSES);
    if (kind === 7) return pick(SETS);
    if (kind === 8) return pick(EDGES);
    return `${kind < 13 ? pick(["(", "(?:"]) : pick(LOOKS)}${choice(depth - 1)})`;
  };
  const isAssertion = (text) => EDGES.includes(text) || LOOKS.some((look) => text.startsWith(look));
  const item = (depth) => {
    const text = atom(depth);
    return isAssertion(text) || random(3) > 0 ? text : text + pick(QUANTIFIERS);
  };
  const sequence = (depth) => some(3, () => item(depth));
  const choice = (depth) => Array.from({ length: 1 + (random(3) === 0 ? 1 + random(2) : 0) }, () => sequence(depth)).join("|");
  return { pattern: () => choice(3), text: () => some(8, () => pick(TEXTS)), pick, some };
}

const free = () => {};

function valid(pattern) {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return undefined;
  }
}

function compiled(pattern, spend = free) {
  try {
    return compile(pattern, spend);
  } catch {
    return undefined;
  }
}

/**
 * Whether V8 finds `pattern` in a text. It is asked at each place: searching by itself, it also finds
 * an empty match between the halves of a character (`\\B` in "a😀b"), where ECMAScript has none begin.
 */
function isFound(pattern, text) {
  const sticky = new RegExp(pattern, "uy");
  for (let place = 0; place <= text.length; place += text.codePointAt(place) > 0xffff ? 2 : 1) {
    sticky.lastIndex = place;
    if (sticky.test(text)) return true;
  }
  return false;
}

test("random patterns match what they match in V8", () => {
  const { pattern, text } = generator(randoms(1));
  for (let index = 0; index < CASES; index += 1) {
    const source = pattern();
    const mine = compiled(source);
    assert.ok(mine && valid(source), `only one of both takes ${source}`);
    for (let count = 0; count < 5; count += 1) {
      const sample = text();
      assert.equal(mine(sample), isFound(source, sample), `${JSON.stringify(source)} on ${JSON.stringify(sample)}`);
    }
  }
});

test("what is no pattern in V8 is none here, and the other way round but for references and flags", () => {
  const pieces = [..."ab^$.*+?()[]{}|\\-,:=!<>kdDwxucpP019", "\\u", "{1", ",2}", "(?", "(?<", "(?<n>", "\\p{L}", "[^", "a-", "\\d-", "}", "\u{1F600}", "\ud83d", "(?:"];
  const { pick, some } = generator(randoms(2));
  let taken = 0;
  for (let index = 0; index < 60_000; index += 1) {
    const source = some(7, () => pick(pieces));
    const [mine, theirs] = [compiled(source), valid(source)];
    if (mine) assert.ok(theirs, `V8 does not take ${JSON.stringify(source)}`);
    // V8 gives up on nothing of the rest.
    else if (theirs) assert.match(source, /\\[1-9k]|\(\?[a-z-]+:|\(\?<\W/, `not taken: ${JSON.stringify(source)}`);
    if (mine) taken += 1;
  }
  assert.ok(taken > 5_000, `only ${taken} were taken`);
});

/** The steps that a pattern takes for a text, its compiling left out. */
function stepsOf(pattern, text) {
  let steps = 0;
  const match = compile(pattern, (count) => (steps += count));
  const built = steps;
  match(text);
  return { built, steps: steps - built };
}

test("the steps of a match grow with the text, and no faster", () => {
  const { pattern, text } = generator(randoms(3));
  const started = performance.now();
  let slowest = 0;
  for (let index = 0; index < 800; index += 1) {
    const source = pattern();
    const round = text() || "a";
    // Each a text of rounds and an end that may spoil the match.
    for (const end of ["", "!", "\0b"]) {
      const [short, long] = [50, 500].map((count) => round.repeat(count) + end);
      const { built, steps } = stepsOf(source, long);
      assert.ok(steps <= (built + 100) * (long.length + 1), `${source}: ${steps} steps`);
      const growth = steps / Math.max(stepsOf(source, short).steps, 500);
      assert.ok(growth <= 12, `${JSON.stringify(source)} on ${JSON.stringify(round)}: ${growth} times the steps for 10 times the text`);
      slowest = Math.max(slowest, steps);
    }
    assert.ok(performance.now() - started < 3 * MAX_MS, "it takes far longer than its steps allow");
  }
  assert.ok(slowest > 10_000);
});

test("patterns that explode elsewhere take few steps", () => {
  const table = [
    [`^${"a?".repeat(44)}b`, "a".repeat(60)],
    [`^${"(?:a|a)".repeat(24)}b`, "a".repeat(60)],
    ["^(?:(?:a|a){8}){3}b", "a".repeat(60)],
    ["^(a+)+$", `${"a".repeat(1_000)}!`],
    ["^(?:a|aa)*$", `${"a".repeat(1_000)}!`],
    ["(x+x+)+y", "x".repeat(1_000)],
    ["^(?:.*,){20}P", `${"1,".repeat(40)}!`],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(1_000)],
  ];
  for (const [pattern, text] of table) {
    const { built, steps } = stepsOf(pattern, text);
    assert.equal(compile(pattern, free)(text), false);
    assert.ok(built + steps < 60_000, `${pattern}: ${built + steps} steps`);
  }
});
