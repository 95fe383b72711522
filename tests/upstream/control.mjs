// The stand-in's own HTTP API, below /__stand-in/, for test programs that are
// not written in Node. What it does is what the object of startUpstream() does.
//
// Does not: show up in the records or the counters.
// Called by: server.mjs.
//
//   POST queue         a behaviour or a list of them      -> {"waiting": n}
//   GET  queue         -> {"waiting": [behaviours not used up]}
//   POST defaults      a behaviour for every chat request until the next reset
//   POST down          a behaviour for every request it names, such as
//                      {"model": "gpt-5", "fault": 429, "retryAfter": 7}
//   POST up            {"model": "gpt-5"}, or {} for all
//   POST configure     {"config", "limits", "searches", "pages"} (settings.mjs)
//   GET  requests      ?path= &after=<sequence> &limit=   -> {"requests": [...]}
//   GET  stats         -> the counters
//   POST reset         {} or {"visitors": true}
//   POST revoke        every token issued so far becomes a bad one

import { controlPrefix } from './paths.mjs';

const routes = {
  'POST queue': (upstream, body) => {
    upstream.queue(body);
    return { waiting: upstream.waiting.length };
  },
  'GET queue': (upstream) => ({ waiting: upstream.waiting }),
  'POST defaults': (upstream, body) => {
    upstream.setDefaults(body);
    return {};
  },
  'POST down': (upstream, body) => {
    upstream.down(body);
    return {};
  },
  'POST up': (upstream, body) => {
    upstream.up(body);
    return {};
  },
  'POST configure': (upstream, body) => {
    upstream.configure(body);
    return {};
  },
  'GET requests': (upstream, body, query) => ({ requests: selected(upstream.requests, query) }),
  'GET stats': (upstream) => upstream.stats,
  'POST reset': (upstream, body) => {
    upstream.reset(body);
    return {};
  },
  'POST revoke': (upstream) => {
    upstream.revokeTokens();
    return {};
  },
};

/** Returns `{status, value}`. */
export function control(upstream, method, url, rawBody) {
  const route = routes[`${method} ${url.pathname.slice(controlPrefix.length)}`];
  if (route === undefined) return { status: 404, value: { detail: `routes: ${Object.keys(routes).join(', ')}` } };
  try {
    const body = rawBody.length > 0 ? JSON.parse(rawBody) : {};
    return { status: 200, value: route(upstream, body, url.searchParams) };
  } catch (error) {
    return { status: 400, value: { detail: error.message } };
  }
}

function selected(requests, query) {
  const path = query.get('path');
  const after = Number(query.get('after') ?? 0);
  const limit = Number(query.get('limit') ?? Infinity);
  return requests.filter((record) => record.sequence > after && (path === null || record.path === path)).slice(0, limit);
}
