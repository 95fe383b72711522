// Says which chunks an answer consists of, and which of them carry a
// finish_reason. Lazy, so that an answer can be as long as a test likes.
//
// Does not: add faults or [DONE] (faults.mjs), or write to a socket (reply.mjs).
// Called by: chat.mjs.

import { readFileSync } from 'node:fs';
import { searchText } from './agent.mjs';
import { chunkWriter, pieces, tokens } from './chunks.mjs';
import { demoParts } from './demo/answer.mjs';
import { families, ownWords } from './families.mjs';
import { answerText, continuationText, countedContent, fakeSuccess, isSeedQuestion, reasoningText, seedJsonText } from './texts.mjs';

/** The data events of the whole answer, as text, without `[DONE]`. `accept` is the request's header. */
export function answerEvents(body, model, thinking, behaviour, accept) {
  if (behaviour.empty) return [];
  if (behaviour.fakeSuccess) return fakeSuccessEvents(body.model);
  if (behaviour.raw !== undefined) return behaviour.raw;
  if (behaviour.recorded !== undefined) return recordedEvents(behaviour.recorded);
  if (model.id === 'deepseek-chat' && isSeedQuestion(body) && !saysWhatToSend(behaviour)) {
    return wantsSeedJsonText(accept) ? chunkEvents(body, model, thinking, { ...behaviour, text: seedJsonText }) : recordedEvents('seed-stream');
  }
  const events = chunkEvents(body, model, thinking, behaviour);
  return behaviour.stopAfter === undefined ? events : events.take(behaviour.stopAfter);
}

// The seed holds two answers to its question, of two runs: one streamed, one as
// JSON. A gateway asks for both by the same body, for DeGPT streams in any case;
// what tells them apart is what it accepts: "*/*" when it puts the answer
// together, "text/event-stream" when it hands the stream on. The real server
// looks at neither: this is only so that each example of the seed gets its text.
function wantsSeedJsonText(accept) {
  return accept === '*/*';
}

export function fakeSuccessEvents(modelId) {
  return [chunkWriter(modelId, ownWords)({ content: fakeSuccess })];
}

/** The texts of an answer; used by unstreamed.mjs as well. */
export function answerParts(body, model, thinking, behaviour) {
  if (behaviour.answers === 'demo' && !saysWhatToSend(behaviour)) return demoParts(body, model, thinking);
  const continued = continues(body, model, thinking);
  const content = behaviour.text ?? searchText(body, behaviour.searches) ?? (continued ? continuationText(body, model) : answerText(body, model));
  const reasons = behaviour.reasoningAlone || (thinking && model.thinks && !isCounted(behaviour));
  return {
    content: behaviour.reasoningAlone ? '' : content,
    reasoning: behaviour.reasoning ?? (reasons ? reasoningText(body) : ''),
  };
}

function continues(body, model, thinking) {
  return body.reload === true && body.messages.at(-1)?.role === 'assistant' && families[model.family].reload(thinking);
}

// A test that gives the chunks, or their number, means all of them.
function isCounted({ chunks, provided, chunkCount }) {
  return (chunks ?? provided ?? chunkCount) !== undefined;
}

function saysWhatToSend(behaviour) {
  return ['text', 'reasoning', 'reasoningAlone', 'chunks', 'provided', 'chunkCount', 'hugeLine', 'finishReason', 'era', 'searches'].some((name) => behaviour[name] !== undefined);
}

// Replayed to the byte, ids and times included: that is what a recording is for.
function recordedEvents(name) {
  const whole = readFileSync(new URL(`./recorded/${name}.sse`, import.meta.url), 'utf8');
  return whole.split(/(?<=\n\n)/).filter((event) => !event.startsWith('data: [DONE]'));
}

function* chunkEvents(body, model, thinking, behaviour) {
  const write = chunkWriter(body.model, families[model.family]);
  for (const { delta, finish } of finished(answerDeltas(body, model, thinking, behaviour), finishOf(model, behaviour))) {
    yield write(delta, finish);
  }
}

function answerDeltas(body, model, thinking, behaviour) {
  const all = deltas(body, model, thinking, behaviour);
  const { stop } = families[model.family];
  return stop !== undefined && continues(body, model, thinking) ? untilText(stop, all) : all;
}

/** The deltas as far as `stop` does not appear in their content, as a provider told to stop there sends them. */
function* untilText(stop, all) {
  const list = [...all];
  const whole = list.map(({ content }) => content ?? '').join('');
  const end = whole.indexOf(stop);
  let left = end < 0 ? Infinity : end;
  for (const delta of list) {
    const size = delta.content?.length ?? 0;
    if (size < left || size === 0) yield delta;
    else if (left > 0) yield { ...delta, content: delta.content.slice(0, left) };
    left -= size;
    if (left <= 0) return;
  }
}

function* deltas(body, model, thinking, behaviour) {
  const parts = answerParts(body, model, thinking, behaviour);
  // Of 2025: an empty delta first, and a chunk per provider token.
  const cut = families[model.family].cut && behaviour.era !== '2025';
  if (behaviour.era === '2025') yield { content: '' };
  for (const token of tokens(parts.reasoning)) yield { reasoning_content: token };
  if (behaviour.hugeLine !== undefined) yield { content: 'x'.repeat(behaviour.hugeLine) };
  if (behaviour.chunks !== undefined) {
    yield* behaviour.chunks.map(asDelta);
  } else if (behaviour.provided !== undefined) {
    yield* handedOn(behaviour.provided.map(asDelta), cut);
  } else if (behaviour.chunkCount !== undefined) {
    for (let index = 0; index < behaviour.chunkCount; index += 1) yield { content: countedContent(index) };
  } else {
    for (const token of tokens(parts.content)) {
      for (const piece of cut ? pieces(token) : [token]) yield { content: piece };
    }
  }
}

function asDelta(chunk) {
  return typeof chunk === 'string' ? { content: chunk } : chunk;
}

// What DeGPT makes of a provider's deltas: no chunk of one without text, and
// content cut into pieces, where the family's is cut.
function* handedOn(provided, cut) {
  for (const delta of provided) {
    if (delta.reasoning_content) yield { reasoning_content: delta.reasoning_content };
    else if (delta.content) for (const piece of cut ? pieces(delta.content) : [delta.content]) yield { content: piece };
  }
}

function finishOf(model, { finishReason, era }) {
  if (finishReason === 'lost') return { reason: null, on: 'lost' };
  if (finishReason === 'repeated') return { reason: 'stop', on: 'repeated' };
  if (typeof finishReason === 'string') return { reason: finishReason, on: 'last' };
  if (finishReason) return { reason: finishReason.reason ?? 'stop', on: finishReason.on ?? 'last' };
  if (era === '2025') return { reason: 'stop', on: 'empty' };
  return { reason: 'stop', on: families[model.family].finish };
}

/**
 * Puts the finish_reason on the last delta ("last"), on the last three
 * ("repeated"), on one more with empty content ("empty"), or nowhere.
 */
function* finished(all, { reason, on }) {
  const marked = { last: 1, repeated: 3 }[on] ?? 0;
  const held = [];
  for (const delta of all) {
    held.push(delta);
    if (held.length > marked) yield { delta: held.shift(), finish: null };
  }
  for (const delta of held) yield { delta, finish: 'content' in delta ? reason : null };
  if (on === 'empty') yield { delta: { content: '' }, finish: reason };
}
