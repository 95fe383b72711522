// Turns the events of an answer into the steps of sending it, with the faults
// a behaviour asks for put in at their places, and the end.
//
// Does not: wait or write (reply.mjs carries the steps out).
// Called by: chat.mjs.
//
// A step is one of {bytes, chunk}, {pauseMs} and, last, {end}, where end is
// "clean", "break", "reset" or "silent".

import { dataLine, done } from './chunks.mjs';

export function* steps(events, behaviour) {
  const faults = faultsOf(behaviour);
  let sent = 0;
  for (const event of events) {
    if (yield* interrupt(faults, sent, event)) return;
    if (event.pauseMs !== undefined) {
      yield { pauseMs: event.pauseMs };
      continue;
    }
    yield { bytes: bytesOf(event), chunk: true };
    sent += 1;
  }
  // What a test wrote out itself is sent as it is.
  const end = behaviour.raw === undefined && !behaviour.dropDone ? done : '';
  if (yield* interrupt(faults, sent, end)) return;
  if (end !== '') yield { bytes: bytesOf(end), chunk: false };
  if (typeof behaviour.keepOpenAfterDone === 'number') yield { pauseMs: behaviour.keepOpenAfterDone };
  yield { end: behaviour.keepOpenAfterDone === true ? 'silent' : 'clean' };
}

// Yields what is due after `sent` chunks; true when the answer ended with it.
function* interrupt(faults, sent, next) {
  for (const fault of faults) {
    if (fault.chunk !== sent) continue;
    yield* fault.steps(next);
    if (fault.last) return true;
  }
  return false;
}

// In the order in which they come when several stand at one place.
function faultsOf(behaviour) {
  const { pauseAfter = [], garbageAfter, errorLine, endAfter, breakAfter, silentAfter } = behaviour;
  return [
    ...[pauseAfter].flat().map(({ chunk, ms }) => ({ chunk, steps: () => [{ pauseMs: ms }] })),
    garbageAfter !== undefined && garbage(place(garbageAfter)),
    errorLine !== undefined && error(place(errorLine)),
    endAfter !== undefined && cut(place(endAfter), 'clean'),
    breakAfter !== undefined && cut(place(breakAfter), breakAfter.reset ? 'reset' : 'break'),
    silentAfter !== undefined && cut(place(silentAfter), 'silent'),
  ].filter(Boolean);
}

function place(fault) {
  return typeof fault === 'object' ? { chunk: 0, ...fault } : { chunk: Number(fault) };
}

function garbage({ chunk, line = 'data: {"id": "cut off in the' }) {
  return { chunk, steps: () => [{ bytes: bytesOf(`${line}\n\n`), chunk: false }] };
}

function error({ chunk, error: what = { message: 'The model is overloaded, try again later.', code: 503 }, then = 'end' }) {
  const line = { bytes: bytesOf(dataLine({ error: what })), chunk: false };
  const after = {
    continue: [],
    done: [{ bytes: bytesOf(done), chunk: false }, { end: 'clean' }],
    end: [{ end: 'clean' }],
  };
  return { chunk, last: then !== 'continue', steps: () => [line, ...after[then]] };
}

function cut({ chunk, bytes = 0 }, end) {
  const begun = (next) => (bytes > 0 ? [{ bytes: bytesOf(next).subarray(0, bytes), chunk: false }] : []);
  return { chunk, last: true, steps: (next) => [...begun(next), { end }] };
}

function bytesOf(event) {
  return typeof event === 'string' ? Buffer.from(event) : Buffer.from(event.base64 ?? '', 'base64');
}
