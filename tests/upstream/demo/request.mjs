// Reads a request as a model does: which tools it was told of, which form its
// answer must have, what was asked, and what the tools have returned since.
//
// Does not: decide on an answer.
// Called by: answer.mjs.

const toolsIntro = '# Tools\n\nYou can call the tools below.';
const toolsEnds = ['else answer as usual.', 'Write nothing else.'];
const formBlock = /# Form of the answer\n\n(?:Unless you call a tool, a|A)nswer with one ([\w ]+?) and nothing else: no words around it, no code fence\./;
const schemaIntro = ' It must fit this JSON schema:\n';

/** What the gateway says when an answer lacks something; the question is an earlier turn then. */
const correction = /^(?:You did not call a tool\.|Arguments do not fit the JSON schema|Your call cannot be read|That does not fit the JSON schema|There is more than one |That is no valid )/;
const goOn = /^(?:Go on with your answer from here\. Do not repeat what you have said\.|Continue exactly where your last message ends, without repeating any of it\.)\s*$/m;

const mostOfTurn = 200_000;
const mostOfQuestion = 10_000;

/**
 * @typedef {object} Request
 * @property {{name: string, description: string, parameters?: object}[]} tools
 * @property {boolean} mustCall   @property {string | undefined} forced  the one tool that must be called
 * @property {boolean} many       several calls at once are allowed
 * @property {{root: string, schema?: object} | undefined} form
 * @property {string} system      the client's own instructions
 * @property {string | undefined} folder  where an agent says that it works
 * @property {string} question    what the user said last
 * @property {string[]} earlier   what the user said before
 * @property {number} rounds      how often tools have answered since the question
 * @property {{name: string, failed: boolean, text: string}[]} results  what they said
 * @property {string | undefined} begun  the answer's beginning, where the model is to go on from one
 */

/** @returns {Request} */
export function readRequest({ messages, reload }, family) {
  const turns = messages.map(({ role, content }) => ({ role, text: textOf(content) }));
  const instructions = instructionsOf(turns);
  for (const turn of turns) turn.text = atMost(turn.text, mostOfTurn);
  const told = { ...instructions, folder: folderIn(turns) };
  if (family === 'claude' && turns[0]?.role === 'user' && told.system === '') splitFirst(turns, told);
  const asked = turns.filter(({ role }) => role === 'user' || role === 'assistant');
  const last = asked.at(-1);
  const begun = last?.role === 'assistant' && reload ? last.text : goOn.test(last?.text) && !isResult(last) ? asked.at(-2)?.text : undefined;

  const at = asked.findLastIndex((turn) => isQuestion(turn));
  const question = at < 0 ? '' : wordsOf(asked[at].text);
  const after = asked.slice(at + 1);
  return {
    ...told,
    begun,
    mustCall: told.mustCall || after.some(({ text }) => text.startsWith('You did not call a tool.')),
    question,
    earlier: asked.slice(0, Math.max(at, 0)).filter(isQuestion).map(({ text }) => wordsOf(text)),
    rounds: after.filter(isResult).length,
    results: resultsOf(after),
  };
}

/** The instructions of the gateway, taken out of the turns, and those of the client. */
function instructionsOf(turns) {
  const told = { tools: [], mustCall: false, forced: undefined, many: false, form: undefined, system: '' };
  for (const turn of turns) {
    if (turn.role === 'assistant') continue;
    for (const cut of [cutTools, cutForm]) {
      const found = cut(turn.text, told);
      if (found === undefined) continue;
      const [before, after] = found;
      if (turn.role === 'user') told.system += before;
      turn.text = turn.role === 'user' ? after : `${before}\n${after}`;
    }
  }
  const systems = turns.filter(({ role }) => role === 'system' || role === 'developer').map(({ text }) => text);
  told.system = atMost([told.system, ...systems].join('\n').trim(), mostOfQuestion);
  return told;
}

function folderIn(turns) {
  const said = turns.map(({ text }) => /(?:working directory|current directory|working in the directory|\bcwd\b)[^\n/]{0,40}?[`:> ](\/[^\s<>`"'，。]+)/i.exec(text)?.[1]);
  return said.find(Boolean)?.replace(/[.,;]$/, '');
}

function cutTools(text, told) {
  const start = text.indexOf(toolsIntro);
  // Not those that a tool's description may have.
  const rules = text.indexOf('\n\nTo call a tool, write a block', start);
  const ends = rules < 0 ? [] : toolsEnds.map((end) => [text.indexOf(end, rules), end]).filter(([at]) => at >= 0).map(([at, end]) => at + end.length);
  if (start < 0 || ends.length === 0) return undefined;
  const block = text.slice(start, Math.min(...ends));
  told.tools = block.split('\n').map(toolIn).filter(Boolean);
  told.many = block.includes('For several calls write several blocks');
  told.mustCall = /Now you must call .*$/.test(block);
  told.forced = /Now you must call `(.+)`\. Write nothing else\.$/.exec(block)?.[1];
  return around(text, start, block.length);
}

function cutForm(text, told) {
  const found = formBlock.exec(text);
  if (found === null) return undefined;
  const end = found.index + found[0].length;
  told.form = { root: found[1] };
  const intro = text.indexOf(schemaIntro, end);
  if (intro < 0) return around(text, found.index, found[0].length);
  const start = intro + schemaIntro.length;
  const schema = jsonAt(text, start);
  told.form.schema = parsed(schema);
  return around(text, found.index, start + schema.length - found.index);
}

const around = (text, start, length) => [text.slice(0, start), text.slice(start + length)];

function toolIn(line) {
  const tool = line.startsWith('{"name"') ? parsed(line) : undefined;
  return typeof tool?.name === 'string' && typeof tool.description === 'string' ? tool : undefined;
}

// Claude has no role for instructions: they stand before the first question.
function splitFirst(turns, told) {
  const paragraphs = turns[0].text.trim().split(/\n\n+/);
  if (paragraphs.length < 2 || isResult(turns[0])) return;
  told.system = paragraphs.slice(0, -1).join('\n\n');
  turns[0].text = paragraphs.at(-1);
}

const isResult = ({ role, text }) => role === 'user' && /<tool_response[^>\n]*>\n/.test(text);

function isQuestion(turn) {
  return turn.role === 'user' && !isResult(turn) && !correction.test(turn.text) && wordsOf(turn.text) !== '';
}

/** Beginning and end of a text that is too long to be read as a whole. */
function atMost(text, most) {
  return text.length <= most ? text : `${text.slice(0, most / 2)}\n…\n${text.slice(-most / 2)}`;
}

/** A turn without what agents add to it by themselves, in tags of their own such as `<system-reminder>`. */
function wordsOf(text) {
  return atMost(text, mostOfQuestion)
    .replace(/<([a-z]+[-_][a-z_-]+)>[\s\S]*?<\/\1>/g, '')
    .replace(goOn, '')
    .trim();
}

function resultsOf(turns) {
  const results = [];
  let calls = [];
  for (const { role, text } of turns) {
    if (role === 'assistant') calls = [...text.matchAll(/<tool_call>\n(.*)\n<\/tool_call>/g)].map(([, json]) => parsed(json) ?? {});
    for (const [about, said] of responsesIn(text)) {
      const id = /id="([^"]*)"/.exec(about)?.[1];
      const index = calls.findIndex((call) => id === undefined || call.id === id);
      const [call] = index < 0 ? [] : calls.splice(index, 1);
      results.push({ name: call?.name ?? 'the tool', arguments: call?.arguments, failed: about.includes('status="error"'), text: wordsOf(said) });
    }
  }
  return results;
}

/** What stands in the tags of each result, and between them. */
function* responsesIn(text) {
  const opening = /<tool_response([^>\n]*)>\n/g;
  for (let found; (found = opening.exec(text)); ) {
    const end = text.indexOf('\n</tool_response>', opening.lastIndex - 1);
    if (end < 0) return;
    yield [found[1], text.slice(opening.lastIndex, end)];
    opening.lastIndex = end;
  }
}

/** The JSON value that begins at `start`, as it stands there. */
export function jsonAt(text, start) {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const ch = text[at];
    if (quoted && ch === '\\') at += 1;
    else if (ch === '"') quoted = !quoted;
    else if (!quoted && '{['.includes(ch)) depth += 1;
    else if (!quoted && '}]'.includes(ch)) depth -= 1;
    if (depth === 0 && !quoted && '}]"'.includes(text[at])) return text.slice(start, at + 1);
  }
  return text.slice(start);
}

/** The value of a JSON text; undefined if it is none. */
export function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function textOf(content) {
  if (typeof content === 'string') return content;
  return content.map(({ text }) => text ?? '').filter(Boolean).join('\n');
}
