// What differs between the model families in an answer: ids, `object`,
// `created`, the cutting of content, finish_reason, and what `stream:false`
// and `reload` come to. One table, so that an oddity is found in one place.
//
// Does not: say what a family accepts (refusals.mjs), or build chunks (chunks.mjs).
// Called by: chunks.mjs, events.mjs, chat.mjs, unstreamed.mjs.

import { randomBytes, randomUUID } from 'node:crypto';
import { PythonFloat } from './python-json.mjs';

/** Content is cut into pieces of this many characters, where it is cut. */
export const pieceCharacters = 5;

// Claude and GPT chunks are made by DeGPT itself, from another API's events:
// hence a model's name as the object, and Python's time.time() as the time.
const made = { object: (model) => model, created: nowAsFloat, cut: false, finish: 'null', reload: () => false };

// The other families' chunks are the provider's own, cut into pieces.
const passed = {
  object: () => 'chat.completion.chunk',
  created: () => Math.floor(Date.now() / 1000),
  cut: true,
  finish: 'lost',
  reload: () => false,
};

/**
 * ids         makes, for one answer, the function that gives each chunk's id
 * finish      "null": never set; "lost": it was on an empty chunk, which the
 *             cutting dropped; "repeated": it is on every piece of the last token
 * unstreamed  what `stream:false` gives (unstreamed.mjs)
 * reload      whether `reload` is heeded, given whether thinking is on
 * stop        where a `reload` continuation ends, whatever would follow
 */
export const families = {
  claude: { ...made, ids: () => () => randomUUID(), unstreamed: 'null' },
  gpt: { ...made, ids: gptIds, unstreamed: 'responses' },
  deepseek: { ...passed, ids: () => always(randomUUID()), unstreamed: 'completion', reload: () => true, stop: '```' },
  qwen: { ...passed, ids: () => always(`chatcmpl-${randomUUID()}`), unstreamed: 'completion', reload: (thinking) => !thinking },
  doubao: { ...passed, ids: () => always(`0217${hex(28)}`), unstreamed: 'null' },
  gemini: { ...passed, ids: () => always(randomBytes(12).toString('base64url')), finish: 'repeated', unstreamed: 'completion' },
  grok: { ...passed, ids: () => always(randomUUID()), unstreamed: 'null' },
};

/** The shape of what DeGPT says itself: the fake success, for every model. */
export const ownWords = { ...made, ids: () => always(randomUUID()) };

// The reasoning and the message are two items of OpenAI's other API.
function gptIds() {
  const reasoning = `rs_${hex(48)}`;
  const message = `msg_${hex(48)}`;
  return (delta) => ('reasoning_content' in delta ? reasoning : message);
}

function always(id) {
  return () => id;
}

function hex(length) {
  return randomBytes(length / 2).toString('hex');
}

function nowAsFloat() {
  const seconds = (performance.timeOrigin + performance.now()) / 1000;
  return new PythonFloat(Number(seconds.toFixed(6)));
}
