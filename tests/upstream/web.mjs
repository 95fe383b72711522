// Answers POST /api/v1/third/search and /third/check_web: what a search finds,
// and what a page says. Unscripted, both are made up, always the same for the
// same question.
//
// Does not: ask any network.
// Called by: server.mjs.

import { createHash } from 'node:crypto';
import { demoPage, demoResults } from './demo/web.mjs';
import { sendJson, sendRefusal } from './reply.mjs';
import { textFaults } from './validate.mjs';

/** What is in place of a title and a text that could not be had. */
export const noPage = { title: '未获取到网页搜索到的标题', content: '未获取到网页搜索到的内容' };

export async function search(exchange, state) {
  if (await refused(exchange, state, ['keyword', 'type'])) return;
  const behaviour = exchange.spendBehaviour();
  const { keyword, type } = exchange.json;
  const given = firstSet(behaviour.results, state.settings.of('searches', keyword), inDemo(state) ? demoResults(keyword) : madeUpResults(keyword, type));
  return sendJson(exchange, 200, { ok: true, data: found(keyword, given, behaviour) }, behaviour);
}

export async function readPage(exchange, state) {
  if (await refused(exchange, state, ['url'])) return;
  const behaviour = exchange.spendBehaviour();
  const { url } = exchange.json;
  const page = firstSet(behaviour.page, state.settings.of('pages', url), inDemo(state) ? demoPage(url) : madeUpPage(url)) ?? noPage;
  const [hostile] = behaviour.hostile ?? [];
  const data = hostile === undefined ? page : { title: hostile, content: behaviour.hostile.join('\n') };
  return sendJson(exchange, 200, { ok: true, data: behaviour.noData ? null : data }, behaviour);
}

const inDemo = ({ options }) => options.defaults.answers === 'demo';

async function refused(exchange, state, names) {
  const bad = state.visitors.refusalOf(exchange.headers.authorization);
  const faults = bad ? [] : textFaults(exchange, names);
  if (!bad && faults.length === 0) return false;
  await sendRefusal(exchange, bad?.status ?? 422, bad?.detail ?? faults);
  return true;
}

function found(keyword, given, behaviour) {
  if (given === null || behaviour.noData) return null;
  const { web = [], images = [] } = Array.isArray(given) ? { web: given } : given;
  const hostile = behaviour.hostile?.map((text, index) => ({ ...result(index, text), title: text, raw_content: text }));
  // DeGPT hands back the keyword as cut into words.
  return { keyword: keyword.split(/\s+/).join('/'), web: hostile ?? web, images };
}

/** The results of a search that no test has scripted: Tavily's five, or Bing's six, one of them without a text. */
export function madeUpResults(keyword, type = 'tavily') {
  if (type === 'bing') {
    const web = Array.from({ length: 6 }, (_, index) => {
      const { title, url, content } = madeUpResult(keyword, index);
      return { title, url, content: index === 2 ? null : content };
    });
    return { web, images: [] };
  }
  const web = Array.from({ length: 5 }, (_, index) => madeUpResult(keyword, index));
  return { web, images: [{ url: `https://pictures.example/${slug(keyword)}.png`, description: `A picture of ${keyword}.` }] };
}

function madeUpResult(keyword, index) {
  const content = `Fact ${index + 1} about ${keyword}: 它的编号是 ${slug(keyword)}-${index + 1}.`;
  return { ...result(index, content), title: `${keyword}, part ${index + 1}`, url: `https://site-${index + 1}.example/${slug(keyword)}` };
}

function result(index, content) {
  return { title: '', url: `https://site-${index + 1}.example/`, content, score: Math.round((0.9 - index / 10) * 1e4) / 1e4, raw_content: null };
}

/** A page that no test has scripted; none of the domain `.invalid` can be read. */
export function madeUpPage(url) {
  const address = URL.parse(/^https?:/i.test(url) ? url : `https://${url}`);
  if (address === null || address.hostname.endsWith('.invalid')) return null;
  return { title: `The page of ${address.hostname}`, content: `Here is what ${address.href} says.\n它的编号是 ${slug(url)}.\n\nMenu\tHome\tAbout` };
}

function slug(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function firstSet(...values) {
  return values.find((value) => value !== undefined);
}
