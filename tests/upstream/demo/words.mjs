// The words of a question as what the arguments of a tool, or the fields of an
// answer, may be: places, numbers, quotes, addresses, dates, by the names of
// the fields.
//
// Does not: know whether a value fits (fits.mjs). What it does not find, it
// leaves to the filler (fill.mjs).
// Called by: calls.mjs, answer.mjs.

import { harmless, safeFile } from './harmless.mjs';
import { jsonAt, parsed } from './request.mjs';

const zones = { tokyo: 'Asia/Tokyo', paris: 'Europe/Paris', london: 'Europe/London', berlin: 'Europe/Berlin', 'new york': 'America/New_York', beijing: 'Asia/Shanghai', shanghai: 'Asia/Shanghai', 北京: 'Asia/Shanghai', 上海: 'Asia/Shanghai', 东京: 'Asia/Tokyo' };
const weekday = /\b(?:today|tomorrow|tonight|(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|今天|明天|后天|(?:周|星期)[一二三四五六日天]/gi;
const notNames = /^(?:I|I'm|The|A|An|What|Who|When|Where|Which|How|Why|Is|Are|Can|Could|Please|Use|Call|Get|Give|Tell|Extract|Return|Find|Show|Create|Make|Write|List|Add|Search|And|My|In|On|JSON|Reply|Answer|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Book|Send|Read|Look|Generate|Then)$/;

/** By a field's name, in lower case with spaces: which of the words it takes. The first that matches counts. */
const kinds = [
  [/time ?zone|^tz$/, 'zones'],
  [/e ?mail|^to$|recipient/, 'emails'],
  [/\bur[li]\b|link|website|homepage/, 'urls'],
  [/path|file|dir|folder/, 'paths'],
  [/^(?:glob ?)?pattern$|^glob$/, 'patterns'],
  [/expression|formula|equation|calculation/, 'sums'],
  [/origin|departure|^from/, 'origins'],
  [/destination|arrival|^to /, 'destinations'],
  [/city|cities|location|place|town|country|region|地点|城市/, 'places'],
  [/date|day|when|deadline/, 'days'],
  [/time|hour/, 'times'],
  [/quer(y|ies)|search|keyword|term|^q$/, 'topics'],
  [/prompt|question|text|message|input|content|body|task|instruction|request|argument/, 'texts'],
  [/answer|response|reply|summary|explanation|reason|thought|description|result|output/, 'answers'],
  [/participant|attendee|people|person|author|user|customer|contact|first ?name|last ?name|^name|full ?name|names?$/, 'names'],
  [/title|subject|topic|event|value|label/, 'titles'],
];

export class Words {
  #taken = new Map();

  /**
   * `text` is what was asked; `answer`, what one would say to it; `entity`, the one of several that this
   * is about; `given`, more JSON like that in the text; `folder`, where paths begin.
   */
  constructor(text, { answer = '', entity = undefined, given = [], folder = undefined } = {}) {
    this.text = text;
    this.answer = answer;
    this.entity = entity;
    this.folder = folder;
    this.given = [...objectsIn(text), ...given];
    this.quotes = all(text, /"([^"\n]{1,200})"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?<![\p{L}\d])'([^'\n]{1,200})'(?!\p{L})|「([^」\n]{1,200})」/gu);
    this.numbers = all(text, /(?<![\w.])(-?\d+(?:\.\d+)?)(?![\w]*[-/]\d)(?=[^\w]|[a-z%°]|$)/gi).map(Number);
  }

  /** What the place of a value may take, the likeliest first. */
  suggest(path, schema) {
    const key = keyOf(path);
    const index = typeof path.at(-1) === 'number' ? path.at(-1) : undefined;
    const found = [...this.#literal(path), ...this.#named(key), ...this.#chosen(schema)];
    const listed = this.#listed(schema, key);
    if (index !== undefined) return [...found, ...listed.slice(index), ...listed.slice(0, index)];
    return [...found, ...harmless(key, this.text), ...listed];
  }

  /** Whether the question says what this is; for what it could as well leave out. */
  has(path, schema) {
    const key = keyOf(path);
    return this.#literal(path).length + this.#named(key).length + this.#chosen(schema).length > 0;
  }

  /** The values that a question has for a field of which there may be several, such as two towns. */
  several(key) {
    const kind = kindOf(spaced(key));
    const found = this.#ofKind(spaced(key)).filter((value) => value !== safeFile);
    return found.length > 1 && ['places', 'paths', 'urls'].includes(kind) ? found : [];
  }

  /** JSON that stands in the question, or in what a tool said. */
  #literal(path) {
    const fields = path.filter((step) => typeof step === 'string');
    const at = (value, steps) => steps.reduce((part, step) => part?.[step], value);
    return this.given.flatMap((value) => [at(value, path), at(value, fields.slice(-1))]).filter((value) => value !== undefined);
  }

  /** `value CANARY_OK`, `city: Paris`, `age=7`. */
  #named(key) {
    if (key === '') return [];
    const name = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '[ _-]?');
    const found = new RegExp(`(?<![\\p{L}\\d_])${name}["'\`]?(?:\\s*[:=：]\\s*|\\s+(?:is |of |to |as |set to )?|\\s*[为是]\\s*)(?:"([^"]+)"|'([^']+)'|\`([^\`]+)\`|(-?\\d[\\d.]*(?=[^\\w.]|[.]?$|\\.\\s)|[\\p{Lu}\\d][\\p{L}\\d_-]*))`, 'iu').exec(this.text);
    const word = found && (found[1] ?? found[2] ?? found[3] ?? found[4]);
    // A small word after the name of a field is seldom its value.
    if (!word || (found[4] !== undefined && !/^[-\d\p{Lu}]/u.test(found[4]))) return [];
    return /^-?\d+(?:\.\d+)?\.?$/.test(word) ? [Number(word.replace(/\.$/, '')), word.replace(/\.$/, '')] : [word];
  }

  #chosen({ enum: members }) {
    if (!Array.isArray(members)) return [];
    const lower = this.text.toLowerCase();
    const says = (member) => typeof member === 'string' && member !== '' && new RegExp(`(?<![\\p{L}\\d])${spaced(member).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\d])`, 'u').test(lower.replace(/[_-]/g, ' '));
    return members.filter((member) => says(member) || this.numbers.includes(member));
  }

  #listed({ type, description = '' }, key) {
    const types = [type].flat();
    if (types.includes('number') || types.includes('integer')) return this.#next(key);
    if (types.includes('boolean')) return [!/\b(?:no|not|don't|without|false|off)\b|不/i.test(this.text)];
    const found = this.#ofKind(key);
    const wantsWhole = kindOf(key) === 'paths' && this.folder !== undefined && /absolute/i.test(description);
    return wantsWhole ? found.map((path) => (path.startsWith('/') ? path : `${this.folder}/${path}`)) : found;
  }

  /** The numbers, each for one field. */
  #next(key) {
    if (!this.#taken.has(key)) this.#taken.set(key, this.#taken.size);
    const first = this.#taken.get(key);
    return [...this.numbers.slice(first), ...this.numbers.slice(0, first)];
  }

  #ofKind(key) {
    const { text, quotes, entity } = this;
    const first = entity === undefined ? [] : [entity];
    switch (kindOf(key)) {
      case 'zones': return [...places(text), ...Object.keys(zones).filter((name) => text.toLowerCase().includes(name))].map((place) => zones[place.toLowerCase()]).filter(Boolean).concat('UTC');
      case 'emails': return [...first, ...all(text, /([\w.+-]+@[\w-]+(?:\.[\w-]+)+)/g), ...names(text)];
      case 'urls': return [...first, ...all(text, /(https?:\/\/[^\s"'<>，。）)]+)/g).map((url) => url.replace(/[.,?!]$/, ''))];
      case 'paths': return [...first, ...all(text, /(?<![\w:/])((?:[\w.~-]*\/)*[\w-]*\.[a-z]\w{0,4}|\/[\w.~/-]+)(?![\w/@])/gi), safeFile];
      case 'patterns': return [...quotes, '*'];
      case 'sums': return sums(text);
      case 'origins': return [...places(/\bfrom .*?(?=\bto\b|$)|$/i.exec(text)[0]), ...places(text)];
      case 'destinations': return [...places(/\bto .*?(?=\bfrom\b|$)|$/i.exec(text)[0]), ...places(text).reverse()];
      case 'places': return [...first, ...places(text), ...quotes];
      case 'days': return [...all(text, /(\d{4}-\d\d-\d\d)/g), ...[...text.matchAll(weekday)].map(([day]) => day)];
      case 'times': return all(text, /(\d\d?:\d\d(?:\s?[ap]m)?|\d\d?\s?[ap]m)/gi);
      case 'topics': return [...quotes, topic(text)];
      case 'texts': return [...quotes, text];
      case 'answers': return [this.answer || text];
      case 'names': return [...quotes, ...names(text)];
      case 'titles': return [...quotes, topic(text)];
      default: return quotes;
    }
  }
}

/** What remains of a question without the words that only ask. */
export function topic(text) {
  const line = text.trim().split('\n').at(-1);
  const bare = line
    .replace(/^(?:please |can you |could you |would you |请|帮我|麻烦)*/i, '')
    .replace(/^(?:search(?: the web)?(?: for)?|look up|find(?: me)?|google|tell me(?: about)?|what(?:'s| is| are)|who is|perform a web search for the query:|搜索(?:一下)?|查(?:询|一下|找)?)\s*/i, '')
    .replace(/[?？!！。.]+$/, '')
    .trim();
  return [...(bare || line)].slice(0, 120).join('');
}

const kindOf = (key) => kinds.find(([like]) => like.test(key))?.[1];

const spaced = (name) => name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').toLowerCase();

const keyOf = (path) => spaced(path.findLast((step) => typeof step === 'string') ?? '');

const all = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, ...groups]) => groups.find((group) => group !== undefined)))].filter(Boolean);

function objectsIn(text) {
  const found = [];
  for (let at = text.indexOf('{'); at >= 0 && found.length < 8; at = text.indexOf('{', at)) {
    const json = jsonAt(text, at);
    const value = parsed(json);
    if (value !== undefined) found.push(value);
    at += value === undefined ? 1 : json.length;
  }
  return found;
}

const ends = '(?=\\s*(?:[?!,.;，。？！]|$|\\n)|\\s+(?:right|today|now|tomorrow|tonight|this|next|please|in|on|at|for|to|using|with|and|or|via|by|from)\\b)';

function places(text) {
  const capital = "\\p{Lu}[\\p{L}'’-]+(?: (?:de |of )?\\p{Lu}[\\p{L}'’-]+)*(?:, [A-Z]{2}\\b)?";
  const listed = new RegExp(`\\b(?:in|for|at|near|to|from|of|between|vs)\\s+(?:the )?(${capital}(?:(?:, | and | or | & |, and | to |, or )(?:in |for )?${capital})*)`, 'gu');
  const proper = [...text.matchAll(listed)].flatMap(([, list]) => list.split(/, and |, or | and (?:in |for )?| or | & | to |, (?![A-Z]{2}\b)/));
  const small = all(text, new RegExp(`\\b(?:in|at|for|near)\\s+((?!the\\b|a\\b|an\\b|this\\b|celsius|fahrenheit|json)[\\p{Ll}]+(?: \\p{Ll}+)?)${ends}`, 'gu'));
  const chinese = all(text, /(?:^|[，。？\s]|查询|查一下|查查|请问|告诉我|今天|明天|看看|在)((?!今天|明天|现在|查|请)[\p{Script=Han}和与、及]{2,12}?)(?:今天|明天|现在|的|是)*(?:天气|气温|温度|时间|几点|下雨)/gu).flatMap((list) => list.split(/[和与、及]/));
  const found = [...proper, ...chinese].map((place) => place.trim()).filter((place) => place && !notNames.test(place));
  return [...new Set(found.length > 0 ? found : small)];
}

/** Names of people: what begins with a capital and does not begin a question. */
function names(text) {
  return all(text, /(?<![\p{L}\d])(\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)*)/gu)
    .map((name) => name.split(' ').filter((word) => !notNames.test(word)).join(' '))
    .filter(Boolean)
    .concat(all(text, /(?:我叫|名叫|我是)([\p{Script=Han}]{2,4})/gu));
}

/** Arithmetic, as it is written. */
export function sums(text) {
  const written = text.replace(/\btimes\b|\bmultiplied by\b|×|乘以?/g, '*').replace(/\bplus\b|加上?/g, '+').replace(/\bminus\b|减去?/g, '-').replace(/\bdivided by\b|÷|除以/g, '/');
  return all(written, /((?:\(\s?){0,9}-?\d+(?:\.\d+)?(?:[\s()]{0,9}[-+*/%^]{1,2}[\s()]{0,9}\d+(?:\.\d+)?\){0,9})+)/g).map((sum) => sum.trim()).filter((sum) => !/^\d{4}-\d\d-\d\d$/.test(sum));
}
