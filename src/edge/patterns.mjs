/**
 * JavaScript's regular expressions with the flag `u`, matched in time linear in the text.
 *
 * V8's own engine backtracks: a short pattern can keep it busy for years. Here a pattern becomes an
 * automaton, and all states that it can be in advance together, one character at a time (Thompson,
 * 1968). The result is only whether there is a match, so captures and laziness make no difference.
 * Lookaheads and lookbehinds are evaluated first, for all places of the text at once.
 *
 * Backreferences cannot be matched like this. They and inline flags throw.
 */

const MAX_CODE = 0x10ffff;
const MAX_DEPTH = 100;

/** The ranges, as first and last code points, of the classes that have a letter. */
const CLASSES = {
  d: [48, 57],
  w: [48, 57, 65, 90, 95, 95, 97, 122],
  // The characters that `String.prototype.trim` removes.
  s: [9, 13, 32, 32, 160, 160, 5760, 5760, 8192, 8202, 8232, 8233, 8239, 8239, 8287, 8287, 12288, 12288, 65279, 65279],
};
const LINE_ENDS = [10, 10, 13, 13, 8232, 8233];
const CONTROLS = { t: 9, n: 10, v: 11, f: 12, r: 13 };

const ESCAPED_CODE =
  /\\(?:u\{([\da-f]+)\}|u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})|u([\da-f]{4})|x([\da-f]{2})|c([a-z])|(0)(?!\d)|([tnvfr])|([\^$\\.*+?()[\]{}|/]))/iy;
const ESCAPED_CLASS = /\\(?:([dws])|p\{(\w+(?:=\w+)?)\})/iy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;
const GROUP = /\((?:\?(?:(:)|(<?)([=!])|<([a-z_$][\w$]*)>)|(?!\?))/iy;

/** What a state of the automaton does: end the match, read a character, split, or test an assertion. */
const END = 0;
const READ = 1;
const SPLIT = 2;
const ASSERT = 3;

/** The costs of all work, in steps. They are passed to `spend`, which throws when there are too many. */
const COST = { atom: 60, emit: 10, state: 10, property: 2_000, propertyTest: 8 };

/**
 * Compiles `pattern` to a function that tests a text. Both this and the function call `spend` with
 * the number of steps they are about to take.
 *
 * Throws if `pattern` is not valid, or cannot be matched in linear time.
 */
export function compile(pattern, spend) {
  const states = [stateOf(END, {})];
  const looks = [];
  const push = (kind, more) => {
    spend(COST.state);
    return states.push(stateOf(kind, more)) - 1;
  };
  const { emit, isAnchored } = parse(pattern, { spend, push, states, looks });
  const start = emit(0, false);
  return (text) => {
    const codes = codesOf(text, spend);
    const found = [];
    for (const { first, isAhead } of looks) {
      found.push(new Uint8Array(codes.length + 1));
      run(states, first, codes, { isBackward: isAhead, found, marks: found.at(-1), spend });
    }
    return run(states, start, codes, { isAnchored, found, spend });
  };
}

/** All states have the same fields, which makes the runtime faster. */
const stateOf = (kind, { set, to, holds, next }) => ({ kind, set, to, holds, next });

function codesOf(text, spend) {
  spend(text.length);
  const codes = new Uint32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += codes[length++] > 0xffff ? 2 : 1) codes[length] = text.codePointAt(at);
  return codes.subarray(0, length);
}

/**
 * Parses a pattern. Each parsed part is a function `emit`, which adds the part's states, followed by
 * the state `next`, and returns the first of them. `isBackward` means that the text will be read
 * from its end.
 */
function parse(pattern, { spend, push, states, looks }) {
  const names = new Set();
  let at = 0;
  let depth = 0;

  const take = (sticky) => {
    sticky.lastIndex = at;
    const match = sticky.exec(pattern);
    at += match?.[0].length ?? 0;
    return match;
  };
  const takeText = (text) => {
    const isHere = pattern.startsWith(text, at);
    if (isHere) at += text.length;
    return isHere;
  };
  const wrong = () => new Error(`not a pattern that can be matched, at ${at}`);

  const choice = () => {
    if (++depth > MAX_DEPTH) throw wrong();
    const options = [sequence()];
    while (takeText("|")) options.push(sequence());
    depth -= 1;
    if (options.length === 1) return options[0];
    const emit = (next, isBackward) => push(SPLIT, { to: options.map((option) => option.emit(next, isBackward)) });
    return { emit, isAnchored: options.every(({ isAnchored }) => isAnchored) };
  };

  const sequence = () => {
    const items = [];
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") items.push(quantified());
    const emit = (next, isBackward) => {
      spend(COST.emit + items.length);
      const inOrder = isBackward ? items : items.toReversed();
      return inOrder.reduce((after, item) => item.emit(after, isBackward), next);
    };
    return { emit, isAnchored: items[0]?.isAnchored ?? false };
  };

  const quantified = () => {
    const item = atom();
    const quantifier = take(QUANTIFIER);
    if (!quantifier) return item;
    const [, sign, least, comma, most] = quantifier;
    if (item.isAssertion) throw wrong();
    const min = sign ? Number(sign === "+") : Number(least);
    const max = sign === "?" ? 1 : sign || (comma && !most) ? Infinity : Number(most || least);
    if (min > max) throw wrong();
    return { emit: (next, isBackward) => repeated(item, { min, max }, next, isBackward), isAnchored: min > 0 && item.isAnchored };
  };

  const repeated = ({ emit }, { min, max }, next, isBackward) => {
    let first = next;
    if (max === Infinity) {
      first = push(SPLIT, { to: [next] });
      states[first].to.push(emit(first, isBackward));
    }
    else for (let count = min; count < max; count += 1) first = push(SPLIT, { to: [next, emit(first, isBackward)] });
    for (let count = 0; count < min; count += 1) {
      spend(1);
      first = emit(first, isBackward);
    }
    return first;
  };

  const reads = (set) => ({ emit: (next) => push(READ, { set, next }) });
  const asserts = (holds, more) => ({ emit: (next) => push(ASSERT, { holds, next }), isAssertion: true, ...more });

  const atom = () => {
    spend(COST.atom);
    if (pattern[at] === "(") return group();
    if (takeText("[")) return reads(brackets());
    if (takeText(".")) return reads(setOf(complement(LINE_ENDS)));
    if (takeText("^")) return asserts((place) => place === 0, { isAnchored: true });
    if (takeText("$")) return asserts((place, codes) => place === codes.length);
    if (takeText("\\b")) return asserts(isWordEdge);
    if (takeText("\\B")) return asserts((place, codes) => !isWordEdge(place, codes));
    if (pattern[at] === "\\") return reads(classEscape() ?? single(codeEscape()));
    if ("*+?{}])|".includes(pattern[at])) throw wrong();
    return reads(single(plainCode()));
  };

  const group = () => {
    const [opening, , behind, sign, name] = take(GROUP) ?? [];
    if (opening === undefined || names.has(name)) throw wrong();
    if (name) names.add(name);
    const inner = choice();
    if (!takeText(")")) throw wrong();
    if (!sign) return { emit: inner.emit, isAnchored: inner.isAnchored };
    const isAhead = !behind;
    const index = looks.push({ first: inner.emit(0, isAhead), isAhead }) - 1;
    return asserts((place, codes, found) => (found[index][place] === 1) === (sign === "="));
  };

  const brackets = () => {
    const isNegated = takeText("^");
    const [ranges, properties] = [[], []];
    while (!takeText("]")) {
      spend(COST.atom);
      const set = classEscape();
      const from = set ? undefined : bracketCode();
      if (pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]") {
        at += 1;
        // A range is only valid between two characters.
        const to = set || bracketCode();
        if (!(from <= to)) throw wrong();
        ranges.push(from, to);
      }
      else if (set) {
        ranges.push(...set.ranges);
        properties.push(...set.properties);
      }
      else ranges.push(from, from);
    }
    return setOf(ranges, properties, isNegated);
  };

  const bracketCode = () => {
    if (at >= pattern.length) throw wrong();
    if (takeText("\\-")) return 45;
    if (takeText("\\b")) return 8;
    return pattern[at] === "\\" ? codeEscape() : plainCode();
  };

  const plainCode = () => {
    const code = pattern.codePointAt(at);
    at += code > 0xffff ? 2 : 1;
    return code;
  };

  const codeEscape = () => {
    const [whole, braced, lead, trail, four, two, control, zero, letter, sign] = take(ESCAPED_CODE) ?? [];
    if (whole === undefined || /^\\[UXCTNVFR]/.test(whole)) throw wrong();
    const hex = braced ?? four ?? two;
    const code = hex ? Number.parseInt(hex, 16) : 0;
    if (code > MAX_CODE) throw wrong();
    if (lead) return String.fromCharCode(`0x${lead}`, `0x${trail}`).codePointAt(0);
    if (control) return control.charCodeAt(0) % 32;
    return hex || zero ? code : (CONTROLS[letter] ?? sign.charCodeAt(0));
  };

  const classEscape = () => {
    const [whole, letter, property] = take(ESCAPED_CLASS) ?? [];
    if (whole === undefined) return undefined;
    if (letter) {
      const ranges = CLASSES[letter.toLowerCase()];
      return setOf(letter in CLASSES ? ranges : complement(ranges));
    }
    spend(COST.property);
    // It is tested against one character at a time, so that the runtime's engine cannot backtrack.
    return setOf([], [new RegExp(`^\\${whole[1]}{${property}}$`, "u")]);
  };

  const all = choice();
  if (at < pattern.length) throw wrong();
  return all;
}

const setOf = (ranges, properties = [], isNegated = false) =>
  ({ ranges, properties, isNegated, cost: 1 + (ranges.length >> 4) + COST.propertyTest * properties.length });
const single = (code) => setOf([code, code]);
const complement = (ranges) => [0, ...ranges.map((code, index) => (index % 2 ? code + 1 : code - 1)), MAX_CODE];

function hasCode({ ranges, properties, isNegated }, code) {
  for (let index = 0; index < ranges.length; index += 2) {
    if (code >= ranges[index] && code <= ranges[index + 1]) return !isNegated;
  }
  for (const property of properties) if (property.test(String.fromCodePoint(code))) return !isNegated;
  return isNegated;
}

const WORD = setOf(CLASSES.w);
const isWord = (code) => code !== undefined && hasCode(WORD, code);
const isWordEdge = (place, codes) => isWord(codes[place - 1]) !== isWord(codes[place]);

/**
 * Runs the automaton over a text, starting again at each place; returns whether there is a match.
 * With `marks`, continues to the end of the text and marks the places where a match ends.
 */
function run(states, start, codes, { isBackward = false, isAnchored = false, found, marks, spend }) {
  const seen = new Uint32Array(states.length);
  spend(states.length >> 4);
  const length = codes.length;
  // The states to visit, and those that wait for a character: reused for each place.
  const stack = [];
  const reading = [];
  let open = 0;
  for (let count = 0; count <= length; count += 1) {
    const place = isBackward ? length - count : count;
    if (!isAnchored || count === 0) stack[open++] = start;
    if (open === 0) return false;
    let waiting = 0;
    let steps = 1;
    let isEnd = false;
    while (open > 0) {
      const index = stack[--open];
      const state = states[index];
      steps += 1;
      if (seen[index] === count + 1) continue;
      seen[index] = count + 1;
      if (state.kind === READ) reading[waiting++] = state;
      else if (state.kind === END) isEnd = true;
      else if (state.kind === ASSERT) {
        if (state.holds(place, codes, found)) stack[open++] = state.next;
      }
      else {
        // A split may have many ways: spend their steps before taking them.
        spend(state.to.length);
        for (let way = 0; way < state.to.length; way += 1) stack[open++] = state.to[way];
      }
    }
    if (isEnd && !marks) return true;
    if (isEnd) marks[place] = 1;
    if (count < length) {
      const code = codes[isBackward ? place - 1 : place];
      for (let index = 0; index < waiting; index += 1) {
        const { set, next } = reading[index];
        steps += set.cost;
        if (hasCode(set, code)) stack[open++] = next;
      }
    }
    spend(steps);
  }
  return false;
}
