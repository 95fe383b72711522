// The calls of a model that was told of tools: what the question asks for, in
// as many steps as it names, and then no more.
//
// Does not: answer in words (talk.mjs).
// Called by: answer.mjs.

import { chosen, harmlessOf } from './choose.mjs';
import { fill } from './fill.mjs';
import { isObject } from './fits.mjs';
import { jsonAt, parsed } from './request.mjs';
import { Words } from './words.mjs';

const mostSteps = 4;
const mostCalls = 4; // at once
const declines = /\b(?:do not|don't|without|never|no need to)\b[^.]{0,20}\b(?:call|use|using|calling|invoke)?\b[^.]{0,12}\b(?:tools?|functions?)\b|不要(?:调用|使用|用).{0,4}(?:工具|函数)/i;

/** Tools that take a finished answer. */
const finishing = /^(?:attempt_completion|final_answer|final_result|final_response|final_output|submit_final_answer|finish|task_complete|complete_task|StructuredOutput)$/i;

/** The calls to make now, as text; null when it is time to answer. `answer()` is what would be said in words. */
export function callsText(request, answer) {
  const { tools, mustCall } = request;
  if (tools.length === 0) return null;
  const calls = nextCalls(request);
  if (calls.length > 0) return calls.map(written).join('\n');
  const last = tools.find(({ name }) => finishing.test(name));
  if (last !== undefined) return written(callOf(last, request.question, request, { answer: answer() }));
  if (!mustCall) return null;
  return written(callOf(harmlessOf(tools), request.question, request));
}

function nextCalls(request) {
  const { tools, question, rounds, forced, mustCall } = request;
  const offered = tools.filter(({ name }) => !finishing.test(name));
  if (forced !== undefined) {
    const tool = tools.find(({ name }) => name === forced) ?? { name: forced };
    return allOf([{ tool, own: [] }], question, request);
  }
  if (declines.test(question) && !mustCall) return [];
  const steps = stepsOf(question, offered);
  if (rounds >= steps.length || rounds >= mostSteps) return [];
  const { text, calls, picked } = steps[rounds];
  return calls ?? allOf(picked, text, request);
}

/** What is asked one after the other; each step needs the results of the one before. */
function stepsOf(question, tools) {
  const parts = question.split(/[,;，；。.]?\s*(?:\band then\b|(?<=[)}.,;]\s*|\w )\bthen\b|然后|接着|之后再)\s*/i).filter(Boolean);
  const steps = parts.map((text) => stepOf(text, tools)).filter(({ calls, picked }) => (calls ?? picked).length > 0);
  if (steps.length > 1 || steps[0]?.calls) return steps;
  return [stepOf(question, tools)].filter(({ picked }) => picked?.length > 0);
}

function stepOf(text, tools) {
  const calls = spelledOut(text, tools);
  return calls.length > 0 ? { text, calls } : { text, picked: chosen(text, tools) };
}

/** Calls that the question writes out itself, such as `get_weather({"city": "Paris"})`. */
function spelledOut(text, tools) {
  return [...text.matchAll(/([\w.-]+)\((?=\{)/g)].flatMap(({ 1: name, index, 0: start }) => {
    const input = parsed(jsonAt(text, index + start.length));
    return isObject(input) && tools.some((tool) => tool.name === name) ? [{ name, arguments: input }] : [];
  });
}

function allOf(picked, text, request) {
  const some = request.many ? picked : picked.slice(0, 1);
  const calls = some.flatMap(({ tool, own }) => {
    const words = some.length > 1 ? clauseOf(text, own) : text;
    const entities = request.many ? entitiesOf(tool, words) : [];
    return entities.length > 1 ? entities.map((entity) => callOf(tool, words, request, { entity })) : [callOf(tool, words, request)];
  });
  return calls.slice(0, mostCalls);
}

/** Several towns, files or addresses, where the tool takes one. */
function entitiesOf({ parameters }, text) {
  const words = new Words(text);
  const lists = Object.entries(parameters?.properties ?? {})
    .filter(([, schema]) => schema?.type === 'string')
    .map(([key]) => words.several(key))
    .filter((list) => list.length > 1);
  return lists.length === 1 ? lists[0] : [];
}

/** The part of a question that asks for one of several tools. */
function clauseOf(text, own) {
  const clauses = text.split(/[;；。?？]|,? and (?=what|how|the|get|tell|also|find|check|search|convert|calculate|\w+ (?:the|in|for|of))|，|、|以及|还有/i).filter((clause) => clause?.trim());
  const found = clauses.filter((clause) => own.some((word) => clause.toLowerCase().includes(word.slice(0, 4))));
  return found.length > 0 ? found.join(' ') : text;
}

function callOf({ name, parameters }, text, { results, earlier, folder }, { answer, entity } = {}) {
  const given = results.map((result) => parsed(result.text)).filter(isObject);
  const words = new Words(text || earlier.at(-1) || 'Hello', { answer, entity, folder, given: answer === undefined ? [] : given });
  const input = parameters === undefined ? {} : fill(parameters, words, { optional: 'wanted' });
  return { name, arguments: isObject(input) ? input : {} };
}

function written({ name, arguments: input }) {
  return `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`;
}
