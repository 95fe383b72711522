// Whether a value fits a JSON schema: what the filler of schemas (fill.mjs)
// asks of the values it thinks of.
//
// Does not: say what is wrong, or follow references to other documents.
// Called by: fill.mjs, words.mjs.

import { isFormat } from './formats.mjs';

/** `root` is the document that references point into. */
export function fits(value, schema, root = schema) {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) return true;
  if (typeof schema.$ref === 'string' && !fits(value, resolve(schema.$ref, root), root)) return false;
  const { type, not, allOf = [], anyOf, oneOf } = schema;
  const also = (part) => fits(value, part, root);
  if (type !== undefined && ![type].flat().some((name) => isType(value, name))) return false;
  if (value === null && schema.nullable !== true && type === undefined && schema.enum === undefined && 'nullable' in schema) return false;
  if (schema.enum !== undefined && !schema.enum.some((member) => same(member, value))) return false;
  if ('const' in schema && !same(schema.const, value)) return false;
  if (!allOf.every(also) || (anyOf && !anyOf.some(also))) return false;
  if (oneOf && oneOf.filter(also).length !== 1) return false;
  if (not !== undefined && also(not)) return false;
  if (schema.if !== undefined && !also((also(schema.if) ? schema.then : schema.else) ?? true)) return false;
  if (typeof value === 'string') return fitsText(value, schema);
  if (typeof value === 'number') return fitsNumber(value, schema);
  if (Array.isArray(value)) return fitsList(value, schema, root);
  return !isObject(value) || fitsObject(value, schema, root);
}

/** What a reference within the document points to; true, which all fits, if there is nothing. */
export function resolve(ref, root) {
  if (ref === '#' || ref === root.$id) return root;
  if (ref.startsWith('#/')) {
    const steps = decodeURIComponent(ref).slice(2).split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return steps.reduce((part, step) => part?.[step], root) ?? true;
  }
  const named = (part) => {
    if (!isObject(part) && !Array.isArray(part)) return undefined;
    if ([part.$id, `#${part.$anchor}`, `#${part.$dynamicAnchor}`].includes(ref)) return part;
    return Object.values(part).reduce((found, inner) => found ?? named(inner), undefined);
  };
  return named(root) ?? true;
}

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export function matches(pattern, text) {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags).test(text);
    } catch {
      // Not every pattern is one with the flag.
    }
  }
  return true;
}

function isType(value, name) {
  switch (name) {
    case 'null': return value === null;
    case 'array': return Array.isArray(value);
    case 'object': return isObject(value);
    case 'integer': return Number.isInteger(value);
    default: return typeof value === name;
  }
}

function fitsText(value, { minLength = 0, maxLength = Infinity, pattern, format }) {
  const { length } = [...value];
  return length >= minLength && length <= maxLength && (pattern === undefined || matches(pattern, value)) && isFormat(value, format);
}

function fitsNumber(value, { minimum = -Infinity, maximum = Infinity, exclusiveMinimum: over, exclusiveMaximum: under, multipleOf }) {
  // Up to draft 4 these two are switches.
  const low = typeof over === 'number' ? value > over : !over || value > minimum;
  const high = typeof under === 'number' ? value < under : !under || value < maximum;
  const step = multipleOf === undefined ? 0 : value / multipleOf;
  return value >= minimum && value <= maximum && low && high && Math.abs(step - Math.round(step)) < 1e-9;
}

function fitsList(value, schema, root) {
  const { minItems = 0, maxItems = Infinity, uniqueItems, contains, minContains = 1, maxContains = Infinity } = schema;
  if (value.length < minItems || value.length > maxItems) return false;
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
  if (!value.every((item, index) => fits(item, itemSchema(schema, index), root))) return false;
  const found = contains === undefined ? minContains : value.filter((item) => fits(item, contains, root)).length;
  return found >= minContains && found <= maxContains;
}

/** The schema of an item, in either way of saying it. */
export function itemSchema({ items = true, prefixItems, additionalItems = true }, index) {
  const tuple = prefixItems ?? (Array.isArray(items) ? items : []);
  return tuple[index] ?? (Array.isArray(items) ? additionalItems : items);
}

function fitsObject(value, schema, root) {
  const { required = [], minProperties = 0, maxProperties = Infinity, propertyNames = true } = schema;
  const keys = Object.keys(value);
  if (keys.length < minProperties || keys.length > maxProperties) return false;
  if (![required].flat().every((key) => Object.hasOwn(value, key))) return false;
  const depends = Object.entries({ ...schema.dependencies, ...schema.dependentRequired, ...schema.dependentSchemas });
  for (const [key, needs] of depends) {
    if (!Object.hasOwn(value, key)) continue;
    if (Array.isArray(needs) ? !needs.every((other) => Object.hasOwn(value, other)) : !fits(value, needs, root)) return false;
  }
  return keys.every((key) => fits(key, propertyNames, root) && propertySchemas(schema, key).every((part) => fits(value[key], part, root)));
}

/** All schemas that a property must fit. */
export function propertySchemas({ properties = {}, patternProperties = {}, additionalProperties = true }, key) {
  const own = Object.hasOwn(properties, key) ? [properties[key]] : [];
  const matching = Object.entries(patternProperties).filter(([pattern]) => matches(pattern, key));
  const all = [...own, ...matching.map(([, part]) => part)];
  return all.length > 0 ? all : [additionalProperties];
}
