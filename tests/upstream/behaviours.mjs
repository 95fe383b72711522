// The fields of a behaviour: what a test can make the stand-in do. They can be
// combined freely; this is their one list and description.
//
// Does not: keep behaviours (script.mjs) or carry them out. Each is carried
// out where the comment beside it says.
// Called by: script.mjs.
//
// K counts the chunks of the answer that were sent before: 0 is "before the
// first". A K beyond the answer's end never comes about.

import { expandFault } from './named-faults.mjs';

const fields = {
  // Which requests (script.mjs). Without any of these: the next chat request.
  path: 'the exact path, or "any"; default the chat path',
  method: 'the HTTP method',
  model: 'the upstream model id in the body',
  credential: 'the Bearer credential',
  account: 'whose credential it is: a visitor id, or an API key itself',
  where: 'in-process only: a function of the request record, true when it matches',
  times: 'how many requests get it: a number, default 1, or "always"',
  skipChecks: 'true: also for requests with a bad credential or message shape',

  // A fault by its name, for every endpoint (named-faults.mjs has the names).
  fault: 'a name, or an HTTP status; it stands for other fields of this list',
  retryAfter: 'seconds, for a retry-after header',

  // Instead of an ordinary answer (reply.mjs).
  status: 'an HTTP status; other than 200, or together with body, nothing is streamed',
  headers: 'more response headers, or others; also for streams',
  body: 'the whole body: a string as it is, anything else as JSON',
  delayHeadersMs: 'wait before the status line',
  neverAnswer: 'true: read the request, then send nothing at all',
  refuseConnection: 'true: close the connection before any header',
  hugeBody: 'JSON answers: so many bytes more, in the first "content" if there is one',
  tokenLifetimeSeconds: 'sign-in only: the life of the token (sign-in.mjs)',

  // What the endpoints beside the chat answer (web.mjs, allowance.mjs, config.mjs).
  results: 'search: a list for `web`, or {web, images}, or null for no data',
  page: 'check_web: {title, content}, or null when it cannot be read',
  hostile: 'search and check_web: a list of texts, each a title and content of a result; together they are the page',
  noData: 'search and check_web: true: "data" is null',
  overLimit: 'refresh: true: the account has had all its chats of the model',
  config: 'configuration: fields of it, over the others',
  withoutKeys: 'configuration: a list of fields that are left out',

  // What is streamed (events.mjs).
  answers: '"hard" (default), or "demo": friendly answers, calls and JSON where they are asked for, in place of the hard text (demo/answer.mjs)',
  text: 'the answer text, cut as the family does it',
  reasoning: 'the reasoning text, whatever enable_thinking says; "" for none',
  chunks: 'explicit deltas: each a string of content, or a delta object such as {"content": null}',
  provided: 'deltas as the provider sends them, in the form of `chunks`; DeGPT drops those without text and cuts the others',
  chunkCount: 'an answer of so many chunks of five characters (countedContent in texts.mjs)',
  hugeLine: 'a first content chunk of so many bytes, in one data line',
  raw: 'explicit body pieces: strings, {"base64": "…"} or {"pauseMs": 5}; no [DONE] is added',
  recorded: 'the name of a file in recorded/, without .sse',
  fakeSuccess: 'true: the apology in place of an answer',
  empty: 'true: [DONE] at once',
  reasoningAlone: 'true: reasoning, whatever enable_thinking says, then [DONE]',
  stopAfter: 'K: no more chunks, but [DONE] as if the answer were whole',
  searches: 'the model calls web_search if it is told of it, then cites what came back: true, a query, or a list of queries and of lists of queries at once (agent.mjs)',
  era: '"2025": uncut tokens, an empty delta first, and last one with finish_reason',
  finishReason:
    'a reason ("length") for the last chunk, or "lost", "repeated", or {reason, on: "last" | "repeated" | "empty" | "lost"}',

  // What goes wrong, and when (faults.mjs).
  errorLine: 'K, or {chunk: K, error, then: "end" | "done" | "continue"}: a data line with an error object; default then "end"',
  garbageAfter: 'K, or {chunk: K, line}: a data line that is not JSON; the answer goes on after it',
  pauseAfter: '{chunk: K, ms}, or a list of these',
  // The next three also cut a JSON answer: after {bytes}, or in its middle.
  endAfter: 'K, or {chunk: K, bytes}: end cleanly without [DONE], after so many bytes of the next event',
  breakAfter: 'the same, but the connection breaks; {chunk, reset: true} breaks it with a reset',
  silentAfter: 'the same, but nothing more is sent and the connection stays open',
  dropDone: 'true: everything but [DONE]',
  keepOpenAfterDone: 'true: do not end after [DONE]; a number: end so many milliseconds after it',

  // How it is written (reply.mjs, writer.mjs).
  paceMs: 'wait between chunks',
  writeMode: '"events" (default), "bytes", "whole", {mode: "random", seed, max} or {mode: "group", events: N}',
};

/** Returns the behaviour, its `fault` expanded, or throws: a mistyped field must not pass as "no fault". */
export function checkBehaviour(behaviour) {
  if (typeof behaviour !== 'object' || behaviour === null || Array.isArray(behaviour)) throw new TypeError('a behaviour is an object');
  const unknown = Object.keys(behaviour).filter((name) => !(name in fields));
  if (unknown.length > 0) throw new TypeError(`unknown behaviour fields: ${unknown.join(', ')}`);
  const { times = 1, recorded = '', writeMode = 'events' } = behaviour;
  if (times !== 'always' && !(times >= 1)) throw new TypeError('times is a number from 1 on, or "always"');
  if (!['hard', 'demo'].includes(behaviour.answers ?? 'hard')) throw new TypeError('answers is "hard" or "demo"');
  if (!/^[\w-]*$/.test(recorded)) throw new TypeError('recorded is a plain file name');
  if (!['events', 'bytes', 'whole', 'random', 'group'].includes(writeMode.mode ?? writeMode)) throw new TypeError('unknown writeMode');
  return expandFault(behaviour);
}

/** True when the ordinary answer is not even begun. */
export function replacesAnswer({ status = 200, body, neverAnswer, refuseConnection }) {
  return Boolean(neverAnswer || refuseConnection || status !== 200 || body !== undefined);
}
