// What a question asks for to the word: "Reply with exactly: pong", a sum, a
// count, what was told before. Programs that test a server ask so.
//
// Called by: answer.mjs.

import { sums } from './words.mjs';

const quote = '["\'`“”「」『』*]';
const verb = '(?:reply|respond|answer|say|output|print|return|write|type|echo|repeat)';
const exactly = '(?:exactly|only|just|precisely|briefly|simply|verbatim|literally)';
const rest = ':?\\s*\\n?(.+)';

/** The first that matches says it all in its group. Those with a quote need one; the others want a short text. */
const commands = [
  new RegExp(`\\b${verb}\\s+(?:back\\s+)?(?:me\\s+|after me\\s+)?(?:${exactly}\\s+)?(?:with\\s+)?(?:${exactly}\\s+)?(?:with\\s+)?(?:(?:this|the|these|following|one|a|single)\\s+)*(?:exact\\s+)?(?:word|words|text|string|phrase|sentence|token|message|line|letters?|number)?\\s*:?\\s*${quote}([^\\n"'\`“”「」]+)${quote}`, 'i'),
  new RegExp(`(?:^|[.!?,:;\\n]\\s*|please\\s+|must\\s+|always\\s+|should\\s+|and\\s+)${verb}\\s+(?:back\\s+)?(?:me\\s+)?(?:with\\s+)?${exactly}\\s+(?:with\\s+)?(?:(?:this|the|these|following|one|a|single)\\s+)*(?:word|words|text|string|phrase|sentence|token|message|line|number)?${rest}`, 'i'),
  new RegExp(`(?:^|[.!?,:;\\n]\\s*|please\\s+|must\\s+|always\\s+|should\\s+|and\\s+)${verb}\\s+(?:with\\s+)?(?:the|this|a single|one)\\s+(?:following\\s+|exact\\s+)*(?:word|words|text|string|phrase|token|message|line)${rest}`, 'i'),
  /(?:^|[.!?\n]\s*)(?:please )?(?:repeat after me|echo(?: back)?(?: this)?)\s*:\s*(.+)/i,
  /^(?:please )?(?:just |only |now )?(?:say|echo|ping with)\s+([\w'-]+(?: [\w'-]+){0,2})[.!]?$/i,
  /(?:^|[.!?\n]\s*)(?:please )?(?:reply|respond|answer)\s+with\s+([A-Z][A-Z\d_]+|(?:ok|pong|yes|no|hello|done|ready)\b)(?=\W|$)/,
  /(?:只|仅|请只|请仅)?(?:需要?)?(?:回复|回答|输出|说|返回|重复)(?:一个|这个|以下|如下|下面的?)?(?:词|字|内容|文本|句话)?\s*[:：]?\s*["'“「『`]([^"'”」』`\n]+)["'”」』`]/,
  /(?:^|[，。,.\n]\s*|请)(?:只|仅)(?:需要?)?(?:回复|回答|输出|说|返回)\s*[:：]?\s*([^，。,.\n]{1,40})/,
  /^(?:请)?(?:重复|跟我说)\s*[:：]\s*(.+)/,
];

/** The very words that are asked for; undefined if none are. */
export function exactWords(text) {
  for (const command of commands) {
    const found = command.exec(text)?.[1];
    const words = found && bare(found);
    if (words && !/^(?:in|as|about|using|with|a|an|the result|the answer|valid|json|yes or no|one of|what|if|when|based|by|me|your?|to)\b/i.test(words) && words.length <= 200) return words;
  }
  return undefined;
}

function bare(found) {
  const text = found.trim().replace(/(?:,? (?:and )?nothing else|,? with no .*|,? without .*|,? no (?:punctuation|other|explanation).*)$/i, '');
  const json = /^[{[]/.test(text);
  const first = json ? text : text.replace(/([^.])[.!。！](?:\s.*)?$/, '$1');
  return first.replace(new RegExp(`^${quote}+|${quote}+[.!。]?$`, 'g'), '').trim();
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
  const [sum] = sums(text);
  const result = sum === undefined || /\b(?:function|code|write)\b/i.test(text) ? undefined : calculate(sum);
  if (result === undefined) return undefined;
  return /\b(?:only|just)\b|只/i.test(text) ? `${result}` : `${sum} = ${result}`;
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

const known = (facts, key) => (facts.has(key) ? { key, value: facts.get(key) } : undefined);
