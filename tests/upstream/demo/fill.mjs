// Fills a JSON schema: a value that fits it, with words of the question where
// they fit (words.mjs).
//
// Does not: follow references to other documents, or solve what only a search
// through many values could: it then gives the best that it has.
// Called by: calls.mjs, answer.mjs.

import { fits, isObject, itemSchema, propertySchemas, resolve, same } from './fits.mjs';
import { sampleOf, samples } from './formats.mjs';
import { textsOf } from './pattern.mjs';

const deep = 4; // from here on only what must be
const deepest = 24;
const mostParts = 4000; // of one filling
const mostValues = 80; // tried for one part
const mostBranches = 64;

/**
 * @param {import('./words.mjs').Words | undefined} words  has `suggest(place)`: values that may fit
 * @param {{optional?: 'wanted' | 'all'}} options  "wanted": of what need not be, only what the question has words for
 */
export function fill(schema, words, { optional = 'all' } = {}) {
  return new Filler(schema, words, optional).value(schema, { path: [], depth: 0 });
}

class Filler {
  constructor(root, words, optional) {
    this.root = root;
    this.words = words;
    this.optional = optional;
    this.left = mostParts;
  }

  /** A value of a part of the schema at a place: `{path, depth}`. Undefined if none comes to mind. */
  value(schema, place) {
    const [first] = this.some(schema, place, 1);
    return first;
  }

  /** Up to `count` different values. */
  some(schema, place, count) {
    const found = [];
    let tried = 0;
    for (const value of this.#values(schema, place)) {
      if (value === undefined || (tried += 1) > mostValues + count || this.left < 0) break;
      if (found.some((other) => same(other, value)) || !fits(value, schema, this.root)) continue;
      found.push(value);
      if (found.length === count) break;
    }
    return found;
  }

  #isDeep({ depth }) {
    return depth >= deep || this.left < mostParts / 2;
  }

  *#values(schema, place) {
    this.left -= 1;
    if (this.left < 0 || place.depth > deepest) return;
    const plain = [...take(this.#plain(schema, 0), mostBranches)];
    // In the deep, what ends comes first.
    if (this.#isDeep(place)) plain.sort((a, b) => weight(a) - weight(b));
    for (const part of plain) yield* this.#ofPlain(part, place);
  }

  /** The schema without references and branches, once for each way through them. */
  *#plain(schema, depth) {
    if (schema === true || schema === undefined) return yield {};
    if (!isObject(schema) || depth > deepest) return;
    const { $ref, allOf = [], anyOf, oneOf, if: when, then, else: otherwise, ...own } = schema;
    const all = [own, ...allOf, ...(typeof $ref === 'string' ? [resolve($ref, this.root)] : [])];
    const choices = [anyOf, oneOf].filter(Boolean);
    if (when !== undefined) choices.push([{ allOf: [when, then ?? true] }, otherwise ?? true]);
    yield* this.#merged(all.length === 1 ? [] : all.slice(1), choices, own, depth + 1);
  }

  *#merged(all, choices, so, depth) {
    const [part, ...others] = all;
    if (part !== undefined) {
      for (const one of this.#plain(part, depth)) yield* this.#merged(others, choices, merge(so, one), depth);
      return;
    }
    const [choice, ...more] = choices;
    if (choice === undefined) return yield so;
    for (const branch of choice) yield* this.#merged([branch], more, so, depth);
  }

  *#ofPlain(schema, place) {
    if ('const' in schema) return yield schema.const;
    const suggested = this.words?.suggest(place.path, schema) ?? [];
    if (schema.enum !== undefined) {
      yield* suggested.filter((value) => schema.enum.some((member) => same(member, value)));
      return yield* schema.enum;
    }
    const given = [...suggested, ...('default' in schema ? [schema.default] : []), ...[schema.examples ?? []].flat(), ...('example' in schema ? [schema.example] : [])];
    for (const type of typesOf(schema)) {
      const isNested = type === 'object' || type === 'array';
      yield* isNested ? given.filter((value) => typeof value === 'object') : given;
      yield* this.#ofType(type, schema, place);
    }
  }

  #ofType(type, schema, place) {
    switch (type) {
      case 'object': return this.#objects(schema, place);
      case 'array': return this.#lists(schema, place);
      case 'string': return texts(schema, place.path);
      case 'boolean': return [true, false];
      case 'null': return [null];
      default: return numbers(schema, type === 'integer');
    }
  }

  *#objects(schema, place) {
    const known = Object.keys(schema.properties ?? {});
    const required = [...new Set([schema.required ?? []].flat())];
    const optional = known.filter((key) => !required.includes(key));
    const wanted = this.#isDeep(place) ? [] : this.optional === 'all' ? optional : optional.filter((key) => this.words?.has([...place.path, key], schema.properties[key]));
    for (const keys of [[...required, ...wanted], [...required, ...optional], required]) {
      yield this.#object(schema, new Set(this.#needed(schema, keys)), place);
    }
  }

  /** The keys with those that they depend on. */
  #needed({ dependentRequired, dependencies }, keys) {
    const all = new Set(keys);
    for (const key of all) {
      const needs = dependentRequired?.[key] ?? dependencies?.[key];
      if (Array.isArray(needs)) needs.forEach((other) => all.add(other));
    }
    return all;
  }

  #object(schema, keys, place) {
    const { minProperties = 0, maxProperties = Infinity } = schema;
    const made = {};
    const add = (key) => {
      if (Object.hasOwn(made, key) || Object.keys(made).length >= maxProperties) return;
      const parts = propertySchemas(schema, key);
      const value = this.value(parts.length === 1 ? parts[0] : { allOf: parts }, { path: [...place.path, key], depth: place.depth + 1 });
      if (value !== undefined) Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
    };
    keys.forEach(add);
    const more = [...Object.keys(schema.properties ?? {}), ...this.#newKeys(schema)];
    for (const key of more) {
      if (Object.keys(made).length >= minProperties) break;
      add(key);
    }
    // A map says nothing if it is empty.
    if (Object.keys(made).length === 0 && schema.properties === undefined && isObject(schema.additionalProperties) && place.depth < deep) this.#newKeys(schema).slice(0, 1).forEach(add);
    return made;
  }

  #newKeys({ patternProperties = {}, propertyNames, minProperties = 0 }) {
    const count = Math.min(minProperties + 1, 100);
    const matching = Object.keys(patternProperties).flatMap((pattern) => [...textsOf(pattern)]);
    const named = propertyNames === undefined ? [] : this.some({ type: 'string', ...(isObject(propertyNames) ? propertyNames : {}) }, { path: ['key'], depth: deep }, count);
    const plain = Array.from({ length: count }, (_, index) => (index === 0 ? 'example' : `example${index + 1}`));
    return [...matching, ...named, ...plain];
  }

  *#lists(schema, place) {
    const { minItems = 0, maxItems = Infinity, items, prefixItems, contains } = schema;
    const tuple = (prefixItems ?? (Array.isArray(items) ? items : [])).length;
    const suggested = this.#isDeep(place) ? 0 : this.words?.suggest([...place.path, 0], isObject(items) ? items : {}).length ?? 0;
    const usual = this.#isDeep(place) ? minItems : Math.max(1, Math.min(suggested, 3));
    for (const length of new Set([Math.max(usual, tuple, minItems), minItems, 0])) {
      yield this.#list(schema, Math.min(length, maxItems, 200), place, contains);
    }
  }

  #list(schema, length, place, contains) {
    const made = [];
    const needed = contains === undefined ? 0 : schema.minContains ?? 1;
    while (made.length < length || made.length < needed) {
      const part = made.length < needed ? { allOf: [itemSchema(schema, made.length), contains] } : itemSchema(schema, made.length);
      const at = { path: [...place.path, made.length], depth: place.depth + 1 };
      const found = this.some(part, at, schema.uniqueItems ? made.length + 1 : 1).find((value) => !schema.uniqueItems || !made.some((other) => same(other, value)));
      if (found === undefined) break;
      made.push(found);
    }
    return made;
  }
}

/** How much a part asks for: whether it leads on into the deep. */
function weight(schema) {
  if (schema.type === 'object' || schema.properties) return 1 + [schema.required ?? []].flat().length;
  if (schema.type === 'array') return (schema.minItems ?? 0) > 0 ? 2 : 1;
  return 0;
}

function typesOf({ type, properties, required, additionalProperties, items, prefixItems, minItems, pattern, format, minLength, maxLength, minimum, maximum, multipleOf, nullable }) {
  if (type !== undefined) return [[type].flat().filter((name) => name !== 'null'), [type].flat().includes('null') || nullable ? ['null'] : []].flat();
  if ((properties ?? required ?? additionalProperties) !== undefined) return ['object'];
  if ((items ?? prefixItems ?? minItems) !== undefined) return ['array'];
  if ((pattern ?? format ?? minLength ?? maxLength) !== undefined) return ['string'];
  if ((minimum ?? maximum ?? multipleOf) !== undefined) return ['number'];
  return ['string', 'object', 'array', 'number', 'boolean', 'null'];
}

/** What fits both, as far as that can be said without trying. */
function merge(a, b) {
  const both = { ...a, ...b };
  const join = (name, how) => {
    if (a[name] !== undefined && b[name] !== undefined) both[name] = how(a[name], b[name]);
  };
  const each = (x, y) => Object.fromEntries([...new Set([...Object.keys(x), ...Object.keys(y)])].map((key) => [key, x[key] === undefined ? y[key] : y[key] === undefined ? x[key] : { allOf: [x[key], y[key]] }]));
  join('properties', each);
  join('patternProperties', each);
  join('required', (x, y) => [x, y].flat());
  join('type', (x, y) => [x].flat().filter((name) => [y].flat().includes(name) || (name === 'integer' && [y].flat().includes('number'))).concat([y].flat().filter((name) => name === 'integer' && [x].flat().includes('number'))));
  join('enum', (x, y) => x.filter((member) => y.some((other) => same(member, other))));
  for (const name of ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']) join(name, (x, y) => Math.max(x, y));
  for (const name of ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']) join(name, (x, y) => Math.min(x, y));
  join('additionalProperties', (x, y) => (x === false || y === false ? false : { allOf: [x, y] }));
  join('items', (x, y) => (Array.isArray(x) || Array.isArray(y) ? y : { allOf: [x, y] }));
  if ('const' in a) both.const = a.const;
  return both;
}

function* texts({ minLength = 0, maxLength = Infinity, pattern, format, description }, path) {
  const key = String(path.findLast((step) => typeof step === 'string') ?? 'answer');
  const index = typeof path.at(-1) === 'number' && path.at(-1) > 0 ? ` ${path.at(-1) + 1}` : '';
  const sample = sampleOf(format);
  const plain = `example ${key.replace(/[_-]/g, ' ')}${index}`;
  const base = [...(sample === undefined ? [] : [sample]), ...(pattern === undefined && sample === undefined ? [plain] : [plain, ...samples(), ...textsOf(pattern ?? '')])];
  for (const text of base) yield sized(text, minLength, maxLength);
  if (pattern === undefined && sample === undefined) for (let more = 2; more < 40; more += 1) yield sized(`${more} ${plain}`, minLength, maxLength);
  if (format === 'uri' || format === 'url') for (let more = 1; more < 40; more += 1) yield `${sample}${more}`;
}

function sized(text, minLength, maxLength) {
  const characters = [...text];
  if (characters.length > maxLength) return characters.slice(0, maxLength).join('');
  if (characters.length >= minLength) return text;
  return [...text.padEnd(minLength * 2, ' and more')].slice(0, minLength).join('').replace(/\s$/, '.');
}

function* numbers({ minimum, maximum, exclusiveMinimum: over, exclusiveMaximum: under, multipleOf }, whole) {
  const step = multipleOf ?? (whole ? 1 : undefined);
  const low = Math.max(minimum ?? -Infinity, typeof over === 'number' ? over : -Infinity);
  const high = Math.min(maximum ?? Infinity, typeof under === 'number' ? under : Infinity);
  const unit = whole && multipleOf !== undefined && !Number.isInteger(multipleOf) ? 1 : step ?? Math.min(1, (high - low) / 10 || 1);
  const start = Number.isFinite(low) ? low : Number.isFinite(high) ? high - 10 * unit : 0;
  yield* [1, 2, 3];
  const first = step === undefined ? start : Math.ceil(start / unit) * unit;
  for (let index = 0; index < 40; index += 1) yield Number((first + index * unit).toPrecision(15));
  if (Number.isFinite(high)) yield step === undefined ? high : Math.floor(high / unit) * unit;
  for (let index = 1; index < 10 && low === -Infinity; index += 1) yield -index * unit;
  if (Number.isFinite(low + high)) yield (low + high) / 2;
}

function* take(all, count) {
  for (const one of all) {
    if ((count -= 1) < 0) return;
    yield one;
  }
}
