// A model that knows how to use tools: told of them in words, it answers as
// models do, with calls in the form it was given, and then from their results.
//
// What it does is asked of it in so many words, so that a test says all there is
// to know: `use weather({"city":"Paris"})` is a call, several of them before a
// `then` are made at once, and those after it when the results are there. Asked
// for nothing, it calls nothing, unless it must.
//
// Does not: stream or cut (events.mjs).
// Called by: texts.mjs.

/** The agent's answer; null for a request that asks it nothing. */
export function agentText({ messages }) {
  const texts = messages.map(({ role, content }) => ({ role, text: asText(content) }));
  const told = texts.map(({ text }) => text).join('\n');
  if (!told.includes('# Tools\n')) return null;
  // An agent's own instructions may speak of using something, but not at the beginning of a line.
  const task = /^(?:Please )?use [\w.]+\(\{.*/im.exec(told)?.[0];
  if (task === undefined) return null;

  const steps = task.split(/ then /).map((step) => [...step.matchAll(/([\w.]+)\((\{.*?\})\)/g)].map(([, name, input]) => ({ name, input })));
  const answered = texts.filter(({ role, text }) => role === 'user' && /<tool_response[^>\n]*>\n/.test(text)).length;
  const calls = steps[answered];
  if (calls !== undefined) {
    return `Step ${answered + 1}: I call ${calls.map(({ name }) => name).join(' and ')}.\n\n${calls.map(written).join('\n')}`;
  }
  const results = [...told.matchAll(/<tool_response([^>\n]*)>\n([\s\S]*?)\n<\/tool_response>/g)];
  return `The tools say: ${results.map(([, about, text]) => (about.includes('error') ? `error ${text}` : text)).join('; ')}.`;
}

function written({ name, input }) {
  return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${input}}\n</tool_call>`;
}

function asText(content) {
  if (typeof content === 'string') return content;
  return content.map(({ text }) => text ?? '').join('\n');
}
