// A small client for the stand-in's own tests: speaks plain HTTP, so that a
// broken body can be told from one that ended.
//
// Does not: understand answers beyond joining their text.
// Called by: the *.test.mjs files here.

import http from 'node:http';
import { readFileSync } from 'node:fs';
import { paths } from './paths.mjs';
import { startUpstream } from './server.mjs';

/** A stand-in that is closed when the test ends. */
export async function started(t, options) {
  const upstream = await startUpstream(options);
  t.after(() => upstream.close());
  return upstream;
}

/** A chat body as the web client sends it; `more` overrides fields. */
export function chatBody(model, content = 'Hello', more = {}) {
  const messages = Array.isArray(content) && content[0]?.role !== undefined ? content : [{ role: 'user', content }];
  return { model, messages, project: 'DecentralGPT', stream: true, enable_thinking: false, reload: false, audio: false, ...more };
}

/** Posts a chat and reads the answer to its end, whatever end that is. */
export async function ask(upstream, body, headers = { authorization: 'Bearer degpt-test' }) {
  return readAll(await open(upstream, 'POST', paths.chat, body, headers));
}

export async function call(upstream, method, path, body, headers = {}) {
  const answer = await readAll(await open(upstream, method, path, body, headers));
  return { ...answer, json: asJson(answer.text) };
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the response as soon as its headers are there. */
export function open(upstream, method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = http.request(`${upstream.url}${path}`, {
      method,
      agent: false,
      headers: { ...(payload && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }), ...headers },
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(payload);
  });
}

/** `ended` is false when the connection broke; `reads` are the pieces as they came. */
export async function readAll(response) {
  const reads = [];
  let ended = true;
  try {
    for await (const read of response) reads.push(read);
  } catch {
    ended = false;
  }
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(reads).toString(), reads, ended };
}

/** The parsed chunks of an answer, without `[DONE]`. */
export function chunksOf(text) {
  return dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data));
}

export function dataOf(text) {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''));
}

export function joined(text, name = 'content') {
  return chunksOf(text)
    .map((chunk) => chunk.choices[0].delta[name] ?? '')
    .join('');
}

export function recorded(name) {
  return readFileSync(new URL(`./recorded/${name}.sse`, import.meta.url), 'utf8');
}

export function rejected(promise) {
  return promise.then(
    () => null,
    (error) => error.code,
  );
}
