/**
 * A page of another origin asks the gateway in headless Chromium, as a web chat does: through
 * CORS, with headers that need a preflight, and reads the answer while it comes.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before } from "node:test";

import { check, isThere, openChromium } from "./chromium.mjs";
import { ANSWER, BAD_KEY, KEY, MODEL, QUESTION, startStack } from "../support.mjs";

let stack, page, close;

before(async () => {
  if (!isThere) return;
  const html = readFileSync(new URL("page.html", import.meta.url));
  const site = createServer((req, res) => res.writeHead(200, { "content-type": "text/html" }).end(html));
  await once(site.listen(0, "127.0.0.1"), "listening");
  stack = await startStack();
  const browser = await openChromium();
  close = async () => {
    await browser.close();
    await stack.close();
    site.close();
  };
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
});
after(() => close?.());

const body = { model: MODEL, messages: [{ role: "user", content: QUESTION }], stream: true };

/** What a page gets that asks so. */
const run = (key, body) => page.evaluate(([...args]) => window.run(...args), [stack.openai, key, body]);

check("a page of another origin gets the answer in pieces, over time", async () => {
  stack.upstream.queue({ chunkCount: 6, paceMs: 150 });
  const { status, pieces } = await run(KEY, body);
  assert.equal(status, 200);
  const text = pieces.map((piece) => piece.text).join("");
  assert.ok(text.endsWith("data: [DONE]\n\n"), text);
  assert.ok(pieces.length >= 4, `${pieces.length} pieces`);
  const took = pieces.at(-1).at - pieces[0].at;
  assert.ok(took >= 400, `all within ${took} ms`);
});

check("it can read the request's id and the model that answered", async () => {
  stack.upstream.queue({ text: ANSWER });
  const { headers } = await run(KEY, body);
  assert.match(headers["x-request-id"], /\S{8,}/);
  assert.equal(headers["x-degpt-model"], MODEL);
  assert.match(headers["content-type"], /^text\/event-stream/);
});

check("it can read an error: of its key, and of a request", async () => {
  for (const [key, more, status, code] of [
    [BAD_KEY, {}, 401, "invalid_api_key"],
    [KEY, { model: "nobody" }, 404, "model_not_found"],
  ]) {
    const answer = await run(key, { ...body, ...more });
    assert.equal(answer.status, status);
    assert.equal(JSON.parse(answer.pieces.map((piece) => piece.text).join("")).error.code, code);
    assert.match(answer.headers["x-request-id"], /\S{8,}/);
  }
});

check("it gets no answer from a gateway that allows other origins alone", async () => {
  const narrow = await startStack({ vars: { CORS_ORIGINS: "https://chat.example" } });
  try {
    const asked = page.evaluate(([...args]) => window.run(...args), [narrow.openai, KEY, body]);
    await assert.rejects(asked, /Failed to fetch/);
    assert.equal(narrow.upstream.requests.length, 0, "the preflight is refused, so nothing is asked");
  } finally {
    await narrow.close();
  }
});
