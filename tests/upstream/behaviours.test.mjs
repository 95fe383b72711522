// What tests can make the stand-in do: every field of a behaviour, the queue,
// and the same over HTTP.
// Run with: node --test tests/upstream/*.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paths } from './paths.mjs';
import { ask, call, chatBody, chunksOf, dataOf, joined, open, readAll, recorded, rejected, started } from './plain-client.mjs';
import { countedContent, fakeSuccess } from './texts.mjs';

const body = chatBody('deepseek-chat');
const finishReasons = (text) => chunksOf(text).map((chunk) => chunk.choices[0].finish_reason);

test('replies with a status, headers and a body of any kind', async (t) => {
  const upstream = await started(t);
  upstream.queue(
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 500, body: 'Internal Server Error' },
    { status: 200, body: '<html>blocked</html>' },
    { status: 413, body: { detail: 'too large' }, delayHeadersMs: 30 },
  );
  const limited = await ask(upstream, body);
  assert.deepEqual([limited.status, limited.headers['retry-after'], limited.text], [429, '7', '{"detail":"scripted 429"}']);
  assert.equal((await ask(upstream, body)).text, 'Internal Server Error');
  const page = await ask(upstream, body);
  assert.deepEqual([page.status, page.headers['content-type'], page.text], [200, 'text/html; charset=utf-8', '<html>blocked</html>']);
  const before = Date.now();
  const large = await ask(upstream, body);
  assert.deepEqual([large.status, large.text], [413, '{"detail":"too large"}']);
  assert.ok(Date.now() - before >= 28);
  assert.match(joined((await ask(upstream, body)).text), /deepseek-chat/);
});

test('streams the texts and chunks it is given', async (t) => {
  const upstream = await started(t);
  upstream.queue({ text: 'Good 🌍!', reasoning: 'Hm…', headers: { 'x-more': '1' } });
  const { text, headers } = await ask(upstream, body);
  assert.deepEqual([joined(text), joined(text, 'reasoning_content'), headers['x-more']], ['Good 🌍!', 'Hm…', '1']);

  upstream.queue({ chunks: ['', 'ab', { content: null }, { reasoning_content: 'r' }, 'longer than five'] });
  const deltas = chunksOf((await ask(upstream, body)).text).map((chunk) => chunk.choices[0].delta);
  assert.deepEqual(deltas, [{ content: '' }, { content: 'ab' }, { content: null }, { reasoning_content: 'r' }, { content: 'longer than five' }]);

  upstream.queue({ chunkCount: 300 });
  const counted = chunksOf((await ask(upstream, chatBody('claude-opus-4-20250514', 'Hi', { enable_thinking: true }))).text);
  assert.deepEqual(counted.map((chunk) => chunk.choices[0].delta.content), Array.from({ length: 300 }, (_, index) => countedContent(index)));

  upstream.queue({ hugeLine: 100_000, text: 'end' });
  const huge = chunksOf((await ask(upstream, body)).text).map((chunk) => chunk.choices[0].delta.content);
  assert.equal(huge[0], 'x'.repeat(100_000));
  assert.equal(huge.slice(1).join(''), 'end');
});

test('sends raw bytes, recordings, apologies and nothing', async (t) => {
  const upstream = await started(t);
  upstream.queue(
    { raw: ['\ufeffdata: 1\r\n', { pauseMs: 5 }, { base64: Buffer.from([0xff, 0x0a]).toString('base64') }] },
    { recorded: 'claude-thinking' },
    { fakeSuccess: true },
    { empty: true },
  );
  const raw = Buffer.concat((await ask(upstream, body)).reads);
  assert.deepEqual(raw, Buffer.concat([Buffer.from('\ufeffdata: 1\r\n'), Buffer.from([0xff, 0x0a])]));
  assert.equal((await ask(upstream, body)).text, recorded('claude-thinking'));
  assert.equal(joined((await ask(upstream, body)).text), fakeSuccess);
  assert.equal((await ask(upstream, body)).text, 'data: [DONE]\n\n');
});

test('puts finish_reason where it is told', async (t) => {
  const upstream = await started(t);
  const nulls = (count) => Array(count).fill(null);
  const table = [
    ['length', [...nulls(4), 'length']],
    ['lost', nulls(5)],
    ['repeated', [...nulls(2), 'stop', 'stop', 'stop']],
    [{ reason: 'content_filter', on: 'repeated' }, [...nulls(2), ...Array(3).fill('content_filter')]],
    [{ on: 'empty' }, [...nulls(5), 'stop']],
  ];
  for (const [finishReason, expected] of table) {
    upstream.queue({ chunks: ['a', 'b', 'c', 'd', 'e'], finishReason });
    assert.deepEqual(finishReasons((await ask(upstream, body)).text), expected);
  }
  upstream.queue({ text: 'longer than five characters', era: '2025' });
  const old = chunksOf((await ask(upstream, body)).text).map(({ choices: [{ delta, finish_reason: reason }] }) => [delta.content, reason]);
  assert.deepEqual([old[0], old.at(-1)], [['', null], ['', 'stop']]);
  assert.ok(old.some(([content]) => content.length > 5));
});

test('ends too early, in each of the ways', async (t) => {
  const upstream = await started(t);
  const chunks = ['one', 'two', 'three'];
  const table = [
    [{ endAfter: 2 }, 'onetwo', true, false],
    [{ endAfter: 0 }, '', true, false],
    [{ breakAfter: 2 }, 'onetwo', false, false],
    [{ breakAfter: 3 }, 'onetwothree', false, false],
    [{ dropDone: true }, 'onetwothree', true, false],
    [{ endAfter: 9 }, 'onetwothree', true, true],
  ];
  for (const [fault, expected, endedCleanly, hasDone] of table) {
    upstream.queue({ chunks, ...fault });
    const { text, ended } = await ask(upstream, body);
    assert.deepEqual([joined(text), ended, text.includes('[DONE]')], [expected, endedCleanly, hasDone], JSON.stringify(fault));
  }
  assert.deepEqual(upstream.requests.map((request) => request.outcome), ['answered', 'answered', 'broken', 'broken', 'answered', 'answered']);

  upstream.queue({ chunks, breakAfter: { chunk: 1, bytes: 20 } }, { chunks, breakAfter: { chunk: 1, reset: true } });
  const partial = await ask(upstream, body);
  assert.equal(dataOf(partial.text)[1].length, 20 - 'data: '.length);
  assert.equal((await ask(upstream, body).catch(() => ({ ended: false }))).ended, false);
});

test('puts errors, garbage and pauses into the stream', async (t) => {
  const upstream = await started(t);
  const chunks = ['one', 'two'];
  upstream.queue(
    { chunks, errorLine: 1 },
    { chunks, errorLine: { chunk: 1, error: 'no', then: 'continue' } },
    { chunks, errorLine: { chunk: 0, error: { code: 1 }, then: 'done' } },
    { chunks, garbageAfter: 1 },
    { chunks, garbageAfter: { chunk: 2, line: ': a comment' }, pauseAfter: [{ chunk: 0, ms: 15 }, { chunk: 2, ms: 15 }] },
  );
  const cut = dataOf((await ask(upstream, body)).text);
  assert.deepEqual([cut.length, JSON.parse(cut[1]).error.code], [2, 503]);
  assert.deepEqual(dataOf((await ask(upstream, body)).text).slice(1, 2), ['{"error": "no"}']);
  assert.deepEqual(dataOf((await ask(upstream, body)).text), ['{"error": {"code": 1}}', '[DONE]']);
  const garbled = dataOf((await ask(upstream, body)).text);
  assert.throws(() => JSON.parse(garbled[1]));
  assert.deepEqual([garbled.length, garbled[3]], [4, '[DONE]']);
  const before = Date.now();
  assert.equal(dataOf((await ask(upstream, body)).text)[2], ': a comment');
  assert.ok(Date.now() - before >= 28);
});

test('goes silent, before the headers, in the middle and after the end', async (t) => {
  const upstream = await started(t);
  const chunks = ['one', 'two'];
  upstream.queue({ chunks, silentAfter: 1 }, { chunks, keepOpenAfterDone: true }, { neverAnswer: true });
  for (const expected of ['one', '[DONE]']) {
    const response = await open(upstream, 'POST', paths.chat, body, { authorization: 'Bearer degpt-test' });
    let text = '';
    for await (const read of response) {
      text += read;
      if (text.includes(expected)) break; // leaving the loop closes the connection
    }
    const { sequence } = upstream.requests.at(-1);
    const left = await upstream.until((request) => request.sequence === sequence && request.aborted);
    assert.ok(left.releasedAt >= left.headersAt);
  }
  const unanswered = rejected(ask(upstream, body));
  await upstream.until((request) => request.sequence === 3 && request.bodyLength > 0);
  await upstream.close();
  assert.equal(await unanswered, 'ECONNRESET');

  const other = await started(t);
  other.queue({ chunks, keepOpenAfterDone: 30 });
  const before = Date.now();
  assert.equal((await ask(other, body)).ended, true);
  assert.ok(Date.now() - before >= 28);
});

test('closes the connection before any header', async (t) => {
  const upstream = await started(t);
  upstream.queue({ refuseConnection: true });
  assert.equal(await rejected(ask(upstream, body)), 'ECONNRESET');
  assert.equal((await ask(upstream, body)).status, 200);
});

test('matches by path, model and credential, in order, so many times', async (t) => {
  const upstream = await started(t);
  const statusOf = async (model, key) => (await ask(upstream, chatBody(model), { authorization: `Bearer ${key}` })).status;
  upstream.queue(
    { model: 'gpt-5', status: 503 },
    { credential: 'degpt-a', status: 429, times: 'always' },
    { status: 500, times: 2 },
    { path: paths.signIn, status: 404 },
    { where: (request) => request.headers['x-odd'] === '1', status: 418 },
  );
  assert.equal(await statusOf('deepseek-chat', 'degpt-a'), 429);
  assert.equal(await statusOf('gpt-5', 'degpt-a'), 503);
  assert.equal(await statusOf('gpt-5', 'degpt-a'), 429);
  assert.deepEqual([await statusOf('gpt-5', 'degpt-b'), await statusOf('gpt-5', 'degpt-b'), await statusOf('gpt-5', 'degpt-b')], [500, 500, 200]);
  assert.equal((await call(upstream, 'POST', paths.signIn, { id: 'a', channel: '' })).status, 404);
  assert.equal((await ask(upstream, body, { authorization: 'Bearer degpt-b', 'x-odd': '1' })).status, 418);
  assert.equal(upstream.waiting.length, 1);
  assert.throws(() => upstream.queue({ txet: 'a typing error' }), /txet/);
});

test('a request refused by the stand-in itself uses up no behaviour', async (t) => {
  const upstream = await started(t);
  upstream.queue({ text: 'scripted' });
  assert.equal((await ask(upstream, body, { authorization: 'Bearer old' })).status, 401);
  assert.equal((await ask(upstream, { ...body, stream: 1 })).status, 422);
  assert.equal(joined((await ask(upstream, chatBody('deepseek-chat', ''))).text), fakeSuccess);
  assert.equal(joined((await ask(upstream, body)).text), 'scripted');
  upstream.queue({ text: 'unchecked', skipChecks: true });
  assert.equal(joined((await ask(upstream, chatBody('deepseek-chat', ''), {})).text), 'unchecked');
});

test('can be scripted and read over HTTP', async (t) => {
  const upstream = await started(t, { defaults: { writeMode: 'whole' } });
  const control = (method, name, value) => call(upstream, method, `/__stand-in/${name}`, value);
  assert.deepEqual((await control('POST', 'queue', [{ text: 'a' }, { status: 418, times: 'always' }])).json, { waiting: 2 });
  assert.deepEqual((await control('GET', 'queue')).json.waiting[1], { status: 418, times: 'always' });
  assert.equal(joined((await ask(upstream, body)).text), 'a');
  assert.equal((await ask(upstream, body)).status, 418);
  const { requests } = (await control('GET', `requests?path=${paths.chat}&after=1`)).json;
  assert.equal(requests.length, 1);
  assert.deepEqual([requests[0].sequence, requests[0].body, requests[0].credential], [2, body, 'degpt-test']);
  assert.equal((await control('POST', 'queue', { nonsense: 1 })).status, 400);
  assert.equal((await control('POST', 'nonsense')).status, 404);
  await control('POST', 'reset', {});
  const stats = (await control('GET', 'stats')).json;
  assert.deepEqual([stats.requests, stats.waiting, stats.errors], [0, 0, 0]);
  await control('POST', 'defaults', { text: 'for all' });
  assert.equal(joined((await ask(upstream, body)).text), 'for all');
  const { token } = (await call(upstream, 'POST', paths.signIn, { id: 'a', channel: '' })).json;
  await control('POST', 'revoke');
  assert.equal((await ask(upstream, body, { authorization: `Bearer ${token}` })).status, 401);
});

test('gives a scripted reply at the sign-in and at the configuration too', async (t) => {
  const upstream = await started(t);
  upstream.queue({ path: paths.signIn, body: { odd: true } }, { path: paths.config, delayHeadersMs: 15 }, { path: 'any', status: 502 });
  assert.deepEqual((await call(upstream, 'POST', paths.signIn, {})).json, { odd: true });
  const before = Date.now();
  const response = await open(upstream, 'GET', paths.config);
  assert.equal((await readAll(response)).status, 200);
  assert.ok(Date.now() - before >= 13);
  assert.equal((await call(upstream, 'GET', paths.config)).status, 502);
});
