// The demo's answers: those of a model that chats, calls the tools that it is
// told of, and fills the form that is asked for. What it says of itself is
// true: it is a stand-in, and names the model that would be asked live.
//
// Does not: cut or stream (../events.mjs).
// Called by: ../events.mjs, for the behaviour `answers: "demo"`.

import { attachments } from '../pictures.mjs';
import { callsText } from './calls.mjs';
import { fill } from './fill.mjs';
import { isObject } from './fits.mjs';
import { exactWords, recalled, reckoned } from './obey.mjs';
import { readRequest } from './request.mjs';
import { languageOf, textsIn } from './texts.mjs';
import { Words } from './words.mjs';

/** `{content, reasoning}`; the latter is empty unless the model thinks. */
export function demoParts(body, model, thinking) {
  const request = readRequest(body, model.family);
  const texts = textsIn(languageOf(request.question || request.system), { model: model.id, question: shortened(request.question, 80), turn: request.earlier.length + 1 });
  return { content: contentOf(request, body, texts), reasoning: thinking && model.thinks ? texts.reasoning(request) : '' };
}

function contentOf(request, body, texts) {
  if (request.begun !== undefined) return continuation(request, texts);
  const known = () => knownTo(request, body, texts);
  const said = () => known() ?? texts.chat(request.question);
  return callsText(request, said) ?? formText(request, () => known() ?? texts.short()) ?? said();
}

/** An answer of the form that was asked for. */
function formText({ form, question, results }, said) {
  if (form === undefined) return null;
  const text = [question, ...results.map((result) => result.text)].join('\n');
  const words = new Words(text, { answer: said() });
  const value = form.schema === undefined ? (byExample(text, words) ?? { answer: said() }) : fill(form.schema, words);
  return JSON.stringify(value ?? null);
}

/** An object like the one that a text shows, or with the keys that it lists; undefined without either. */
function byExample(text, words) {
  const example = words.given.find(isObject);
  const listed = /\b(?:keys?|fields?|properties|attributes)\b\s*(?:named |called |are |:)*\s*((?:["'`]?[a-z]\w*["'`]?(?: \([^)]*\))?(?:, (?:and )?| and )?)+)/i.exec(text)?.[1];
  const keys = listed?.match(/["'`]?[a-z]\w*["'`]?(?= \(|,| and |$)/gi)?.map((key) => key.replace(/["'`]/g, '')).filter((key) => key !== 'and');
  if (example === undefined && !keys?.length) return undefined;
  words.quotes = words.quotes.filter((quote) => !keys?.includes(quote));
  // What an example only stands for is no value.
  if (example !== undefined && /your |here"|\.\.\.|<|"string"|…/i.test(JSON.stringify(example))) words.given = [];
  return fill(example === undefined ? { type: 'object', properties: Object.fromEntries(keys.map((key) => [key, { type: numeric.test(key) ? 'number' : 'string' }])), required: keys } : schemaLike(example), words);
}

const numeric = /^(?:age|count|number|year|price|amount|quantity|score|total|rating|confidence|id)$/i;

function schemaLike(value) {
  if (Array.isArray(value)) return { type: 'array', items: value.length > 0 ? schemaLike(value[0]) : true };
  if (isObject(value)) return { type: 'object', properties: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, schemaLike(inner)])), required: Object.keys(value) };
  return value === null ? {} : { type: typeof value };
}

/** An answer that is more than small talk; undefined if there is none. */
function knownTo(request, body, texts) {
  const { question, system, results, earlier } = request;
  if (results.length > 0) return texts.results(results);
  const exact = exactWords(question) ?? (isCommand(system) ? exactWords(system) : undefined);
  if (exact !== undefined) return exact;
  const seen = attachments(body.messages.slice(body.messages.findLastIndex(({ role }) => role === 'assistant') + 1));
  if (seen.length > 0) return texts.seen(seen);
  const document = /<document(_*)(?: name="([^"]*)")?>\n([\s\S]*?)\n<\/document\1>/.exec(question);
  if (document !== null) return texts.document(document[2], document[3]);
  const fact = recalled(request);
  if (fact !== undefined) return texts.recalled(fact);
  if (isTitleWish(question)) return titleText(question, earlier);
  if (/\bJSON\b/i.test(question)) {
    const value = byExample(question, new Words(question, { answer: texts.short() }));
    if (value !== undefined) return /\bonly\b|\bjust\b|no markdown|raw|只/i.test(question) ? JSON.stringify(value) : `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
  }
  return reckoned(question);
}

// The instructions of agents are long, and speak of answers in passing.
const isCommand = (system) => system.length < 500 && /\b(?:must|always|only|exactly)\b|必须|始终|只/i.test(system);

// Chat apps ask for a name of the conversation.
const isTitleWish = (text) => /\b(?:title|topic|summar\w+)\b.{0,80}\b(?:words?|characters|concise|short|brief)|\b(?:concise|short|brief)\b.{0,60}\btitle\b|(?:生成|起|总结).{0,30}标题|标题.{0,20}字/is.test(text);

function titleText(question, earlier) {
  const about = earlier[0] ?? /(?:USER|user|Human|用户)\s*[:：]\s*(.+)/.exec(question)?.[1] ?? 'degpt-edge';
  const title = shortened(about.split('\n')[0].replace(/[?？!！.。]+$/, ''), 24);
  return /"title"/.test(question) ? JSON.stringify({ title }) : title;
}

/** The rest of an answer that the client has begun: of a value, what closes it. */
function continuation({ begun, question }, texts) {
  const open = begun.trimEnd().at(-1);
  if (open === '{') return `"answer": ${JSON.stringify(shortened(question, 60))}}`;
  if (open === '[') return `${JSON.stringify(shortened(question, 60))}]`;
  return texts.continued();
}

// The slice before the spread keeps a question of many megabytes cheap.
function shortened(text, most) {
  const characters = [...text.slice(0, most * 4).replace(/\s+/g, ' ').trim()];
  return characters.length > most ? `${characters.slice(0, most).join('')}…` : characters.join('');
}
