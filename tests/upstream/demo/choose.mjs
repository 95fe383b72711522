// Chooses the tools that a question asks for, from their names and what they
// say of themselves.
//
// Does not: write calls (calls.mjs).
// Called by: calls.mjs.

import { change } from './harmless.mjs';
import { sums } from './words.mjs';

const small = new Set('a an the of in on at to for and or is are be was it its this that with from by as you your i me my we can could would will do does did what which who when where how why please if then not no any all use using used call calls tool tools function given provided return returns get gets one two about into out up'.split(' '));
const verbs = new Set('get fetch search find list read lookup look current tool function mcp my by for of to the a and do run perform api query'.split(' '));

/** Other words for the same, in either language. */
const likes = [
  ['weather', /temperature|forecast|rain(?:y|ing)?|sunny|snow|umbrella|天气|气温|温度|下雨|下雪/i],
  ['time', /o'clock|几点|时间/i],
  ['date', /what day|几号|日期/i],
  ['search', /look(?:ing)? (?:up|for)|google|find|搜索|查找|搜一下/i],
  ['calculator', /calculate|comput|计算|等于多少/i],
  ['file', /文件/],
  ['email', /mail|邮件/i],
  ['stock', /shares?\b|股票|股价/i],
  ['price', /cost|how much is|价格|多少钱/i],
  ['news', /headline|新闻/i],
  ['flight', /fly|航班|机票/i],
  ['hotel', /酒店|住宿/],
  ['translate', /翻译/],
  ['currency', /exchange|convert .*(?:usd|eur|dollar|euro|yen)|汇率/i],
];

const intents = [
  { asks: (text) => sums(text).length > 0, is: /calc|math|arith|eval|^(?:add|sum|plus|subtract|multiply|divide)$/ },
  { asks: (text) => /https?:\/\//.test(text), is: /fetch|url|brows|crawl|web ?page|open page/ },
  { asks: (text) => /(?:^|[\s`"'])[\w./-]+\.[a-z]\w{0,4}\b/i.test(text) && /read|show|open|what|look|view|cat|content|explain|summar|fix|看|读|打开/i.test(text), is: /^(?:read|view|open|cat)(?: (?:text )?file)?$/ },
  { asks: (text) => /\b(?:list|show|which|what)\b.*\b(?:files|folder|directory)\b|列出.*文件|哪些文件/i.test(text), is: /^(?:ls|glob|list (?:files|dir|directory|folder)(?: .*)?)$/ },
];

const lookUp = /\b(?:search|look up|google|latest|news|current(?:ly)?|recent(?:ly)?|today|this (?:week|month|year))\b|搜索|搜一下|查一下|最新|新闻|今天/i;

/** The tools that `text` asks for, the best first: `{tool, own}`, where `own` are the words that ask for it. */
export function chosen(text, tools) {
  const scored = tools.map((tool) => ({ tool, ...score(text, tool, tools) })).filter(({ points }) => points > 0);
  scored.sort((a, b) => b.points - a.points);
  const [best, ...others] = scored;
  if (best === undefined) return [];
  // A second one only if its whole name is asked for, as plainly as that of the first, and in other words.
  const apart = ({ points, own }) => !best.alone && points >= (best.points === 4 ? 4 : 2) && !own.every((word) => best.own.includes(word));
  return [best, ...others.filter(apart)].slice(0, 4);
}

/** The tool to call where one must be, and none is asked for: one that changes nothing, if there is. */
export function harmlessOf(tools) {
  const rank = ({ name }) => ['nothing', 'something', 'much'].indexOf(change(partsOf(name)));
  return [...tools].sort((a, b) => rank(a) - rank(b))[0];
}

function score(text, tool, tools) {
  const parts = partsOf(tool.name);
  const spoken = parts.join(' ');
  if (isNamed(text, tool.name)) return { points: 4, own: parts };
  const changes = change(parts);
  if (changes === 'much') return { points: 0 };
  if (isWebSearch(tool)) return { points: wantsSearch(text, tools) ? 1.2 : 0, own: ['search'] };
  const asked = wordsOf(text);
  const telling = parts.filter((part) => !verbs.has(part));
  const counted = telling.length > 0 && changes === 'nothing' ? telling : parts;
  const own = counted.filter((part) => asked.has(stem(part)));
  const share = own.length / counted.length;
  if (changes === 'something') return { points: share === 1 ? 2 : 0, own };
  if (intents.some(({ asks, is }) => is.test(spoken) && asks(text))) return { points: 2.5, own: own.length > 0 ? own : parts, alone: own.length === 0 };
  if (share >= 0.5) return { points: 1 + share, own };
  const described = [...wordsOf(`${tool.description.slice(0, 300)} ${Object.keys(tool.parameters?.properties ?? {}).join(' ')}`)].filter((word) => asked.has(word));
  return { points: described.length >= 2 ? 0.5 + described.length / 20 : 0, own: described };
}

/** `use X`, "the X tool", or a name that is no plain word. */
function isNamed(text, name) {
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (/[_.\d-]|[a-z][A-Z]/.test(name) && new RegExp(`(?<![\\w-])${exact}(?![\\w-])`).test(text)) return true;
  return new RegExp(`(?:\\b(?:use|using|call|run|invoke|with|via)|调用|使用|用)\\s*(?:the |your )?["'\`]?${exact}["'\`]?(?![\\w-])|(?<![\\w-])["'\`]?${exact}["'\`]? ?(?:tool|function|工具|函数)`, 'i').test(text);
}

export const isWebSearch = ({ name }) => /^(?:web_?search|google_?search|search_?web|brave_web_search|tavily_search)$/i.test(name);

// Who offers nothing but a search wants one.
function wantsSearch(text, tools) {
  const onlySearch = tools.every((tool) => isWebSearch(tool) || /fetch/i.test(tool.name));
  return lookUp.test(text) || (onlySearch && !/^(?:hi|hello|hey|thanks|thank you|你好|谢谢)\b/i.test(text.trim()));
}

function partsOf(name) {
  return name.replace(/^mcp__\w+?__/, '').replace(/([a-z\d])([A-Z])/g, '$1 $2').split(/[^\p{L}\d]+/u).filter(Boolean).map((part) => part.toLowerCase());
}

function wordsOf(text) {
  const plain = text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
  const also = likes.filter(([, like]) => like.test(text)).map(([word]) => word);
  return new Set([...plain.filter((word) => !small.has(word)), ...also].map(stem));
}

const stem = (word) => (word.length > 3 ? word.replace(/(?:ies|y)$/, 'i').replace(/(?:ing|ed|es|s|e)$/, '') : word);
