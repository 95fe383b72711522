// The DeGPT stand-in: an HTTP server on 127.0.0.1 that behaves as the real
// upstream does, oddities included, and misbehaves as a test scripts it.
//
//   node server.mjs --port 9100 --pace 15 --demo for people, with the demo's answers
//   const upstream = await startUpstream();      for tests
//
// How a test scripts it:
//
//   upstream.queue({ text: 'Hi' });                           the next chat
//   upstream.queue({ path: paths.search, results: [ … ] });   the next request of another endpoint
//   upstream.queue({ path: paths.page, fault: 'silent', times: 2 });
//   upstream.down({ model: 'gpt-5', fault: 429, retryAfter: 7 });   every such request, until up()
//   upstream.down({ credential: 'degpt-a', fault: 'declined' });    by bearer, on all paths
//   upstream.down({ account: '<visitor id>', fault: 401 });         by visitor, whatever the token
//   upstream.down({ path: paths.signIn, fault: 'silent' });
//   upstream.up({ model: 'gpt-5' });                          ends that one; up() ends all
//   upstream.configure({
//     config: { default_models: 'gpt-5.1,deepseek-chat' },    fields of GET /api/config
//     limits: { 'gpt-5': 2, '*': 10 },                        passes per account and model; or one number
//     searches: { 'a keyword': [ … ], '*': [ … ] },           results: a list, {web, images} or null
//     pages: { 'https://a.example/': { title, content }, 'https://b.example/': null },  null: it failed
//   });
//   upstream.reset();                                         before each test
//
// Every request to every endpoint is in upstream.requests (records.mjs), with
// its path, headers, credential, account and body.
//
// This file is the server itself: connections, routing, the command line. What
// is sent is decided in chat.mjs, sign-in.mjs, config.mjs, web.mjs and
// allowance.mjs. The fields of a behaviour are listed in behaviours.mjs, the
// names of faults in named-faults.mjs, the same over HTTP in control.mjs.

import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Allowance, refreshAllowance } from './allowance.mjs';
import { replacesAnswer } from './behaviours.mjs';
import { chat } from './chat.mjs';
import { sendConfig } from './config.mjs';
import { control } from './control.mjs';
import { controlPrefix, paths } from './paths.mjs';
import { Records } from './records.mjs';
import { sendJson, sendScripted } from './reply.mjs';
import { Script } from './script.mjs';
import { Settings } from './settings.mjs';
import { signIn } from './sign-in.mjs';
import { Visitors } from './visitors.mjs';
import { readPage, search } from './web.mjs';

const defaultOptions = {
  port: 0, // 0: any free one
  defaults: {}, // a behaviour for every chat request, such as {paceMs: 15}
  tokenLifetimeSeconds: 24 * 60 * 60,
  keepRequests: 500, // how many requests are remembered …
  keepBodyBytes: 64 * 1024 * 1024, // … and how much of their bodies
};

const routes = {
  [paths.config]: { GET: sendConfig },
  [paths.signIn]: { POST: signIn },
  [paths.chat]: { POST: chat },
  [paths.search]: { POST: search },
  [paths.page]: { POST: readPage },
  [paths.refresh]: { POST: refreshAllowance },
};

/** Starts a stand-in of its own; any number can run in one process. */
export async function startUpstream(options = {}) {
  const settings = { ...defaultOptions, ...options };
  const state = {
    options: settings,
    visitors: new Visitors(),
    records: new Records(settings),
    script: new Script(settings.defaults),
    settings: new Settings(),
    allowance: new Allowance(),
  };

  // No time limits of its own: a test decides who waits, and for how long.
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000 });
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (req, res) => serve(req, res, state, upstream));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, '127.0.0.1', resolve);
  });

  const { port } = server.address();
  const upstream = {
    port,
    url: `http://127.0.0.1:${port}`,
    /** The remembered requests, oldest first (records.mjs has the fields). */
    get requests() {
      return state.records.requests;
    },
    get stats() {
      return { ...state.records.stats, openConnections: sockets.size, waiting: state.script.waiting.length };
    },
    /** The behaviours not used up. */
    get waiting() {
      return state.script.waiting;
    },
    get accountIds() {
      return state.visitors.accountIds;
    },
    queue: (...behaviours) => state.script.queue(...behaviours),
    setDefaults: (behaviour) => state.script.setDefaults(behaviour),
    /** A behaviour for every request that it names, ahead of the queue, until it is ended by up(). */
    down: (behaviour) => state.script.down(behaviour),
    up: (named) => state.script.up(named),
    /** What the endpoints beside the chat answer (settings.mjs). */
    configure: (settings) => state.settings.configure(settings),
    revokeTokens: () => state.visitors.revokeTokens(),
    /** Forgets script, requests and counters; tokens stay good, for whoever is under test may hold one. */
    reset({ visitors = false } = {}) {
      state.script.clear();
      state.settings.clear();
      state.allowance.clear();
      state.records.clear();
      if (visitors) state.visitors.forgetAccounts();
    },
    /** Waits until a request fulfils the condition, and returns it. */
    async until(condition, timeoutMs = 2000) {
      for (const deadline = Date.now() + timeoutMs; Date.now() <= deadline; ) {
        const found = state.records.requests.find(condition);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      throw new Error(`no request fulfilled the condition within ${timeoutMs} ms`);
    },
    /** Ends every connection, and the server. */
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return upstream;
}

async function serve(req, res, state, upstream) {
  const url = new URL(`http://stand-in${req.url.startsWith('/') ? req.url : '/'}`);
  res.on('error', () => {}); // the client left: the records say so
  if (url.pathname.startsWith(controlPrefix)) {
    const raw = await readBody(req);
    const { status, value } = control(upstream, req.method, url, raw ?? '');
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    return;
  }

  const { records } = state;
  const record = records.begin(req, res, url);
  record.account = state.visitors.accountOf(record.credential);
  const left = new AbortController();
  res.once('close', () => left.abort());
  const raw = await readBody(req);
  if (raw === null) return;
  const { json, jsonError } = parse(raw);
  records.keepBody(record, jsonError === null ? json : raw.toString(), raw.length);

  // By the body read just now: a large one may not have been kept in the record.
  const { behaviour, defaults, spend } = state.script.lookUp({ ...record, body: json });
  const spendBehaviour = () => {
    spend();
    return behaviour;
  };
  const exchange = { res, record, records, headers: req.headers, json, jsonError, signal: left.signal, behaviour, defaults, spendBehaviour };
  try {
    if (replacesAnswer(behaviour)) await sendScripted(exchange, spendBehaviour());
    else await dispatch(exchange, state);
  } catch (error) {
    // A fault of the stand-in must not look like one of the program under test.
    records.count('errors');
    console.error('DeGPT stand-in:', error);
    res.destroy();
  }
}

function dispatch(exchange, state) {
  const route = routes[exchange.record.path];
  if (route === undefined) return sendJson(exchange, 404, { detail: 'Not Found' });
  const handler = route[exchange.record.method];
  if (handler === undefined) return sendJson(exchange, 405, { detail: 'Method Not Allowed' });
  return handler(exchange, state);
}

/** The whole body, or null when the client left before its end. */
async function readBody(req) {
  const pieces = [];
  try {
    for await (const piece of req) pieces.push(piece);
  } catch {
    return null;
  }
  return Buffer.concat(pieces);
}

function parse(raw) {
  try {
    return { json: raw.length === 0 ? undefined : JSON.parse(raw), jsonError: raw.length === 0 ? 'Expecting value' : null };
  } catch (error) {
    return { json: undefined, jsonError: error.message };
  }
}

async function runFromCommandLine() {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '9100' }, pace: { type: 'string', default: '15' }, demo: { type: 'boolean', default: false } },
  });
  const defaults = { paceMs: Number(values.pace), answers: values.demo ? 'demo' : 'hard' };
  const upstream = await startUpstream({ port: Number(values.port), defaults });
  console.log(`DeGPT stand-in ready on ${upstream.url}`);
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => upstream.close());
  }
}

const startedHere = process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href;
if (startedHere) await runFromCommandLine();
