// Builds one chunk of a streamed answer, byte for byte as DeGPT writes it, and
// cuts text the way it does.
//
// Does not: choose the text, or decide on finish_reason (events.mjs).
// Called by: events.mjs and the tests.

import { pieceCharacters } from './families.mjs';
import { dumps } from './python-json.mjs';

export const done = 'data: [DONE]\n\n';

/** Returns the function that writes the chunks of one answer. */
export function chunkWriter(model, family) {
  const idFor = family.ids();
  const created = family.created();
  const object = family.object(model);
  return (delta, finishReason = null) =>
    dataLine({
      id: idFor(delta),
      object,
      // DeGPT stamps the chunks it makes itself one by one; a provider stamps once.
      created: family.cut ? created : family.created(),
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });
}

export function dataLine(value) {
  return `data: ${dumps(value)}\n\n`;
}

/**
 * Cuts a text into what a provider would send as its tokens: uneven lengths,
 * always the same for the same text, never through a code point.
 */
export function* tokens(text) {
  const lengths = [2, 3, 4, 7, 1, 12, 5, 3, 9, 6];
  let turn = 0;
  for (let start = 0; start < text.length; turn += 1) {
    const end = codePointEnd(text, start, lengths[turn % lengths.length]);
    yield text.slice(start, end);
    start = end;
  }
}

/** Cuts one token into DeGPT's pieces: by code points, as Python slices. */
export function* pieces(token) {
  for (let start = 0; start < token.length; ) {
    const end = codePointEnd(token, start, pieceCharacters);
    yield token.slice(start, end);
    start = end;
  }
}

function codePointEnd(text, start, count) {
  let end = start;
  for (let taken = 0; taken < count && end < text.length; taken += 1) {
    end += text.codePointAt(end) > 0xffff ? 2 : 1;
  }
  return end;
}
