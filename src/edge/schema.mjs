/**
 * Whether an answer fits the JSON schema that its request asked for.
 *
 * Schema and answer both come from outside, so nothing here may fail or take long. A judgement has
 * a budget of steps, which all of its parts spend: where that is used up, or the schema has what is
 * not understood, no judgement is passed. The count of steps does not depend on the machine: the
 * same schema and answer come out the same way every time.
 */
import { keywords } from "./keywords.mjs";
import { compile } from "./patterns.mjs";
import { references } from "./references.mjs";
import { fail, isObject, tell, typeOf } from "./values.mjs";

/**
 * What a judgement may cost, in steps. A step looks at one thing: an entry of a keyword, a property,
 * a state of a pattern at a character.
 */
export const MAX_STEPS = 400_000;

/** What the runtime's parser of JSON costs at its worst: for so many characters a step, for an opening bracket or a colon so many steps. */
const PARSING = { characters: 3, mark: 15 };

/** What it costs to look through a part of the schema for its rules, and to try it on a value. */
const COST = { prepare: 50, check: 20 };

/** How deep schemas may be within each other while they are tried, references included. */
const MAX_DEPTH = 500;

const DRAFTS = /draft-0([467])|2019-09|2020-12/;

/**
 * Why the JSON text `json` does not fit the schema `schema`; an empty text if it does, undefined
 * if that cannot be told, or not soon. `marks` is how many opening brackets and colons both have.
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
    // A reference to nothing, a recursion without end, a pattern that is none, too many steps.
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
      // Until draft 7, what stands beside a reference does not count.
      found = prepare(draft[1] && part.$ref !== undefined ? { $ref: part.$ref } : part, part);
      rules.set(part, found);
    }
    return found;
  };

  /** What a part may have seen of a value: the keys and indices that it has something to say about. */
  const newSeen = () => (hasUnevaluated ? new Set() : undefined);

  /** What is wrong with a value under a part of the schema; undefined if nothing is. */
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

  /** As `check` for one more part that the value has to fit; what that has seen counts only if it does. */
  const checkToo = (value, part, at, seen) => {
    const own = newSeen();
    const wrong = check(value, part, at, own);
    if (wrong || !own) return wrong;
    spend(own.size);
    own.forEach((key) => seen.add(key));
  };

  /** As `check` for a value within the one at `at`; `why` is what is wrong if nothing is allowed there. */
  const checkInner = (value, part, at, key, why) => (part === false ? fail(at, () => why(key)) : check(value, part, { up: at, key }));

  const prepare = keywords({ target, check, checkToo, checkInner, matches, spend });
  return check(value, root);
}
