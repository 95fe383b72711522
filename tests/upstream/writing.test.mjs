// How the stand-in writes and what it remembers: the cuttings of a body, a slow
// or leaving client, the records and counters, and the command line.
// Run with: node --test tests/upstream/*.test.mjs

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { paths } from './paths.mjs';
import { ask, call, chatBody, joined, open, started } from './plain-client.mjs';

const body = chatBody('deepseek-chat');
const authorization = 'Bearer degpt-test';

/** The sizes of the HTTP chunks of an answer, and its body, off the bare socket. */
async function httpChunks(upstream) {
  const payload = JSON.stringify(body);
  const socket = net.connect(upstream.port, '127.0.0.1');
  socket.write(
    `POST ${paths.chat} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: ${authorization}\r\n` +
      `content-type: application/json\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`,
  );
  let all = '';
  socket.setEncoding('latin1');
  for await (const read of socket) all += read;
  let rest = all.slice(all.indexOf('\r\n\r\n') + 4);
  const chunks = [];
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    const size = parseInt(rest.slice(0, lineEnd), 16);
    if (size === 0) return { chunks, text: chunks.join('') };
    chunks.push(rest.slice(lineEnd + 2, lineEnd + 2 + size));
    rest = rest.slice(lineEnd + 4 + size);
  }
}

test('writes a body in every cutting, and the same bytes in each', async (t) => {
  const upstream = await started(t);
  const cut = async (writeMode) => {
    upstream.queue({ recorded: 'seed-stream', writeMode });
    return httpChunks(upstream);
  };
  const events = await cut('events');
  const eventCount = events.text.split('\n\n').length - 1;
  assert.equal(events.chunks.length, eventCount);
  assert.ok(events.chunks.every((chunk) => chunk.endsWith('\n\n')));

  const expectedCounts = [
    ['whole', (count) => count === 1],
    ['bytes', (count) => count === events.text.length],
    [{ mode: 'group', events: 10 }, (count) => count === Math.ceil(eventCount / 10)],
    ['random', (count) => count > 20],
  ];
  for (const [mode, isExpected] of expectedCounts) {
    const { chunks, text } = await cut(mode);
    assert.equal(text, events.text);
    assert.ok(isExpected(chunks.length), `${JSON.stringify(mode)}: ${chunks.length} chunks`);
  }
  const random = (seed) => cut({ mode: 'random', seed, max: 50 });
  const [first, again, other] = [await random(1), await random(1), await random(2)];
  assert.deepEqual(first.chunks, again.chunks);
  assert.notDeepEqual(first.chunks, other.chunks);
});

test('writes no faster than the client reads, and notes when it leaves', async (t) => {
  const upstream = await started(t);
  const chunkCount = 300_000; // about 60 MB, far above what a socket holds
  upstream.queue({ chunkCount, writeMode: { mode: 'group', events: 50 } });
  const response = await open(upstream, 'POST', paths.chat, body, { authorization });
  await once(response, 'readable');
  let before = -1;
  while (before !== upstream.stats.bytesWritten) {
    before = upstream.stats.bytesWritten;
    await sleep(50);
  }
  assert.ok(before > 0 && before < 20_000_000, `${before} bytes`);
  const leavingAt = Date.now();
  response.destroy();
  const request = await upstream.until(({ aborted }) => aborted);
  assert.ok(request.releasedAt >= leavingAt);
  assert.ok(request.chunksWritten > 0 && request.chunksWritten < chunkCount);
  assert.deepEqual([upstream.stats.aborted, upstream.stats.openAnswers, upstream.stats.errors], [1, 0, 0]);
});

test('stops at once when the client leaves during a pause', async (t) => {
  const upstream = await started(t, { defaults: { paceMs: 60_000 } });
  const response = await open(upstream, 'POST', paths.chat, body, { authorization });
  await once(response, 'readable');
  response.destroy();
  const request = await upstream.until(({ aborted }) => aborted);
  assert.equal(request.chunksWritten, 1);
});

test('paces the chunks', async (t) => {
  const upstream = await started(t, { defaults: { paceMs: 10 } });
  upstream.queue({ chunks: ['a', 'b', 'c'] });
  const before = Date.now();
  await ask(upstream, body);
  assert.ok(Date.now() - before >= 28); // before b, c and [DONE]
});

test('records requests, within bounds', async (t) => {
  const upstream = await started(t, { keepRequests: 3, keepBodyBytes: 800 });
  const answer = await ask(upstream, body, { authorization, 'x-own': '1' });
  const [request] = upstream.requests;
  assert.deepEqual([request.method, request.path, request.credential, request.headers['x-own']], ['POST', paths.chat, 'degpt-test', '1']);
  assert.deepEqual([request.body, request.bodyLength], [body, JSON.stringify(body).length]);
  assert.deepEqual([request.status, request.outcome, request.releasedAt], [200, 'answered', null]);
  assert.equal(request.bytesWritten, answer.text.length);
  assert.equal(request.chunksWritten, answer.text.split('\n\n').length - 2);

  for (const length of [100, 100, 500]) await ask(upstream, chatBody('gpt-5', 'x'.repeat(length)));
  assert.deepEqual(upstream.requests.map(({ sequence }) => sequence), [2, 3, 4]);
  assert.deepEqual(upstream.requests.map((kept) => kept.body !== null), [false, false, true]);
  assert.equal(upstream.stats.requests, 4);
});

test('serves many at a time', async (t) => {
  const upstream = await started(t, { defaults: { pauseAfter: { chunk: 3, ms: 30 } } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(upstream, chatBody('gpt-5', `number ${index}`))));
  for (const [index, { text }] of answers.entries()) assert.ok(joined(text).includes(`"number ${index}"`));
  assert.ok(upstream.stats.peakOpenAnswers > 1);
});

test('runs from the command line until a signal', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./server.mjs', import.meta.url)), '--port', '0', '--pace', '0']);
  child.stdout.setEncoding('utf8');
  const [line] = await once(child.stdout, 'data');
  const url = /^DeGPT stand-in ready on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line)[1];
  assert.equal((await call({ url }, 'GET', paths.config)).json.name, 'DeGPT');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
