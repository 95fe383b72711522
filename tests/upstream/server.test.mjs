// What the stand-in does unscripted: accounts, credentials, validation, the
// shape of each family's answer, and what each family refuses.
// Run with: node --test tests/upstream/*.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieces, tokens } from './chunks.mjs';
import { offeredModels } from './config.mjs';
import { models } from './models.mjs';
import { paths } from './paths.mjs';
import { sha256Prefix } from './pictures.mjs';
import { PythonFloat, dumps } from './python-json.mjs';
import { ask, call, chatBody, chunksOf, dataOf, joined, recorded, started } from './plain-client.mjs';
import { answerText, fakeSuccess, seedClaudeText, seedJsonText } from './texts.mjs';

const json = { 'content-type': 'application/json' };
const picture = Buffer.from('89504e470d0a1a0a', 'hex');
const dataUrl = `data:image/png;base64,${picture.toString('base64')}`;
const openAiPicture = { type: 'image_url', image_url: { url: dataUrl } };
const anthropicPicture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture.toString('base64') } };
const pdf = Buffer.from('%PDF').toString('base64');
const fileWithData = { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } };
const fileAtAddress = { type: 'file', file: { filename: 'a.pdf', file_data: 'https://files.example/a.pdf' } };
const documentOf = (mediaType) => ({ type: 'document', source: { type: 'base64', media_type: mediaType, data: pdf } });
const words = { type: 'text', text: 'What is this?' };

test('writes JSON as Python does', () => {
  const table = [
    [{ a: [1, null, true], b: {} }, '{"a": [1, null, true], "b": {}}'],
    ['我\u007f\u2028é', '"\\u6211\\u007f\\u2028\\u00e9"'],
    ['😊', '"\\ud83d\\ude0a"'],
    ['\t"\\\n\r\u0001/', '"\\t\\"\\\\\\n\\r\\u0001/"'],
    [[new PythonFloat(3), new PythonFloat(1795417190.453129)], '[3.0, 1795417190.453129]'],
  ];
  for (const [value, written] of table) assert.equal(dumps(value), written);
});

test('cuts tokens and pieces between code points, losing nothing', () => {
  assert.deepEqual([...pieces('！ 😊 This is a longer english piece.')], ['！ 😊 T', 'his i', 's a l', 'onger', ' engl', 'ish p', 'iece.']);
  const text = '👨‍👩‍👧‍👦𠮷'.repeat(20);
  const cut = [...tokens(text)].flatMap((token) => [...pieces(token)]);
  assert.equal(cut.join(''), text);
  assert.ok(cut.every((piece) => piece.isWellFormed?.() ?? true));
});

test('serves the configuration, and 404 and 405 elsewhere', async (t) => {
  const upstream = await started(t);
  const { json: config } = await call(upstream, 'GET', paths.config);
  assert.deepEqual([config.status, config.name, config.version, config.default_locale], [true, 'DeGPT', '0.1.125', 'en-US']);
  assert.equal(config.default_models, offeredModels);
  assert.deepEqual([models.get('gpt-5.1').offered, models.get('gpt-5').offered, offeredModels.split(',').length], [true, false, 12]);
  assert.equal((await call(upstream, 'GET', '/api/v1/nothing')).status, 404);
  assert.equal((await call(upstream, 'GET', paths.chat)).status, 405);
});

test('signs a visitor in, with one account an id', async (t) => {
  const upstream = await started(t, { tokenLifetimeSeconds: 100 });
  const signIn = (body) => call(upstream, 'POST', paths.signIn, body);
  const first = await signIn({ id: 'one', channel: '' });
  const again = await signIn({ id: 'one', channel: '' });
  await signIn({ id: 'two', channel: '' });
  assert.equal(first.json.token_type, 'Bearer');
  assert.equal(first.json.id, 'one');
  assert.notEqual(first.json.token, again.json.token);
  const claims = JSON.parse(Buffer.from(first.json.token.split('.')[1], 'base64url'));
  assert.ok(Math.abs(claims.exp - Date.now() / 1000 - 100) < 3);
  assert.equal(upstream.stats.accountsCreated, 2);
  assert.deepEqual(upstream.accountIds, ['one', 'two']);
  for (const bad of [{ id: 'one' }, { id: 7, channel: '' }, { id: '', channel: '' }, []]) assert.equal((await signIn(bad)).status, 422);
});

test('judges credentials', async (t) => {
  const upstream = await started(t);
  const { token } = (await call(upstream, 'POST', paths.signIn, { id: 'one', channel: '' })).json;
  const statusFor = async (authorization) => {
    const { status, text } = await ask(upstream, chatBody('gpt-5'), authorization && { authorization });
    if (status !== 200) assert.equal(typeof JSON.parse(text).detail, 'string');
    return status;
  };
  assert.equal(await statusFor(`Bearer ${token}`), 200);
  assert.equal(await statusFor('Bearer degpt-any'), 200);
  assert.equal(await statusFor('Bearer degpt-bad-key'), 401);
  assert.equal(await statusFor(`Bearer ${token}x`), 401);
  assert.equal(await statusFor('Basic x'), 403);
  assert.equal((await ask(upstream, chatBody('gpt-5'), {})).status, 403);
  upstream.revokeTokens();
  assert.equal(await statusFor(`Bearer ${token}`), 401);
  upstream.queue({ path: paths.signIn, tokenLifetimeSeconds: -1 });
  const expired = (await call(upstream, 'POST', paths.signIn, { id: 'one', channel: '' })).json.token;
  assert.equal(await statusFor(`Bearer ${expired}`), 401);
});

test('answers 422 to a body that is not per the table', async (t) => {
  const upstream = await started(t);
  const good = chatBody('gpt-5');
  const table = [
    [{ ...good, model: undefined }, ['body', 'model'], 'value_error.missing'],
    [{ ...good, project: 5 }, ['body', 'project'], 'type_error.str'],
    [{ ...good, stream: 'yes' }, ['body', 'stream'], 'type_error.bool'],
    [{ ...good, enable_thinking: null }, ['body', 'enable_thinking'], 'type_error.none.not_allowed'],
    [{ ...good, messages: 'hi' }, ['body', 'messages'], 'type_error.list'],
    [{ ...good, messages: [{ role: 'user', content: null }] }, ['body', 'messages', 0, 'content'], 'type_error.none.not_allowed'],
    [[], ['body'], 'type_error.dict'],
  ];
  for (const [body, loc, type] of table) {
    const { status, text } = await ask(upstream, body);
    assert.equal(status, 422);
    const [fault] = JSON.parse(text).detail;
    assert.deepEqual(Object.keys(fault), ['loc', 'msg', 'type']);
    assert.deepEqual([fault.loc, fault.type], [loc, type]);
  }
  const plain = await ask(upstream, good, { authorization: 'Bearer degpt-test', 'content-type': 'text/plain' });
  assert.equal(plain.status, 422);
});

test('replays the seed to the byte, and its JSON and Claude texts', async (t) => {
  const upstream = await started(t);
  for (const question of ['你是什么模型?', '你是什么模型？']) {
    const { text } = await ask(upstream, chatBody('deepseek-chat', [{ type: 'text', text: question }]));
    assert.equal(text, recorded('seed-stream'));
    const collecting = { authorization: 'Bearer degpt-test', accept: '*/*' };
    const other = await ask(upstream, chatBody('deepseek-chat', question), collecting);
    assert.equal(joined(other.text), seedJsonText);
    assert.equal(joined((await ask(upstream, chatBody('claude-opus-4-20250514', question))).text), seedClaudeText);
  }
});

// The recorded deltas through each family's own chunks: the same bytes, but for ids and times.
for (const name of ['deepseek-chat', 'deepseek-reasoner-thinking', 'claude-thinking', 'gpt-thinking']) {
  test(`writes chunks as in the recording ${name}`, async (t) => {
    const upstream = await started(t);
    const chunks = chunksOf(recorded(name));
    upstream.queue({ chunks: chunks.map((chunk) => chunk.choices[0].delta) });
    const { text, headers } = await ask(upstream, chatBody(chunks[0].model));
    assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(withoutIdsAndTimes(text), withoutIdsAndTimes(recorded(name)));
  });
}

// As DouBao was seen live in August 2025, with a text of its own.
test('replays and writes the recording doubao', async (t) => {
  const upstream = await started(t);
  const chunks = chunksOf(recorded('doubao'));
  const deltas = chunks.map((chunk) => chunk.choices[0].delta);
  assert.equal(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
  assert.ok(Number.isInteger(chunks[0].created));
  assert.ok(deltas.every((delta) => Object.keys(delta).join() === 'content' && [...delta.content].length <= 11));
  assert.deepEqual(chunks.map((chunk) => chunk.choices[0].finish_reason), [...Array(chunks.length - 1).fill(null), 'stop']);
  assert.equal(deltas.at(-1).content, '');
  const body = chatBody('doubao-seed-1-6-250615');
  upstream.queue({ recorded: 'doubao' }, { chunks: deltas, finishReason: 'stop' });
  assert.equal((await ask(upstream, body)).text, recorded('doubao'));
  assert.equal(withoutIdsAndTimes((await ask(upstream, body)).text), withoutIdsAndTimes(recorded('doubao')));
});

test('writes the fake success as recorded', async (t) => {
  const upstream = await started(t);
  const { text } = await ask(upstream, chatBody('claude-opus-4-20250514', [{ role: 'system', content: 'x' }, { role: 'user', content: 'y' }]));
  assert.equal(withoutIdsAndTimes(text), withoutIdsAndTimes(recorded('claude-system-role-fake-success')));
});

test('gives every known model its text, ids, finish_reason and reasoning', async (t) => {
  const upstream = await started(t);
  for (const model of models.values()) {
    const body = chatBody(model.id, 'Say "hi"', { enable_thinking: model.thinks });
    const { text } = await ask(upstream, body);
    assert.equal(joined(text), answerText(body, model));
    assert.ok(/^[\x20-\x7e\n]*$/.test(text));
    assert.equal(dataOf(text).at(-1), '[DONE]');
    const chunks = chunksOf(text);
    const made = ['claude', 'gpt'].includes(model.family);
    const ids = new Set(chunks.map((chunk) => chunk.id)).size;
    assert.equal(ids, model.family === 'claude' ? chunks.length : model.family === 'gpt' && model.thinks ? 2 : 1);
    assert.ok(chunks.every((chunk) => chunk.object === (made ? model.id : 'chat.completion.chunk')));
    assert.ok(chunks.every((chunk) => !('usage' in chunk) && !('role' in chunk.choices[0].delta)));
    assert.equal(made, chunks.some(({ choices: [{ delta }] }) => [...(delta.content ?? '')].length > 5));
    assert.equal(chunks.filter((chunk) => chunk.choices[0].finish_reason === 'stop').length, model.family === 'gemini' ? 3 : 0);
    const kinds = chunks.map((chunk) => Object.keys(chunk.choices[0].delta).join());
    const reasoningCount = kinds.lastIndexOf('reasoning_content') + 1;
    assert.equal(reasoningCount > 0, model.thinks);
    assert.ok(kinds.every((kind, index) => kind === (index < reasoningCount ? 'reasoning_content' : 'content')));
  }
});

test('thinks unless told not to', async (t) => {
  const upstream = await started(t);
  const { text } = await ask(upstream, chatBody('gpt-5', 'Hi', { enable_thinking: undefined }));
  assert.match(joined(text, 'reasoning_content'), /the user wants: "Hi"/);
  assert.equal(joined((await ask(upstream, chatBody('gpt-4o', 'Hi', { enable_thinking: undefined }))).text), fakeSuccess);
});

test('describes the pictures and files it was shown', async (t) => {
  const upstream = await started(t);
  const seen = `image/png, 8 bytes, sha256 ${sha256Prefix(picture)}`;
  const table = [
    ['qwen-vl-plus', [words, openAiPicture], `a picture (${seen}).`],
    ['gpt-4o', [openAiPicture, words, fileAtAddress], `a picture (${seen}) and a file named a.pdf at https://files.example/a.pdf.`],
    ['claude-sonnet-4-5-20250929', [documentOf('application/pdf'), words], 'a file (application/pdf, 4 bytes'],
    ['gemini-2.5-pro', [words, { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }], 'a picture at https://example.com/a.png.'],
    ['claude-opus-4-20250514', [anthropicPicture, words], `a picture (${seen}).`],
  ];
  for (const [model, content, expected] of table) {
    const text = joined((await ask(upstream, chatBody(model, content))).text);
    assert.ok(text.includes(expected) && text.includes('What is this?'), text);
  }
});

test('fakes success for what a model does not take', async (t) => {
  const upstream = await started(t);
  const [user, assistant, system] = ['user', 'assistant', 'system'].map((role) => (content) => ({ role, content }));
  const claude = 'claude-opus-4-20250514';
  const table = [
    ['no-such-model', 'Hi'],
    [claude, [system('x'), user('y')]],
    [claude, [assistant('x'), user('y')]],
    [claude, [user('x'), user('y')]],
    [claude, [user('x'), assistant(''), user('y')]],
    [claude, [user(' \n')]],
    [claude, [{ ...user('x'), name: 'n' }]],
    [claude, [words, openAiPicture]],
    [claude, [user('x'), assistant('The answer is ')]],
    ['gpt-5', [user('x'), assistant([words]), user('y')]],
    ['gpt-5', [words, anthropicPicture]],
    ['gpt-5', ''],
    ['deepseek-chat', [words, openAiPicture]],
    ['qwen3-235b-a22b', [words, openAiPicture]],
    ['doubao-seed-1-6-250615', [words, anthropicPicture]],
    ['grok-4-0709', [words, { type: 'image_url', image_url: { url: 'data:image/png;base64,%%' } }]],
    ['gemini-2.5-pro', [user('x'), assistant(''), user('y')]],
    ['deepseek-chat', [user('x'), { role: 'tool', content: 'y' }]],
    ['gpt-5.1', [words, fileWithData]],
    ...['deepseek-chat', 'qwen-vl-plus', 'doubao-seed-1-6-250615', 'gemini-2.5-pro', 'grok-3'].map((model) => [model, [words, fileAtAddress]]),
    ...['text/plain', 'application/msword', 'image/png'].map((type) => [claude, [words, documentOf(type)]]),
    ...['image/bmp', 'image/svg+xml', 'application/pdf'].map((type) => [claude, [words, { ...anthropicPicture, source: { ...anthropicPicture.source, media_type: type } }]]),
  ];
  for (const [model, content] of table) {
    const answer = await ask(upstream, chatBody(model, content));
    assert.equal(answer.status, 200);
    assert.equal(joined(answer.text), fakeSuccess, `${model} ${JSON.stringify(content)}`);
    assert.equal(chunksOf(answer.text)[0].choices[0].finish_reason, null);
  }
  assert.equal(upstream.stats.fakeSuccesses, table.length);
  assert.ok(upstream.requests.every((request) => request.why !== null));
});

test('sends GPT no body at all for a picture as a bare string', async (t) => {
  const upstream = await started(t);
  const answer = await ask(upstream, chatBody('gpt-5', [words, { type: 'image_url', image_url: dataUrl }]));
  assert.deepEqual([answer.status, answer.text, answer.ended], [200, '', true]);
});

test('stream:false is broken, for each family in its own way', async (t) => {
  const upstream = await started(t);
  const whole = async (model) => JSON.parse((await ask(upstream, chatBody(model, 'Hi', { stream: false }))).text);
  for (const model of ['claude-opus-4-20250514', 'doubao-seed-1-6-250615', 'grok-4-0709']) assert.equal(await whole(model), null);
  assert.equal((await whole('gpt-5')).object, 'response');
  for (const model of ['qwen3-235b-a22b', 'gemini-2.5-pro', 'deepseek-chat']) assert.equal((await whole(model)).object, 'chat.completion');
});

test('continues the last turn on reload, where the family can', async (t) => {
  const upstream = await started(t);
  const messages = [{ role: 'user', content: 'Go on' }, { role: 'assistant', content: 'Once upon' }];
  const continues = async (model, more) => /went on after "Once upon"/.test(joined((await ask(upstream, chatBody(model, messages, { reload: true, ...more }))).text));
  assert.equal(await continues('deepseek-chat'), true);
  assert.equal(await continues('qwen3-235b-a22b'), true);
  assert.equal(await continues('qwen3-235b-a22b', { enable_thinking: true }), false);
  assert.equal(await continues('gpt-5'), false);
  assert.equal(await continues('deepseek-chat', { reload: false }), false);
});

test('a continuation by DeepSeek ends at the first code fence', async (t) => {
  const upstream = await started(t);
  const messages = [{ role: 'user', content: 'Go on' }, { role: 'assistant', content: 'Once upon' }];
  const said = async (model, behaviour, reload = true) => {
    upstream.queue(behaviour);
    const { text } = await ask(upstream, chatBody(model, messages, { reload }));
    assert.equal(dataOf(text).at(-1), '[DONE]');
    return joined(text);
  };
  const text = 'So:\n```js\n1\n```\nthat';
  const chunks = ['So', ':\n`', '`', '`js\n1'];
  assert.equal(await said('deepseek-chat', { text }), 'So:\n');
  assert.equal(await said('deepseek-chat', { chunks }), 'So:\n');
  assert.equal(await said('deepseek-chat', { text: '``` at once' }), '');
  assert.equal(await said('deepseek-chat', { text: 'none `` of it' }), 'none `` of it');
  assert.equal(await said('deepseek-chat', { text }, false), text);
  assert.equal(await said('qwen3-235b-a22b', { text }), text);
});

// Keeps whether a time is whole or has a fraction: that is part of the style.
function withoutIdsAndTimes(text) {
  return text.replace(/"id": "[^"]*"/g, '"id": "…"').replace(/"created": \d+(\.\d+)?/g, (_, fraction) => `"created": ${fraction ? 'float' : 'int'}`);
}
