/**
 * Whether an answer matches the JSON schema of its request.
 *
 * The schema and the answer both come from outside, so nothing here may fail or take long. Each
 * judgement has a budget of steps, which all of its parts spend. If the budget runs out, or the
 * schema has something that is not supported, there is no judgement. The number of steps does not
 * depend on the machine: the same schema and answer give the same result every time.
 */
import { keywords } from "./keywords.mjs";
import { compile } from "./patterns.mjs";
import { references } from "./references.mjs";
import { fail, isObject, tell, typeOf } from "./values.mjs";

/**
 * The most steps that a judgement may take. A step looks at one thing: an entry of a keyword, a
 * property, a state of a pattern at a character.
 */
export const MAX_STEPS = 400_000;

/** The worst-case cost of the runtime's JSON parser: characters per step, and steps per opening bracket or colon. */
const PARSING = { characters: 3, mark: 15 };

/** The cost of making the rules of a part of the schema, and of checking a value against it. */
const COST = { prepare: 50, check: 20 };

/** How deep schemas may be nested during a check, references included. */
const MAX_DEPTH = 500;

const DRAFTS = /draft-0([467])|2019-09|2020-12/;

/**
 * The reason why the JSON text `json` does not match the schema `schema`; an empty text if it
 * matches; undefined if that cannot be decided, or not soon. `marks` is the number of opening
 * brackets and colons in both.
 */
export function misfit(schema, json, marks) {
  let left = MAX_STEPS;
  const spend = (steps) => {
    left -= Math.ceil(steps);
    if (left < 0) throw new Error("too many steps");
  };
  try {
    spend((schema.length + json.length) / PARSING.characters + marks * PARSING.mark);
    const wrong = judge(JSON.parse(schema), JSON.parse(json), spend);
    return wrong ? tell(wrong) : "";
  } catch {
    // A dangling reference, an endless recursion, an invalid pattern, or too many steps.
    return undefined;
  }
}

function judge(root, value, spend) {
  const draft = DRAFTS.exec(root.$schema ?? "2020-12");
  if (!draft) throw new Error("unknown draft");
  const { target, hasUnevaluated } = references(root, { draft: draft[1], spend });
  const patterns = new Map();
  const rules = new Map();
  let depth = 0;

  const matches = (pattern, text) => {
    if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern, spend));
    return patterns.get(pattern)(text);
  };

  /** The rules of a part. */
  const rulesOf = (part) => {
    let found = rules.get(part);
    if (found === undefined) {
      spend(COST.prepare);
      if (!isObject(part)) throw new Error("no schema");
      // Up to draft 7, keywords beside a reference are ignored.
      found = prepare(draft[1] && part.$ref !== undefined ? { $ref: part.$ref } : part, part);
      rules.set(part, found);
    }
    return found;
  };

  /** The keys and indices of a value that a part has evaluated. */
  const newSeen = () => (hasUnevaluated ? new Set() : undefined);

  /** What is wrong with a value under a part of the schema; undefined if it is valid. */
  const check = (value, part, at, seen = newSeen()) => {
    spend(COST.check);
    if (part === true) return undefined;
    if (part === false) return fail(at, () => "Nothing is allowed here.");
    if (++depth > MAX_DEPTH) throw new Error("too deep");
    const is = typeOf(value);
    let wrong;
    for (const [type, rule] of rulesOf(part)) {
      if (type !== "any" && type !== is) continue;
      wrong = rule(value, at, seen);
      if (wrong) break;
    }
    depth -= 1;
    return wrong;
  };

  /** Like `check`, for another part that applies to the same value. What it evaluates counts only if the value matches. */
  const checkToo = (value, part, at, seen) => {
    const own = newSeen();
    const wrong = check(value, part, at, own);
    if (wrong || !own) return wrong;
    spend(own.size);
    own.forEach((key) => seen.add(key));
  };

  /** Like `check`, for a value inside the one at `at`. `why` is the message if nothing is allowed there. */
  const checkInner = (value, part, at, key, why) => (part === false ? fail(at, () => why(key)) : check(value, part, { up: at, key }));

  const prepare = keywords({ target, check, checkToo, checkInner, matches, spend });
  return check(value, root);
}
