// JSON schemas for the tests of the demo's filler: of the kinds that tools,
// agents and structured answers come with, and random ones.

const text = { type: 'string' };
const whole = { type: 'integer' };
const object = (properties, more = {}) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false, ...more });
const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#' };

/** Name and schema. */
export const schemas = Object.entries({
  // Texts.
  text,
  lengths: object({ short: { ...text, maxLength: 3 }, long: { ...text, minLength: 80, maxLength: 90 }, exact: { ...text, minLength: 7, maxLength: 7 }, none: { ...text, maxLength: 0 } }),
  formats: object(Object.fromEntries(['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uri-template', 'uuid', 'json-pointer', 'relative-json-pointer', 'regex'].map((format) => [format, { ...text, format }]))),
  'patterns of codes': object({ sku: { ...text, pattern: '^[A-Z]{3}-\\d{4}$' }, hex: { ...text, pattern: '^#(?:[0-9a-fA-F]{3}){1,2}$' }, semver: { ...text, pattern: '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-[\\w.]+)?$' }, slug: { ...text, pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$', minLength: 12 }, iban: { ...text, pattern: '^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$' }, phone: { ...text, pattern: '^\\+?[1-9]\\d{1,14}$' }, time: { ...text, pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' } }),
  'patterns with looks, names and properties': object({ email: { ...text, pattern: "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$" }, uuid: { ...text, format: 'uuid', pattern: '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000)$' }, word: { ...text, pattern: '^\\p{Lu}\\p{Ll}+$' }, twice: { ...text, pattern: '^(?<first>[ab]+)x\\1$' }, not: { ...text, pattern: '^[^a-zA-Z0-9]{2,}$' }, ends: { ...text, pattern: '\\.json$' }, escape: { ...text, pattern: '^\\u0041\\x42\\.\\*\\/$' } }),
  'a choice of texts': object({ unit: { ...text, enum: ['celsius', 'fahrenheit'] }, one: { const: 'only' }, mixed: { enum: [null, 3, 'a', { b: 1 }] } }),
  // Numbers.
  numbers: object({ positive: { type: 'number', exclusiveMinimum: 0 }, share: { type: 'number', minimum: 0, maximum: 1 }, narrow: { type: 'number', exclusiveMinimum: 0.1, exclusiveMaximum: 0.2 }, negative: { ...whole, maximum: -5 }, step: { ...whole, multipleOf: 7, minimum: 50 }, cents: { type: 'number', multipleOf: 0.05, minimum: 3.01 }, big: { ...whole, minimum: 9_000_000, maximum: 9_000_001 }, exact: { ...whole, minimum: 42, maximum: 42 } }),
  'numbers of draft 4': { $schema: 'http://json-schema.org/draft-04/schema#', ...object({ over: { ...whole, minimum: 3, exclusiveMinimum: true }, under: { type: 'number', maximum: -1, exclusiveMaximum: true } }) },
  'truth and nothing': object({ yes: { type: 'boolean' }, no: { const: false }, null: { type: 'null' }, maybe: { type: ['string', 'null'] }, anything: {}, all: true }),
  // Lists.
  lists: object({ words: { type: 'array', items: text, minItems: 3 }, different: { type: 'array', items: text, minItems: 5, uniqueItems: true }, none: { type: 'array', items: text, maxItems: 0 }, free: { type: 'array' }, grades: { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true }, ids: { type: 'array', items: { ...text, format: 'uri' }, minItems: 2, uniqueItems: true }, ages: { type: 'array', items: { ...whole, minimum: 10, maximum: 13 }, minItems: 4, uniqueItems: true } }),
  tuples: object({ point: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }, text], items: false, minItems: 3 }, contains: { type: 'array', items: { anyOf: [text, whole] }, contains: { const: 9 }, minContains: 2, minItems: 3 } }),
  'tuples of draft 7': { ...draft7, ...object({ pair: { type: 'array', items: [text, whole], additionalItems: false, minItems: 2 }, more: { type: 'array', items: [text], additionalItems: { type: 'boolean' }, minItems: 3 } }) },
  grid: { type: 'array', minItems: 2, items: { type: 'array', minItems: 3, maxItems: 3, items: { type: 'number' } } },
  // Objects.
  'an object with nothing said': { type: 'object' },
  'optional properties alone': { type: 'object', properties: { a: text, b: whole } },
  maps: object({ scores: { type: 'object', additionalProperties: { type: 'number' }, minProperties: 3 }, byName: { type: 'object', patternProperties: { '^x-[a-z]+$': text }, additionalProperties: false, minProperties: 1 }, named: { type: 'object', propertyNames: { pattern: '^[a-z]{3}$' }, additionalProperties: whole, minProperties: 2 }, few: { type: 'object', properties: { a: text, b: text, c: text }, maxProperties: 1, additionalProperties: false } }),
  dependencies: { type: 'object', properties: { card: text, address: text, zip: { ...text, pattern: '^\\d{5}$' } }, required: ['card'], dependentRequired: { card: ['address'], address: ['zip'] }, additionalProperties: false },
  'dependencies of draft 7': { ...draft7, type: 'object', properties: { a: whole, b: whole }, required: ['a'], dependencies: { a: ['b'] } },
  'a property that is called like a method': object({ constructor: text, hasOwnProperty: whole, toString: { type: 'boolean' } }),
  // Combinations.
  'all of several': { allOf: [{ type: 'object', properties: { id: { ...whole, minimum: 10 } }, required: ['id'] }, { type: 'object', properties: { id: { maximum: 12 }, name: text }, required: ['name'] }] },
  'one of several by a constant': { type: 'array', minItems: 2, items: { oneOf: [object({ kind: { const: 'text' }, body: text }), object({ kind: { const: 'picture' }, url: { ...text, format: 'uri' }, size: whole })] } },
  'one of several that overlap': object({ id: { oneOf: [{ ...text, maxLength: 3 }, { ...text, minLength: 3 }] }, count: { oneOf: [{ type: 'number', multipleOf: 5 }, { type: 'number', multipleOf: 3 }] } }),
  'any of several': object({ content: { anyOf: [{ type: 'null' }, text] }, amount: { anyOf: [{ ...whole, minimum: 1000 }, { ...text, enum: ['all'] }] } }),
  not: object({ name: { ...text, not: { enum: ['example name'] } }, value: { not: { type: 'string' } }, number: { ...whole, not: { minimum: 0 } } }),
  'if, then, else': { type: 'object', properties: { country: { enum: ['US', 'NL'] }, code: text }, required: ['country', 'code'], if: { properties: { country: { const: 'US' } } }, then: { properties: { code: { pattern: '^\\d{5}$' } } }, else: { properties: { code: { pattern: '^\\d{4}[A-Z]{2}$' } } } },
  // References.
  'references and recursion': { $ref: '#/$defs/node', $defs: { node: object({ value: whole, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }) } },
  'recursion to the root': object({ name: text, parts: { type: 'array', items: { $ref: '#' } } }),
  'references of draft 7': { ...draft7, definitions: { 'a/b': { ...text, minLength: 2 }, money: object({ amount: { type: 'number', minimum: 0 }, currency: { ...text, pattern: '^[A-Z]{3}$' } }) }, ...object({ price: { $ref: '#/definitions/money' }, slash: { $ref: '#/definitions/a~1b' } }) },
  anchors: { $defs: { x: { $anchor: 'here', type: 'integer', minimum: 4 } }, ...object({ at: { $ref: '#here' } }) },
  // What SDKs and agents make.
  'an event': object({ name: text, date: { ...text, format: 'date' }, participants: { type: 'array', items: text } }),
  'reasoning in steps': object({ steps: { type: 'array', items: object({ explanation: text, output: text }) }, final_answer: text }),
  'user interface': { ...object({ type: { enum: ['div', 'button', 'form'] }, label: text, children: { type: 'array', items: { $ref: '#' } }, attributes: { type: 'array', items: object({ name: text, value: text }) } }) },
  'an optional in strict mode': object({ location: text, unit: { type: ['string', 'null'], enum: ['c', 'f', null] }, days: { anyOf: [{ ...whole, minimum: 1, maximum: 14 }, { type: 'null' }] } }),
  'an editing tool': object({ file_path: text, old_string: text, new_string: text, replace_all: { type: 'boolean', default: false } }),
  'a shell tool': object({ command: { type: 'array', items: text, minItems: 1 }, workdir: text, timeout_ms: { type: 'number' } }),
  'a plan tool': object({ explanation: text, plan: { type: 'array', minItems: 1, items: object({ step: text, status: { enum: ['pending', 'in_progress', 'completed'] } }) } }),
  'a question tool': object({ questions: { type: 'array', minItems: 1, maxItems: 4, items: object({ question: text, header: { ...text, maxLength: 12 }, multiSelect: { type: 'boolean' }, options: { type: 'array', minItems: 2, maxItems: 4, items: object({ label: text, description: text }) } }) } }),
  wide: object(Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`field_${index}`, index % 2 ? text : whole]))),
  deep: Array.from({ length: 12 }).reduce((inner) => object({ inner }), text),
});

/** A generator of random schemas with all that `schemas` has; the same for the same seed. */
export function randomSchema(seed) {
  let state = seed * 2654435761 + 1;
  const random = (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const pick = (list) => list[random(list.length)];
  const make = (depth) => {
    const kinds = [
      () => ({ ...text, minLength: random(5), maxLength: 5 + random(20) }),
      () => ({ ...text, pattern: pick(['^[a-f]{2,4}$', '^\\w+@\\w+$', '^(yes|no)$', '[0-9]$', '^[^x]*y$', '^(a|b(c|d))+$', '^\\s*\\S+$', '^.{3,9}$']) }),
      () => ({ ...text, format: pick(['date', 'uuid', 'email', 'uri', 'ipv4', 'date-time']) }),
      () => ({ enum: [pick(['a', 'b']), 1, null].slice(0, 1 + random(3)) }),
      () => ({ type: pick(['integer', 'number']), minimum: random(100) - 50, maximum: 50 + random(50) }),
      () => ({ type: 'integer', multipleOf: 1 + random(9), exclusiveMinimum: random(40) }),
      () => ({ type: pick(['boolean', 'null', 'integer', 'object', 'array', 'string']) }),
    ];
    const nested = [
      () => {
        const properties = Object.fromEntries(Array.from({ length: 1 + random(4) }, (_, index) => [`${pick(['name', 'count', 'city', 'url', 'value'])}${index}`, make(depth - 1)]));
        return { type: 'object', properties, required: Object.keys(properties).filter(() => random(2)), additionalProperties: pick([false, true, {}]) };
      },
      () => ({ type: 'array', items: make(depth - 1), minItems: random(3) }),
      () => ({ type: 'array', prefixItems: [make(depth - 1), make(depth - 1)], minItems: 2 }),
      () => ({ anyOf: [make(depth - 1), make(depth - 1)] }),
      () => ({ oneOf: [object({ kind: { const: 'a' }, a: make(depth - 1) }), object({ kind: { const: 'b' }, b: make(depth - 1) })] }),
      () => ({ allOf: [{ type: 'object', properties: { x: make(depth - 1) }, required: ['x'] }, { type: 'object', properties: { y: make(depth - 1) }, required: ['y'] }] }),
      () => ({ type: 'object', additionalProperties: make(depth - 1), minProperties: 1 + random(3) }),
      () => ({ $defs: { part: make(depth - 1) }, ...object({ left: make(depth - 1) }) }),
    ];
    return pick(depth > 0 ? [...kinds, ...nested, ...nested] : kinds)();
  };
  return make(4);
}
