// The demo's filler of schemas: what it fills in fits, as a validator of other
// people's has it.
// Run with: node --test tests/upstream/*.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@cfworker/json-schema';
import { randomSchema, schemas } from './demo-schemas.mjs';
import { fill } from './demo/fill.mjs';
import { fits } from './demo/fits.mjs';
import { Words } from './demo/words.mjs';

const questions = [
  undefined,
  'Hello',
  'What is the weather in Paris, France on 2026-12-24 at 10:30, in fahrenheit? Write to ada@example.com or see https://example.com/a.html, 3 times, "no more".',
  '北京明天的天气怎么样？我叫小明，今年 12 岁。',
  `{"name": "a", "kind": "picture", "id": 11, "value": [1, {"b": ${'"x", "y": '.repeat(3)}2}]}`,
  'x '.repeat(5000),
];

const draftOf = ({ $schema = '' }) => /draft-0?([47])/.exec($schema)?.[1] ?? '2020-12';

function check(name, schema) {
  for (const question of questions) {
    for (const optional of ['all', 'wanted']) {
      const value = fill(schema, question && new Words(question, { answer: question }), { optional });
      assert.notEqual(value, undefined, `${name}: nothing came to mind`);
      const { valid, errors } = new Validator(schema, draftOf(schema), false).validate(value);
      assert.ok(valid, `${name}, "${question?.slice(0, 40)}": ${JSON.stringify(value)} ${JSON.stringify(errors)} ${JSON.stringify(schema)}`);
      assert.ok(fits(value, schema), `${name}: and its own judge agrees`);
    }
  }
}

for (const [name, schema] of schemas) {
  test(`fills: ${name}`, () => check(name, schema));
}

test('fills random schemas', () => {
  for (let seed = 1; seed <= 300; seed += 1) check(`random schema ${seed}`, randomSchema(seed));
});

test('says what does not fit as a validator does', () => {
  const values = [null, true, 0, 3, 0.15, -6, '', 'ab', 'AAA-1234', 'celsius', [], ['a'], [1, 1], {}, { a: 'b' }, { kind: 'text', body: '' }, { card: 'a' }, { country: 'US', code: '1' }];
  for (const [name, schema] of schemas) {
    const parts = [schema, ...Object.values(schema.properties ?? {})];
    for (const part of parts) {
      const whole = { ...part, $defs: schema.$defs, definitions: schema.definitions, $schema: schema.$schema };
      if (part === true || JSON.stringify(part).includes('"#"')) continue;
      for (const value of values) {
        const judged = new Validator(JSON.parse(JSON.stringify(whole)), draftOf(schema), false).validate(value).valid;
        assert.equal(fits(value, whole), judged, `${name}: ${JSON.stringify(value)} under ${JSON.stringify(part)}`);
      }
    }
  }
});

test('is quick, whatever the schema asks for', () => {
  const wide = (depth) => (depth === 0 ? { type: 'string' } : { type: 'object', properties: Object.fromEntries('abcdefgh'.split('').map((key) => [key, wide(depth - 1)])), required: ['a', 'b'] });
  const hard = [
    wide(5),
    { $ref: '#' },
    { allOf: [{ $ref: '#' }] },
    { anyOf: [{ $ref: '#' }, { $ref: '#' }] },
    { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] },
    { type: 'array', items: { $ref: '#' }, minItems: 3 },
    { type: 'string', pattern: '(?=b)a' },
    { type: 'string', pattern: '(' },
    { allOf: Array.from({ length: 12 }, () => ({ anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] })), not: { type: ['string', 'null'] } },
    { type: 'array', minItems: 1e9, items: { type: 'string' } },
    { type: 'string', minLength: 1e6 },
    { enum: [] },
    false,
    { type: 'integer', minimum: 5, maximum: 4 },
  ];
  for (const schema of hard) {
    const start = performance.now();
    fill(schema, new Words('Hello'));
    assert.ok(performance.now() - start < 2000, JSON.stringify(schema).slice(0, 80));
  }
});
