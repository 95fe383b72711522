/**
 * Whether an answer fits the JSON schema that its request asked for.
 *
 * Schema and answer both come from outside, so nothing here may fail or take long. Where the
 * library cannot use the schema, or judging could take long, no judgement is passed.
 */
import { dereference, format, validate } from "@cfworker/json-schema";

/** In characters, of a schema and of an answer. The longest answers of models have half of that. */
const MAX_LENGTH = 256 * 1024;

/** What judging may cost, in steps: a step tries a part of the schema on a part of the answer. */
const MAX_STEPS = 30_000;

/** In characters, of the paths to all parts of a schema together: the library keeps each. */
const MAX_PATHS = 2_000_000;

/** In how many ways a text may be shared among the repetitions of a pattern, about. */
const MAX_TRIES = 1e8;

/** How often a group of a pattern may be repeated without a look at what is in it. */
const MAX_ROUNDS = 10;

const DRAFTS = { "draft-04": "4", "draft-06": "7", "draft-07": "7", "2019-09": "2019-09", "2020-12": "2020-12" };
const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** A field that the library reads whenever it tries a part, and that hardly any part has. */
const READ_AT_EACH_STEP = "__absolute_recursive_ref__";

/** Errors that say only where there is one; the next one says which. */
const WRAPPERS = [
  ...["$ref", "allOf", "if", "dependencies", "dependentSchemas"],
  ...["properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"],
  ...["prefixItems", "items", "additionalItems", "unevaluatedItems"],
];

// The library's own pattern for it takes exponential time.
format.url = (text) => URL.canParse(text);
Object.setPrototypeOf(format, null);

/** Why the JSON text `json` does not fit the schema `schema`; undefined if it does, or nobody knows. */
export function misfit(schema, json) {
  try {
    if (Math.max(schema.length, json.length) > MAX_LENGTH) return undefined;
    return judge(JSON.parse(schema), JSON.parse(json));
  } catch {
    // A reference to nothing, a recursion without end, a pattern that is none, too many steps.
    return undefined;
  }
}

function judge(schema, value) {
  checkPaths(schema);
  const lookup = dereference(schema);
  const parts = Object.values(lookup).filter((part) => typeof part === "object");
  const length = longestText(value);
  parts.forEach((part) => check(part, length));
  const draft = draftOf(schema, parts);
  meter(parts, value);
  const { valid, errors } = validate(value, schema, draft, lookup);
  return valid ? undefined : tell(errors);
}

function checkPaths(schema) {
  let left = MAX_PATHS;
  const walk = (part, pathLength) => {
    left -= pathLength;
    if (left < 0) throw new Error("too deep");
    for (const [key, inner] of Object.entries(part)) {
      if (typeof inner === "object" && inner !== null) walk(inner, pathLength + key.length + 1);
    }
  };
  if (typeof schema === "object") walk(schema, 0);
}

/** Throws if the library would misread this part of a schema, or a pattern of it take long for a text of `length`. */
function check(part, length) {
  const { type = [], required = [], pattern = "", patternProperties = {} } = part;
  const isUsable =
    [type].flat().every((name) => TYPES.includes(name)) &&
    Array.isArray(required) &&
    ![pattern, ...Object.keys(patternProperties)].some((each) => mayExplode(each) || triesOf(each, length) > MAX_TRIES);
  if (!isUsable) throw new Error("not usable");
}

function draftOf({ $schema = "2020-12" }, parts) {
  const name = Object.keys(DRAFTS).find((name) => $schema.includes(name));
  if (name === undefined) throw new Error("unknown draft");
  // They are numbers in later drafts. OpenAPI 3.0 has them, too, and names no draft.
  const isBoolean = ({ exclusiveMinimum, exclusiveMaximum }) => [typeof exclusiveMinimum, typeof exclusiveMaximum].includes("boolean");
  return parts.some(isBoolean) ? "4" : DRAFTS[name];
}

/**
 * Ends judging at `MAX_STEPS`: with references, a short schema can ask for more of them than
 * anyone can wait for. A step costs more where the part has a long list to be gone through.
 */
function meter(parts, value) {
  let left = MAX_STEPS;
  const lists = (part) => Object.values(part).filter((field) => typeof field === "object" && field !== null);
  // Where items are to be unique, each is compared with each.
  const pairs = parts.some(({ uniqueItems }) => uniqueItems) ? longestList(value) ** 2 : 0;
  for (const part of parts) {
    if (Object.hasOwn(part, READ_AT_EACH_STEP)) throw new Error("cannot be metered");
    const fields = lists(part).reduce((sum, list) => sum + Object.keys(list).length, 0);
    const values = JSON.stringify([part.enum, part.const]).length;
    const cost = 1 + (fields + values) / 100 + (part.uniqueItems ? pairs / 20 : 0);
    const get = () => {
      left -= cost;
      if (left < 0) throw new Error("too many steps");
    };
    Object.setPrototypeOf(part, Object.create(null, { [READ_AT_EACH_STEP]: { get } }));
  }
}

function longestList(value) {
  if (typeof value !== "object" || value === null) return 0;
  return Math.max(Array.isArray(value) ? value.length : 0, ...Object.values(value).map(longestList));
}

function longestText(value) {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce((most, [key, inner]) => Math.max(most, key.length, longestText(inner)), 0);
}

function tell(errors) {
  const first = Math.max(0, errors.findIndex(({ keyword }) => !WRAPPERS.includes(keyword)));
  // "False boolean schema" is nobody's language: what it stands in says more.
  const { instanceLocation, error } = errors[errors[first].keyword === "false" && first > 0 ? first - 1 : first];
  const place = decodeURIComponent(instanceLocation.slice(1));
  return place === "" ? error : `at ${place}: ${error}`;
}

const TOKEN = /\\[pux]\{.*?\}|\\u.{4}|\\x..|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<.*?>))?|\{\d+,?\d*\}|./gisu;

/**
 * Whether a search for `pattern` may take exponential time: where a group is repeated whose rounds
 * a text can be cut into in many ways, as in `(a+)+`. Says it of some that do not, too.
 */
function mayExplode(pattern) {
  const open = [[]];
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = open.at(-1);
    if (token.startsWith("(")) open.push([]);
    else if (token === ")") open.at(-2).push({ group: open.pop(), varies: group.some(({ varies }) => varies) });
    else if (/^(?:[*+?]|\{\d)/.test(token)) {
      const atom = group.at(-1);
      const [, least, comma, most] = /(\d+)(,?)(\d*)/.exec(token) ?? [, "0", ",", token === "?" ? "1" : ""];
      const isLong = comma === "," && most === "" || Number(most || least) > MAX_ROUNDS;
      if (isLong && atom.group && !hasEdge(atom.group)) return true;
      atom.varies ||= comma === "," && most !== least;
    }
    // A choice varies, too.
    else group.push({ text: token, varies: token === "|" });
  }
  return false;
}

/** How many ways a search for `pattern` may have to try in a text of `length`: one more power of it for each repetition. */
function triesOf(pattern, length) {
  const repetitions = pattern.match(/[*+]|\{\d+,/g)?.length ?? 0;
  const isAnchored = pattern.startsWith("^") && !pattern.includes("|");
  return length ** (repetitions + (isAnchored ? 0 : 1));
}

/** Whether a text can be cut into rounds of `atoms` in one way only: at a character of their own. */
function hasEdge(atoms) {
  const varying = atoms.filter(({ varies }) => varies);
  if (varying.length === 0) return true;
  const isEdge = (edge) =>
    /^(?:\\\W|[^\\.[^$])$/u.test(edge.text ?? "") && !edge.varies &&
    atoms.every((atom) => atom === edge || (atom.text && !new RegExp(`^${atom.text}$`, "u").test([...edge.text].at(-1))));
  return varying.length === 1 && (isEdge(atoms[0]) || isEdge(atoms.at(-1)));
}
