/**
 * Apps that cannot run here: the requests that their sources make, as replays/*.json has them, are sent
 * to the worker with the settings of docs/clients.md, and the answers are read as the apps read them.
 *
 * A file has the `source` it was taken from, the `connections` (which of the app's recipes, the names of
 * its settings, the headers that the app always sends, and the `origin` where it runs in a browser) and
 * the `requests`. Of a request, `reads` names the reader, and the rest is what has to come of it:
 *
 *     degpt     what DeGPT answers; a plain text without it, or with `calls` or `says` what its tools make of it
 *     calls     the calls that the app finds in the answer
 *     says      the text that it shows, where it is not DeGPT's
 *     choices   how many answers there are, if not one
 *     picture   the picture arrives at DeGPT
 *     ignored   what `x-degpt-ignored` names: the app sends it by default, and it has no effect
 *     reasoningIn   the fields where the app looks for reasoning
 *     only      headers in place of the connection's
 *
 * `{key}`, `{question}`, `{task}` and `{png}` stand for what they say. Nothing may be refused.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";

import { apps, at, recipe, setting, DEMO_KEYS } from "./recipes.mjs";
import { preflight } from "./replays/preflight.mjs";
import { isList, isStream, readers } from "./replays/readers.mjs";
import { ANSWER, BAD_KEY, QUESTION, check, useStack } from "./support.mjs";

/** Eight red pixels by eight. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";
const TASK = 'Use weather({"city":"Paris"})';

const ENDS = {
  text: { chat: "stop", message: "end_turn", response: "completed" },
  calls: { chat: "tool_calls", message: "tool_use", response: "completed" },
};

const stack = useStack({ vars: { API_KEYS: DEMO_KEYS } });

const folder = new URL("replays/", import.meta.url);
const files = globSync("*.json", { cwd: folder }).sort();
const replays = files.map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")));

for (const { app, source, connections, requests } of replays) {
  check(`${app}: is said where it comes from, and has recipes`, () => {
    assert.match(`${source.repository} ${source.commit}`, /^[\w.-]+\/[\w.-]+ [0-9a-f]{40}$/);
    assert.ok(source.files.length > 0 && apps.includes(app));
    assert.deepEqual([...new Set(requests.map(({ to }) => to))].sort(), Object.keys(connections).sort());
  });

  for (const request of requests) {
    check(`${app}: ${request.name}`, () => replay(request, { app, ...connections[request.to] }));
  }

  for (const [name, connection] of Object.entries(connections)) {
    check(`${app}: a wrong key is an error it can read (${name})`, async () => {
      const request = requests.find(({ to, method }) => to === name && method === "POST");
      const response = await send(request, { app, ...connection }, BAD_KEY);
      assert.equal(response.status, 401);
      const { error } = await response.json();
      assert.ok(error.message.length > 0 && error.type.length > 0);
    });
  }
}

async function replay(request, connection) {
  const { reads, degpt, calls, says, choices: count = 1, picture, ignored = [], reasoningIn = ["reasoning_content"] } = request;
  const answer = { text: ANSWER, ...degpt };
  if (!calls && !says) stack.upstream.queue({ ...answer, times: count });

  const response = await send(request, connection);
  const body = await response.text();
  assert.equal(response.status, 200, body);
  assert.deepEqual(response.headers.get("x-degpt-ignored")?.split(", ") ?? [], ignored);
  const read = readers[reads](body, { reasoningIn });
  if (isList(reads)) return assert.ok(read.length > 10 && read.includes("deepseek-chat"));
  assert.match(response.headers.get("content-type"), isStream(reads) ? /^text\/event-stream/ : /^application\/json/);

  assert.equal(read.choices.length, count);
  const ends = ENDS[calls ? "calls" : "text"];
  for (const choice of read.choices) {
    if (!calls) assert.equal(choice.text, says ?? answer.text);
    assert.equal(choice.reasoning, answer.reasoning ?? "");
    assert.deepEqual(choice.calls, calls ?? []);
    assert.equal(choice.end, ends[reads.split(" ")[0]]);
  }
  const asksForUsage = !isStream(reads) || !reads.startsWith("chat") || request.body.stream_options?.include_usage;
  assert.equal(read.usage !== undefined, Boolean(asksForUsage));
  if (read.usage) assert.ok(read.usage.every((tokens) => tokens > 0), `${read.usage}`);
  if (picture) assert.ok(JSON.stringify(stack.upstream.requests.at(-1).body).includes(PNG), "the picture arrives");
}

/** Sends a request as the app does, after a preflight if it runs in a browser. */
async function send({ method, path, headers, only, body }, connection, wrongKey) {
  const { origin } = connection;
  const settings = at(stack.url, recipe(connection.app, connection.recipe));
  const find = (name) => setting(settings, name, connection.nth);
  const key = wrongKey ?? (connection.key ? find(connection.key) : "YOUR_API_KEY");
  const fill = (value) => filled(value, { key, question: QUESTION, task: TASK, png: PNG });

  const url = joined(find(connection.address), path);
  const sent = fill(only ?? { ...connection.headers, ...headers });
  if (origin) await preflight(url, method, origin, sent);
  const response = await fetch(url, {
    method,
    headers: { ...sent, ...(origin && { origin }) },
    body: body && JSON.stringify(fill(body)),
  });
  if (origin) assert.ok(["*", origin].includes(response.headers.get("access-control-allow-origin")));
  return response;
}

/** A copy with values in place of `{name}` in its texts. */
const filled = (value, values) =>
  JSON.parse(JSON.stringify(value), (_, text) =>
    typeof text === "string" ? text.replace(/\{(key|question|task|png)\}/g, (_, name) => values[name]) : text,
  );

/** An address that ends with a slash, or not, and a path that begins with one. */
const joined = (address, path) => address.replace(/\/$/, "") + path;
