// A model that knows how to use tools: told of them in words, it answers as
// models do, with calls in the form it was given, and then from their results.
//
// What it does is asked of it in so many words, so that a test says all there is
// to know: `use weather({"city":"Paris"})` is a call, several of them before a
// `then` are made at once, and those after it when the results are there. Asked
// for nothing, it calls nothing, unless it must.
//
// `Search the web for the tallest tower` makes it call `web_search`, if it is
// told of such a tool, and then cite the addresses of the result; so does a
// behaviour's `searches`, whatever is asked.
//
// Does not: stream or cut (events.mjs).
// Called by: texts.mjs, events.mjs.

/** The agent's answer; null for a request that asks it nothing. */
export function agentText({ messages }) {
  const texts = turnsOf(messages);
  const told = joinedText(texts);
  if (!told.includes('# Tools\n')) return null;
  const asked = /^(?:Please )?search the web for (.+)$/im.exec(told)?.[1];
  if (asked !== undefined) return searchText({ messages }, asked.replace(/[.?!]+$/, ''));
  // An agent's own instructions may speak of using something, but not at the beginning of a line.
  const task = /^(?:Please )?use [\w.]+\(\{.*/im.exec(told)?.[0];
  if (task === undefined) return null;

  const steps = task.split(/ then /).map((step) => [...step.matchAll(/([\w.]+)\((\{.*?\})\)/g)].map(([, name, input]) => ({ name, input })));
  const answered = texts.filter(isResult).length;
  const calls = steps[answered];
  if (calls !== undefined) {
    return `Step ${answered + 1}: I call ${calls.map(({ name }) => name).join(' and ')}.\n\n${calls.map(written).join('\n')}`;
  }
  const results = resultsIn(told);
  return `The tools say: ${results.map(([, about, text]) => (about.includes('error') ? `error ${text}` : text)).join('; ')}.`;
}

/**
 * A searching model's answer: a call of `web_search` for each of `searches` (true: what the user
 * said last) in turn, of a list within it at once, then what was found. Null when it is not to
 * search, or knows no such tool.
 */
export function searchText({ messages }, searches) {
  if (searches === undefined || searches === false) return null;
  const texts = turnsOf(messages);
  if (!/"name": ?"web_search"/.test(joinedText(texts))) return null;
  const question = texts.findLastIndex((turn) => turn.role === 'user' && !isResult(turn));
  const queries = searches === true ? [texts[question].text.trim()] : [searches].flat();
  const after = texts.slice(question + 1);
  const next = queries[after.filter(isResult).length];
  if (next !== undefined) {
    const calls = [next].flat().map((query) => written({ name: 'web_search', input: JSON.stringify({ query }) }));
    return `I look that up.\n\n${calls.join('\n')}`;
  }

  const results = resultsIn(joinedText(after));
  const found = results.map(([, , text]) => text).join('\n');
  const addresses = [...new Set(found.match(/https?:\/\/[^\s"'<>()[\]{}\\]+/g))];
  if (addresses.length === 0) return `The search found nothing: ${found.slice(0, 200)}`;
  return `The search says, as ${addresses.map((address, index) => `[${index + 1}](${address})`).join(' and ')} have it: ${queries.flat().join(', ')}.`;
}

function turnsOf(messages) {
  return messages.map(({ role, content }) => ({ role, text: asText(content) }));
}

function joinedText(texts) {
  return texts.map(({ text }) => text).join('\n');
}

function isResult({ role, text }) {
  return role === 'user' && /<tool_response[^>\n]*>\n/.test(text);
}

function resultsIn(text) {
  return [...text.matchAll(/<tool_response([^>\n]*)>\n([\s\S]*?)\n<\/tool_response>/g)];
}

function written({ name, input }) {
  return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${input}}\n</tool_call>`;
}

function asText(content) {
  if (typeof content === 'string') return content;
  return content.map(({ text }) => text ?? '').join('\n');
}
