// What a question asks for to the word: "Reply with exactly: pong", a sum, a
// count, what was told before. Programs that test a server ask so.
//
// Called by: answer.mjs.

import { jsonAt } from './request.mjs';
import { sums } from './words.mjs';

/** Where a command may begin, and what commands a saying. */
const command = /(?:^|[.!?,:;\n]\s*|\b(?:please|must|always|should|then|now|just|only|and|to|you)\s+)(reply|respond|answer|say|output|print|return|write|type|echo|repeat)\b/gi;
const chineseCommand = /(?:^|[，。！；,.\n]\s*|请|必须)((?:只|仅)?(?:需要?)?(?:回复|回答|输出|说|返回|重复))/g;

/** What may stand before the words: some of it says that they are meant to the letter. */
const strict = /^(?:exactly|only|just|precisely|briefly|simply|verbatim|literally|single|following|exact|after me|:|：|this:)(?![\w-])\s*|^[:：]\s*/i;
const noun = '(?:words?|text|string|phrase|sentence|token|message|line|numbers?|letters?)';
const loose = new RegExp(`^(?:back|me|us|with|by saying)(?![\\w'-])\\s*|^(?:the|this|these|one|a|an)\\s+(?=(?:exact|exactly|following|single)\\b|${noun}\\b|["'\`“‘「{[])|^${noun}(?![\\w'-])\\s*|^(?:一个|这个|以下|如下|下面的?|内容|文本|文字|[词字句]话?)\\s*`, 'i');
const noWords = /^(?:in|as|about|using|based|what|how|whether|if|when|your?|to|for|from|of|json|object|or|and|answer|result|value|response|nothing|something|anything)\b/i;
const quotes = { '"': '"', "'": "'", '`': '`', '“': '”', '「': '」', '『': '』', '‘': '’' };

/** The very words that are asked for; undefined if none are. */
export function exactWords(text) {
  for (const pattern of [command, chineseCommand]) {
    for (const { 0: start, 1: verb, index } of text.matchAll(pattern)) {
      const words = wordsAfter(text.slice(index + start.length), verb);
      if (words !== undefined) return words;
    }
  }
  return undefined;
}

function wordsAfter(text, verb) {
  let tail = text.trimStart();
  let isStrict = /^(?:只|仅)|echo|repeat/i.test(verb);
  for (let found; !/[:：]$/.test(found?.[0].trim() ?? '') && (found = strict.exec(tail) ?? loose.exec(tail)); tail = tail.slice(found[0].length).trimStart()) {
    isStrict ||= strict.test(found[0].trim());
  }
  if (Object.hasOwn(quotes, tail[0] ?? '')) {
    const end = tail.indexOf(quotes[tail[0]], 1);
    return end > 1 ? tail.slice(1, end) : undefined;
  }
  if (isStrict && /^[{[]/.test(tail)) return jsonAt(tail, 0);
  const [words] = /^[^\n]*?(?=[.!?。！，]*(?:\s*$|\n|[.!?]\s)|[。！，])/.exec(tail) ?? [''];
  const plain = words.replace(/(?:,? (?:and|with|without|but|no) .*(?:nothing|else|other|punctuation|explanation|quotes|text).*)$/i, '').replace(/^\*+|\*+$/g, '').trim();
  if (plain === '' || noWords.test(plain) || plain.length > 200) return undefined;
  const isShort = /^(?:say|echo|repeat|说)$/i.test(verb) && plain.split(' ').length <= 4 && !/\b(?:in|about|to|your)\b/i.test(plain);
  const isWord = /^[A-Z\d_]*[A-Z_][A-Z\d_]+$|^(?:ok|okay|pong|yes|no|done|ready)$/i.test(plain) && /^[A-Z\d_]+$|^\w{2,5}$/.test(plain);
  return isStrict || isShort || isWord ? plain : undefined;
}

/** A sum's result, numbers in a row, or a letter's; undefined for other questions. */
export function reckoned(text) {
  const count = /\bcount(?:ing)?(?: up| slowly)? (?:from )?(\d+|one) (?:to|through|-) ?(\d+|ten|five|twenty)|\bcount (?:up )?(to) (\d+|ten|five|twenty)|从\s*(\d+)\s*数到\s*(\d+)|numbers? (?:from )?(\d+) (?:to|through) (\d+)/i.exec(text);
  if (count) {
    const named = { one: 1, to: 1, five: 5, ten: 10, twenty: 20 };
    const [from, to] = count.slice(1).filter(Boolean).map((word) => named[word.toLowerCase()] ?? Number(word));
    const numbers = Array.from({ length: Math.min(Math.abs(to - from) + 1, 500) }, (_, index) => from + index * Math.sign(to - from));
    return numbers.join(/line|newline|每行/i.test(text) ? '\n' : ', ');
  }
  const sum = sums(text).find((one) => !isRange(one, text));
  const result = sum === undefined || /\b(?:function|code|write)\b/i.test(text) ? undefined : calculate(sum);
  if (result === undefined) return undefined;
  return /\b(?:only|just)\b|只/i.test(text) ? `${result}` : `${sum} = ${result}`;
}

/** "2-3 sentences", "24/7" and "9/11" are no sums, unless nothing but their result is asked for. */
function isRange(sum, text) {
  if (!/^[\d.]+(?:[-/][\d.]+)+$/.test(sum)) return false;
  const [before, after] = text.split(sum);
  const asks = /(?:^|\bwhat(?:'s| is)|\bhow much is|\b(?:calculate|compute|evaluate|solve)|[算是：:])\s*$/i.test(before);
  return !asks || !/^\s*(?:$|[=?!.。？！]\s*(?:[?？]|$)|please\b|等于|是多少|的(?:结果|值))/i.test(after ?? '');
}

/** The value of a sum with + - * / % ^ and brackets; undefined if it is none. */
export function calculate(sum) {
  const tokens = sum.replaceAll('**', '^').match(/\d+(?:\.\d+)?|[-+*/%^()]/g) ?? [];
  let at = 0;
  const operators = [{ '+': (a, b) => a + b, '-': (a, b) => a - b }, { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b }, { '^': (a, b) => a ** b }];
  const level = (depth) => {
    if (depth === operators.length) return factor();
    let value = level(depth + 1);
    while (Object.hasOwn(operators[depth], tokens[at] ?? '')) {
      const apply = operators[depth][tokens[at]];
      at += 1;
      value = apply(value, level(depth + 1));
    }
    return value;
  };
  const factor = () => {
    const token = tokens[at];
    at += 1;
    if (token === '-') return -factor();
    if (token !== '(') return Number(token);
    const value = level(0);
    if (tokens[at] !== ')') return NaN;
    at += 1;
    return value;
  };
  const value = level(0);
  return at === tokens.length && Number.isFinite(value) ? Number(value.toPrecision(12)) : undefined;
}

const learned = [
  [/\bmy name is ([\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*)/iu, () => 'name', 1],
  [/\b(?:i am|i'm|call me) (\p{Lu}[\p{L}'-]+)/u, () => 'name', 1],
  [/\b(?:my|the) ((?:[\p{L}]+ ){0,3}[\p{L}]+) (?:is|are) (?:the (?:word|number) )?["'`]?([^.,!?\n"'`]+)/iu, (found) => found[1], 2],
  [/\bremember (?:that |this )?(?:(?:the|this) )?((?:[\p{L}]+ )?(?:word|number|code|phrase))\s*:?\s*["'`]?([^.,!?\n"'`]+)/iu, (found) => found[1], 2],
  [/我(?:的名字)?(?:叫|是)([\p{Script=Han}\w]+)/u, () => 'name', 1],
  [/我的([\p{Script=Han}]+?)(?:是|为)([^，。！？\n]+)/u, (found) => found[1], 2],
  [/(?:记住|记一下)[:：,，]?\s*([^，。！？\n]+)/u, () => '记住', 1],
];

/** What the user has told earlier, where it is asked for now: `{key, value}`; or the question that came before. */
export function recalled({ question, earlier }) {
  const facts = new Map(earlier.flatMap((text) => text.split(/(?<=[.!?。！？\n])/)).flatMap(factsIn));
  if (/what(?:'s| is) my name|who am i|do you (?:know|remember) my name|我叫什么|我的名字|我是谁/i.test(question)) return known(facts, 'name');
  const asked = /(?:what|which|who|where)(?:'s| is| was| are)? (?:my|the) ((?:[\p{L}]+ ){0,4}?[\p{L}]+)(?= (?:i |that |again)|\?|$|[.])/iu.exec(question)?.[1] ?? /我的([\p{Script=Han}]+?)(?:是|叫)?(?:什么|多少|谁|哪)/u.exec(question)?.[1];
  if (asked !== undefined) return known(facts, asked.toLowerCase());
  if (/记住(?:的|了)|让你记/.test(question)) return known(facts, '记住');
  const kind = /what (word|number|code|phrase) (?:did|have|was) /i.exec(question)?.[1] ?? (/to remember|i (?:told|gave) you/i.test(question) ? '' : undefined);
  if (kind !== undefined) return known(facts, kind);
  const before = earlier.at(/\bfirst\b|第一/.test(question) ? 0 : -1);
  if (before !== undefined && /what did i (?:just )?(?:say|ask|tell)|my (?:first|last|previous) (?:message|question)|我(?:刚才|刚刚|之前)?(?:说|问)了?什么/i.test(question)) return { key: 'question', value: before };
  return undefined;
}

function factsIn(sentence) {
  return learned.flatMap(([like, keyOf, group]) => {
    const found = like.exec(sentence);
    return found === null || /\?|？|吗|什么/.test(sentence) ? [] : [[keyOf(found).toLowerCase(), found[group].trim()]];
  });
}

/** A fact by its name, or by the end of that. */
function known(facts, key) {
  const found = [...facts.keys()].findLast((name) => name === key || name.endsWith(key) || key.endsWith(name));
  return found && { key: found, value: facts.get(found) };
}
