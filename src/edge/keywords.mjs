/**
 * The keywords of JSON schema, drafts 4 to 2020-12. Each becomes a rule: the type of the values that
 * it applies to, or "any", and a function that returns what is wrong with a value, or undefined.
 * schema.mjs defines `check` and the other functions that are passed in.
 *
 * A rule calls `spend` before it does the work. The value of a keyword is validated when its rule is
 * made, and that throws if the value is not valid.
 */
import { isOfFormat } from "./formats.mjs";
import { canonical, fail, isEqual, isMultiple, lengthOf, typeOf } from "./values.mjs";

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** In steps: the cost of looking up a keyword and making its rule, and of listing a name. */
const COST = { keyword: 25, key: 5 };

/** Returns the function that makes the rules of a part of a schema. `whole` is the full part if only some keywords count. */
export function keywords({ target, check, checkToo, checkInner, matches, spend }) {
  /** A keyword's value, which must have this type; undefined if the part does not have the keyword. */
  const read = (part, keyword, type) => {
    const value = part[keyword];
    if (value !== undefined && typeOf(value) !== type) throw new Error(`not usable: ${keyword}`);
    return value;
  };

  /** Whether it has a property. The hash of a long name is computed every time. */
  const has = (value, key) => {
    spend(1 + (key.length >> 5));
    return Object.hasOwn(value, key);
  };

  /** A rule for the lower and the upper bound of a part, applied to the result of `measure`. */
  const bounds = (type, [low, high], measure, [tooLow, tooHigh]) => (part) => {
    const [least, most] = [read(part, low, "number"), read(part, high, "number")];
    if (least === undefined && most === undefined) return undefined;
    return [type, (value, at) => {
      const size = measure(value);
      if (size < least) return fail(at, () => tooLow(size, least));
      if (size > most) return fail(at, () => tooHigh(size, most));
    }];
  };

  const reference = (part, whole) => {
    if (read(part, "$ref", "string") === undefined) return undefined;
    return ["any", (value, at, seen) => checkToo(value, target(whole), at, seen)];
  };

  const type = (part) => {
    if (part.type === undefined) return undefined;
    const allowed = [part.type].flat();
    spend(allowed.length);
    if (!allowed.every((name) => TYPES.includes(name))) throw new Error("unknown type");
    const set = new Set(allowed);
    return ["any", (value, at) => {
      const is = typeOf(value);
      if (set.has(is) || (set.has("integer") && Number.isInteger(value))) return undefined;
      return fail(at, () => `Instance type "${is}" is invalid. Expected "${allowed.join('", "')}".`);
    }];
  };

  const constant = ({ const: only }) => {
    if (only === undefined) return undefined;
    return ["any", (value, at) => (isEqual(value, only, spend) ? undefined : fail(at, () => `Instance does not match ${JSON.stringify(only)}.`))];
  };

  const enumeration = (part) => {
    const values = read(part, "enum", "array");
    if (values === undefined) return undefined;
    const isOne = (value) => values.some((each) => isEqual(value, each, spend));
    return ["any", (value, at) => (isOne(value) ? undefined : fail(at, () => `Instance does not match any of ${JSON.stringify(values)}.`))];
  };

  const not = ({ not: part }) => {
    if (part === undefined) return undefined;
    return ["any", (value, at) => (check(value, part, at) ? undefined : fail(at, () => 'Instance matched "not" schema.'))];
  };

  /** How many of `parts` a value matches. All are tried, because each may evaluate more of the value. */
  const countFits = (value, parts, at, seen) => parts.reduce((count, part) => count + (checkToo(value, part, at, seen) ? 0 : 1), 0);

  const anyOf = (part) => {
    const parts = read(part, "anyOf", "array");
    return parts && ["any", (value, at, seen) => (countFits(value, parts, at, seen) > 0 ? undefined : fail(at, () => "Instance does not match any subschemas."))];
  };

  const allOf = (part) => {
    const parts = read(part, "allOf", "array");
    return parts && ["any", (value, at, seen) => {
      for (const each of parts) {
        const wrong = checkToo(value, each, at, seen);
        if (wrong) return wrong;
      }
    }];
  };

  const oneOf = (part) => {
    const parts = read(part, "oneOf", "array");
    return parts && ["any", (value, at, seen) => {
      const count = countFits(value, parts, at, seen);
      return count === 1 ? undefined : fail(at, () => `Instance does not match exactly one subschema (${count} matches).`);
    }];
  };

  const condition = ({ if: asked, then: yes = true, else: no = true }) => {
    if (asked === undefined) return undefined;
    return ["any", (value, at, seen) => checkToo(value, checkToo(value, asked, at, seen) ? no : yes, at, seen)];
  };

  /** What is wrong if one of these properties is missing. */
  const missing = (value, keys, at, why) => {
    for (const key of keys) if (!has(value, key)) return fail(at, () => why(key));
  };

  const required = (part) => {
    const keys = read(part, "required", "array");
    return keys && ["object", (value, at) => missing(value, keys, at, (key) => `Instance does not have required property "${key}".`)];
  };

  const sizeOf = (value) => {
    const { length } = Object.keys(value);
    spend(length);
    return length;
  };
  const properties = bounds("object", ["minProperties", "maxProperties"], sizeOf, [
    (_, least) => `Instance does not have at least ${least} properties.`,
    (_, most) => `Instance does not have at most ${most} properties.`,
  ]);

  const dependent = (part) => {
    const named = ["dependentRequired", "dependentSchemas", "dependencies"].map((keyword) => read(part, keyword, "object"));
    const entries = named.flatMap((each = {}) => Object.entries(each));
    if (entries.length === 0) return undefined;
    spend(entries.length * COST.key);
    return ["object", (value, at, seen) => {
      for (const [key, each] of entries) {
        if (!has(value, key)) continue;
        const why = (name) => `Instance has "${key}" but does not have "${name}".`;
        const wrong = Array.isArray(each) ? missing(value, each, at, why) : checkToo(value, each, at, seen);
        if (wrong) return wrong;
      }
    }];
  };

  const names = ({ propertyNames: part }) => {
    if (part === undefined) return undefined;
    const why = (key) => `Property name "${key}" does not match schema.`;
    return ["object", (value, at) => {
      for (const key of keysOf(value)) {
        const wrong = checkInner(key, part, at, key, why);
        if (wrong) return wrong;
      }
    }];
  };

  const keysOf = (value) => {
    const keys = Object.keys(value);
    spend(keys.length * COST.key);
    return keys;
  };
  const whyOf = (rule) => (key) => `Property "${key}" does not match ${rule}.`;
  const WHY = [whyOf("schema"), whyOf("the schema of its pattern"), whyOf("additional properties schema"), whyOf("unevaluated properties schema")];

  const contents = (part) => {
    const own = read(part, "properties", "object") ?? {};
    const byPattern = Object.entries(read(part, "patternProperties", "object") ?? {});
    const { additionalProperties: additional, unevaluatedProperties: unevaluated } = part;
    if (!part.properties && byPattern.length === 0 && additional === undefined && unevaluated === undefined) return undefined;
    spend(byPattern.length * COST.key);

    const checkKey = (value, key, at, seen) => {
      let isKnown = has(own, key);
      if (isKnown) {
        const wrong = checkInner(value[key], own[key], at, key, WHY[0]);
        if (wrong) return wrong;
      }
      for (const [pattern, each] of byPattern) {
        if (!matches(pattern, key)) continue;
        isKnown = true;
        const wrong = checkInner(value[key], each, at, key, WHY[1]);
        if (wrong) return wrong;
      }
      // A property that is unknown here may be evaluated by another part of the schema.
      const isRest = !isKnown && additional !== undefined;
      if (isRest || (!isKnown && unevaluated !== undefined && !seen.has(key))) {
        const wrong = checkInner(value[key], isRest ? additional : unevaluated, at, key, WHY[isRest ? 2 : 3]);
        if (wrong) return wrong;
        isKnown = true;
      }
      if (isKnown) seen?.add(key);
    };
    return ["object", (value, at, seen) => {
      for (const key of keysOf(value)) {
        const wrong = checkKey(value, key, at, seen);
        if (wrong) return wrong;
      }
    }];
  };

  const length = bounds("array", ["minItems", "maxItems"], (value) => value.length, [
    (size, least) => `Array has too few items (${size} < ${least}).`,
    (size, most) => `Array has too many items (${size} > ${most}).`,
  ]);

  const items = (part) => {
    // Before 2020-12 a list was written as `items`, and the items after it as `additionalItems`.
    const isOld = Array.isArray(part.items);
    const first = isOld ? part.items : (read(part, "prefixItems", "array") ?? []);
    const rest = isOld ? part.additionalItems : part.items;
    if (first.length === 0 && rest === undefined) return undefined;
    const why = () => "Items did not match schema.";
    return ["array", (value, at, seen) => {
      const end = rest === undefined ? Math.min(first.length, value.length) : value.length;
      for (let index = 0; index < end; index += 1) {
        const wrong = checkInner(value[index], index < first.length ? first[index] : rest, at, index, why);
        if (wrong) return wrong;
        seen?.add(index);
      }
    }];
  };

  const contained = (part) => {
    const { contains } = part;
    const [least = 1, most = Infinity] = [read(part, "minContains", "number"), read(part, "maxContains", "number")];
    if (contains === undefined) return undefined;
    return ["array", (value, at, seen) => {
      let count = 0;
      for (const [index, item] of value.entries()) {
        if (check(item, contains, { up: at, key: index })) continue;
        count += 1;
        seen?.add(index);
      }
      if (count === 0 && least > 0) return fail(at, () => "Array does not contain item matching schema.");
      if (count < least) return fail(at, () => `Array must contain at least ${least} items matching schema. Only ${count} items were found.`);
      if (count > most) return fail(at, () => `Array may contain at most ${most} items matching schema. ${count} items were found.`);
    }];
  };

  const rest = ({ unevaluatedItems: part }) => {
    if (part === undefined) return undefined;
    const why = () => "Items did not match unevaluated items schema.";
    return ["array", (value, at, seen) => {
      spend(value.length);
      for (const [index, item] of value.entries()) {
        const wrong = seen.has(index) ? undefined : checkInner(item, part, at, index, why);
        if (wrong) return wrong;
        seen.add(index);
      }
    }];
  };

  const unique = (part) => {
    if (part.uniqueItems !== true) return undefined;
    return ["array", (value, at) => {
      const places = new Map();
      for (const [index, item] of value.entries()) {
        const text = canonical(item, spend);
        if (places.has(text)) return fail(at, () => `Duplicate items at indexes ${places.get(text)} and ${index}.`);
        places.set(text, index);
      }
    }];
  };

  const range = bounds("number", ["minimum", "maximum"], (value) => value, [
    (value, least) => `${value} is less than ${least}.`,
    (value, most) => `${value} is greater than ${most}.`,
  ]);

  /** In later drafts these are numbers. OpenAPI 3.0 names no draft and has booleans beside another bound, as in draft 4. */
  const exclusive = (part) => {
    const limit = (keyword, other) => (typeof part[keyword] === "boolean" ? (part[keyword] ? part[other] : undefined) : read(part, keyword, "number"));
    const [low, high] = [limit("exclusiveMinimum", "minimum"), limit("exclusiveMaximum", "maximum")];
    if (low === undefined && high === undefined) return undefined;
    return ["number", (value, at) => {
      if (value <= low) return fail(at, () => `${value} is less than or equal to ${low}.`);
      if (value >= high) return fail(at, () => `${value} is greater than or equal to ${high}.`);
    }];
  };

  const multiple = (part) => {
    const divisor = read(part, "multipleOf", "number");
    if (divisor === undefined) return undefined;
    return ["number", (value, at) => (isMultiple(value, divisor, spend) ? undefined : fail(at, () => `${value} is not a multiple of ${divisor}.`))];
  };

  const textLength = bounds("string", ["minLength", "maxLength"], (value) => lengthOf(value, spend), [
    (size, least) => `String is too short (${size} < ${least}).`,
    (size, most) => `String is too long (${size} > ${most}).`,
  ]);

  const pattern = (part) => {
    const source = read(part, "pattern", "string");
    if (source === undefined) return undefined;
    return ["string", (value, at) => (matches(source, value) ? undefined : fail(at, () => "String does not match pattern."))];
  };

  const format = (part) => {
    const name = read(part, "format", "string");
    if (name === undefined) return undefined;
    return ["string", (value, at) => (isOfFormat(name, value, spend) ? undefined : fail(at, () => `String does not match format "${name}".`))];
  };

  // In the order of evaluation. Keywords that depend on what others have evaluated come after those.
  const makers = [
    [reference, "$ref"], [type, "type"], [constant, "const"], [enumeration, "enum"], [not, "not"],
    [anyOf, "anyOf"], [allOf, "allOf"], [oneOf, "oneOf"], [condition, "if"],
    [required, "required"], [properties, "minProperties", "maxProperties"], [names, "propertyNames"],
    [dependent, "dependentRequired", "dependentSchemas", "dependencies"],
    [contents, "properties", "patternProperties", "additionalProperties", "unevaluatedProperties"],
    [length, "minItems", "maxItems"], [items, "items", "prefixItems"], [contained, "contains"],
    [rest, "unevaluatedItems"], [unique, "uniqueItems"],
    [exclusive, "exclusiveMinimum", "exclusiveMaximum"], [range, "minimum", "maximum"], [multiple, "multipleOf"],
    [textLength, "minLength", "maxLength"], [pattern, "pattern"], [format, "format"],
  ];
  const places = new Map(makers.flatMap(([, ...keywords], index) => keywords.map((keyword) => [keyword, index])));
  return (part, whole) => {
    const keys = Object.keys(part);
    spend(keys.length * COST.keyword);
    const needed = new Set(keys.map((key) => places.get(key)));
    needed.delete(undefined);
    return [...needed].sort((one, other) => one - other).map((place) => makers[place][0](part, whole)).filter(Boolean);
  };
}
