// What the demo says, in English and in Chinese.
//
// Does not: decide which of it is said (answer.mjs).
// Called by: answer.mjs.

import { glance } from './looks.mjs';
import { parsed } from './request.mjs';
import { isObject } from './fits.mjs';
import { english } from './english.mjs';
import { chinese } from './chinese.mjs';

/** "zh" for a text with Chinese in it and no kana, else "en". */
export function languageOf(text) {
  return /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text) ? 'zh' : 'en';
}

/** What can be said about a question: `about` is `{model, question, turn}`. */
export function textsIn(language, about) {
  const say = language === 'zh' ? chinese : english;
  return {
    chat: (question) => chatText(say, question, about),
    seen: (attachments) => `${attachments.map((one) => say.seen(one.kind, factsOf(say, one))).join('\n')}\n\n${say.live(about, 'seen')}`,
    document: (name, text) => `${say.document(name, text.split('\n').length, [...text].length)}\n\n${quoted(text)}\n\n${say.live(about, 'seen')}`,
    recalled: ({ key, value }) => say.recalled(key, value),
    results: (results) => resultsText(say, results),
    continued: () => say.continued(about),
    short: () => say.short(about),
    reasoning: ({ tools, form, results }) => say.reasoning(about, { tools: tools.length, form: form !== undefined, results: results.length }),
  };
}

const shapes = ['list', 'code', 'table'];

function chatText(say, question, about) {
  const topic = say.topics.find(([like]) => like.test(question));
  const long = /\b(\d{2,5})[ -]words?\b|(\d{2,5})\s*字/i.exec(question);
  if (long || say.long.test(question)) return longText(say, about, Math.min(Number(long?.[1] ?? long?.[2] ?? 250), 5000));
  if (topic !== undefined) return topic[1](about);
  const shape = shapes.find((name) => say.shapes[name].test(question)) ?? (about.turn % 2 === 1 ? 'list' : 'table');
  return [say.opening(about), say[shape](about), say.turn(about)].join('\n\n');
}

/** A text of about so many words, or characters in Chinese, for who wants to watch a stream or stop it. */
function longText(say, about, size) {
  const sentences = [say.opening(about)];
  const whole = () => sentences.join(say.space);
  for (let index = 1; say.lengthOf(whole()) < size; index += 1) sentences.push(`${index % 5 === 1 ? '\n\n' : ''}${say.sentence(index)}`);
  return whole();
}

function factsOf(say, { name, mediaType, data, url }) {
  if (url !== undefined) return [url];
  const { format = mediaType, width, height, colour, pages } = glance(data);
  return [
    ...(name === null ? [] : [name]),
    format,
    ...(width === undefined ? [] : [say.pixels(width, height)]),
    ...(pages === undefined ? [] : [say.pages(pages)]),
    say.bytes(data.length),
    ...(colour === undefined ? [] : [say.colour(colour)]),
  ];
}

const mostLines = 8;

/** What the tools said, in words; of a search, with its sources. */
function resultsText(say, results) {
  return results.map((result) => (/^What the search found\./.test(result.text) ? sourcesText(say, result) : resultText(say, result))).join('\n\n');
}

function resultText(say, { name, arguments: input, failed, text }) {
  const about = isObject(input) ? Object.values(input).filter((value) => typeof value === 'string' && value.length < 40).join(', ') : '';
  if (failed) return say.failed(name, clipped(text));
  const value = parsed(text);
  if (!isObject(value)) return say.result(name, about, text.includes('\n') ? `\n\n${quoted(text)}` : ` ${clipped(text)}`);
  const lines = Object.entries(value).slice(0, mostLines).map(([key, inner]) => `- ${key.replaceAll('_', ' ')}: **${clipped(typeof inner === 'string' ? inner : JSON.stringify(inner))}**`);
  return say.result(name, about, `\n\n${lines.join('\n')}`);
}

function sourcesText(say, { arguments: input, text }) {
  const found = text.split('\n\n').slice(1).map((page) => page.split('\n')).filter(([, url]) => /^https?:/.test(url ?? ''));
  if (found.length === 0) return say.result('web_search', input?.query ?? '', ` ${clipped(text)}`);
  return say.sources(input?.query ?? '', found.slice(0, 3).map(([title, url, content]) => `- ${clipped(content ?? title)} [${title}](${url})`).join('\n'));
}

const quoted = (text) => text.split('\n').slice(0, mostLines).map((line) => `> ${clipped(line)}`).join('\n');

const clipped = (text) => (text.length > 300 ? `${text.slice(0, 300).replace(/[\ud800-\udbff]$/, '')}…` : text);
