// Sends replies: JSON, scripted ones, and streams step by step.
//
// Does not: choose what to send.
// Called by: server.mjs and the endpoints.

import { setTimeout as sleep } from 'node:timers/promises';
import { BodyWriter } from './writer.mjs';

/** DeGPT's plain JSON: compact, UTF-8. */
export async function sendJson(exchange, status, value, behaviour = {}) {
  const body = Buffer.from(JSON.stringify(behaviour.hugeBody ? enlarged(value, behaviour.hugeBody) : value));
  return sendWhole(exchange, status, 'application/json', body, behaviour);
}

/** A refusal by the stand-in's own judgement, in FastAPI's form. */
export async function sendRefusal(exchange, status, detail) {
  exchange.records.count('refused');
  exchange.record.why = detail;
  return sendJson(exchange, status, { detail });
}

/** The replies of replacesAnswer() in behaviours.mjs. */
export async function sendScripted(exchange, behaviour) {
  if (behaviour.neverAnswer) return untilClientLeaves(exchange);
  if (behaviour.refuseConnection) {
    await pause(exchange, behaviour.delayHeadersMs);
    return breakConnection(exchange, 'break');
  }
  const status = behaviour.status ?? 200;
  const { body = { detail: `scripted ${status}` } } = behaviour;
  if (typeof body !== 'string') return sendJson(exchange, status, body, behaviour);
  const type = body.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
  return sendWhole(exchange, status, type, Buffer.from(body), behaviour);
}

/** Streams the steps of faults.mjs. */
export async function sendStream(exchange, steps, behaviour) {
  const { res, record, records } = exchange;
  await pause(exchange, behaviour.delayHeadersMs);
  if (res.destroyed) return;
  writeHead(exchange, 200, { 'content-type': 'text/event-stream; charset=utf-8' }, behaviour);
  res.flushHeaders();

  const writer = new BodyWriter(res, record, records, behaviour.writeMode);
  let begun = false;
  for (const step of steps) {
    if (res.destroyed) return;
    if (step.bytes !== undefined) {
      if (begun) await pause(exchange, behaviour.paceMs);
      begun = true;
      await writer.event(step.bytes, step.chunk);
      continue;
    }
    await writer.flush();
    if (step.pauseMs !== undefined) {
      await pause(exchange, step.pauseMs);
      continue;
    }
    await writer.settled();
    return endStream(exchange, step.end);
  }
}

// "break" closes the connection in the middle of the body, "reset" resets it.
function breakConnection({ res, record }, how) {
  record.outcome = 'broken';
  if (how === 'reset') res.socket?.resetAndDestroy();
  else res.socket?.destroy();
}

async function endStream(exchange, how) {
  if (how === 'silent') return untilClientLeaves(exchange);
  if (how !== 'clean') return breakConnection(exchange, how);
  exchange.res.end();
}

async function sendWhole(exchange, status, contentType, body, behaviour) {
  const { res, record, records } = exchange;
  await pause(exchange, behaviour.delayHeadersMs);
  if (res.destroyed) return;
  const { endAfter, breakAfter, silentAfter } = behaviour;
  const cut = endAfter ?? breakAfter ?? silentAfter;
  // A body that ends well too early must not have said how long it would be.
  const length = endAfter === undefined ? { 'content-length': body.length } : {};
  writeHead(exchange, status, { 'content-type': contentType, ...length }, behaviour);
  const sent = cut === undefined ? body : body.subarray(0, cut.bytes ?? Math.floor(body.length / 2));
  const counted = () => {
    record.bytesWritten += sent.length;
    records.count('bytesWritten', sent.length);
  };
  if (cut === undefined || endAfter !== undefined) return res.end(sent, counted);
  await new Promise((resolve) => {
    res.once('close', resolve);
    res.write(sent, resolve);
  });
  counted();
  return endStream(exchange, silentAfter !== undefined ? 'silent' : breakAfter.reset ? 'reset' : 'break');
}

// JSON that stays good, with so many bytes more where a text is, or beside it.
function enlarged(value, bytes) {
  const more = 'x'.repeat(bytes);
  let placed = false;
  const text = JSON.stringify(value, (name, member) => {
    if (placed || name !== 'content' || typeof member !== 'string') return member;
    placed = true;
    return `${member}${more}`;
  });
  return placed ? JSON.parse(text) : { ...value, padding: more };
}

function writeHead({ res, record }, status, headers, behaviour) {
  record.status = status;
  record.headersAt = Date.now();
  res.writeHead(status, { ...headers, ...behaviour.headers });
}

async function untilClientLeaves({ res }) {
  if (!res.destroyed) await new Promise((resolve) => res.once('close', resolve));
}

// Ends early when the client leaves, so that no timer outlives its request.
async function pause({ signal }, ms = 0) {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
