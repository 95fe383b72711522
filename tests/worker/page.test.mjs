/**
 * The page at `/`: who gets it, with which headers; everybody else gets what was there before. What it
 * shows and does is tested in a browser: tests/clients/browser/page.test.mjs.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { startWorker } from "../../scripts/workerd.mjs";
import { CHAT, KEY, MODELS, get, post, send, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

/** What browsers send when somebody types an address in: Chromium, Firefox, Safari. */
const BROWSERS = [
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "TEXT/HTML; charset=utf-8 , application/json;q=0.9",
];

/** What others send: curl, fetch, OpenAI's and Anthropic's libraries, axios, and some who name HTML last. */
const OTHERS = [undefined, "*/*", "application/json", "application/json, text/plain, */*", "text/*", "", "text/html;q=0", "text/html;q=0.5, application/json", "text/htmlx", "text/html;q=x"];

const built = (file) => readFileSync(new URL(`../../build/page/${file}`, import.meta.url), "utf8");
const at = (path, accept, more = {}) => get(gateway, path, { ...(accept === undefined ? {} : { accept }), ...more });

test("a browser gets the page at /", async () => {
  for (const accept of BROWSERS) {
    const { status, headers, text } = await at("/", accept);
    assert.equal(status, 200, accept);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.equal(text, built("index.html"));
    assert.match(headers.vary, /\baccept\b/i);
  }
});

test("all others get the JSON there", async () => {
  for (const accept of OTHERS) {
    const { status, headers, json } = await at("/", accept);
    assert.equal(status, 200, accept);
    assert.deepEqual(json, { name: "degpt-edge", status: "ok" }, accept);
    assert.match(headers.vary, /\baccept\b/i);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.match(headers["x-request-id"], /\S{8,}/);
  }
});

test("a browser gets no page elsewhere", async () => {
  for (const [path, status] of [["/api", 200], ["//", 200], ["/v1", 200], ["/api/hello", 200], [MODELS, 200], ["/index.html", 404], ["/assets", 404], ["/assets/", 404], ["/assets/nothing.js", 404], ["/assets/../index.html/", 404], ["/api/assets/app.js", 404]]) {
    const answer = await at(path, BROWSERS[0]);
    assert.equal(answer.status, status, path);
    assert.match(answer.headers["content-type"], /^application\/json/, path);
  }
});

test("its files are served to whoever asks, with their types", async () => {
  for (const [file, type] of [["app.js", "text/javascript; charset=utf-8"], ["style.css", "text/css; charset=utf-8"], ["icon.svg", "image/svg+xml"], ["licences.txt", "text/plain; charset=utf-8"]]) {
    const { status, headers, text } = await at(`/assets/${file}`, "*/*");
    assert.equal(status, 200, file);
    assert.equal(headers["content-type"], type);
    assert.equal(text, built(`assets/${file}`));
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
});

test("the page may load from here alone, and be framed by nobody", async () => {
  const { headers } = await at("/", BROWSERS[0]);
  const policy = Object.fromEntries(headers["content-security-policy"].split("; ").map((rule) => rule.split(/ (.*)/)));
  assert.deepEqual(policy, {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data: blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "dompurify",
  });
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["referrer-policy"], "no-referrer");
  assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  assert.equal(headers["access-control-allow-origin"], undefined);
});

test("nothing in the page is inline, or of another host", () => {
  const html = built("index.html");
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  for (const [, url] of html.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(url, /^(?:#|\/assets\/)/);
  assert.doesNotMatch(built("assets/style.css"), /url\(|@import/);
});

test("HEAD has the headers of GET, and an ETag makes a 304", async () => {
  for (const path of ["/", "/assets/app.js"]) {
    const got = await at(path, BROWSERS[1]);
    const headed = await send(gateway, "HEAD", path, { headers: { accept: BROWSERS[1] } });
    assert.deepEqual([headed.status, headed.text], [200, ""], path);
    for (const name of ["content-type", "content-length", "etag", "cache-control", "content-security-policy", "vary"]) {
      assert.equal(headed.headers[name], got.headers[name], `${path} ${name}`);
    }
    const { etag } = got.headers;
    assert.match(etag, /^(?:W\/)?"[^"]+"$/);
    for (const known of [etag, `"other", ${etag}`]) {
      const again = await at(path, BROWSERS[1], { "if-none-match": known });
      assert.deepEqual([again.status, again.text, again.headers.etag], [304, "", etag], path);
      assert.equal(again.headers["content-security-policy"], got.headers["content-security-policy"]);
    }
    assert.equal((await at(path, BROWSERS[1], { "if-none-match": '"other"' })).status, 200);
  }
});

test("only GET and HEAD are about the page", async () => {
  const { status, json } = await send(gateway, "POST", "/", { headers: { accept: BROWSERS[0] }, body: {} });
  assert.deepEqual([status, json.error.code], [405, "method_not_allowed"]);
  assert.equal((await send(gateway, "POST", "/assets/app.js", { body: {} })).status, 404);
  assert.equal((await send(gateway, "OPTIONS", "/", { headers: { accept: BROWSERS[0] } })).status, 204);
});

test("a chat whose client accepts HTML is a chat", async () => {
  const { status, json } = await post(gateway, CHAT, { messages: [user("Hello")] }, { accept: BROWSERS[0] });
  assert.deepEqual([status, json.object], [200, "chat.completion"]);
});

test("the page needs no setting that is right, so it can say which is wrong", async () => {
  const wrong = await startFor(upstream, { CORS_ORIGINS: "no origin" });
  assert.equal((await get(wrong, "/", { accept: BROWSERS[0] })).status, 200);
  assert.equal((await get(wrong, "/")).status, 500);
});

test("a deployment without the page has the JSON for browsers too", async () => {
  const bare = await startWorker({ hasPage: false, vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url } });
  try {
    const answer = await get(bare, "/", { accept: BROWSERS[0] });
    assert.deepEqual([answer.status, answer.json], [200, { name: "degpt-edge", status: "ok" }]);
    assert.equal((await get(bare, "/assets/app.js")).status, 404);
  } finally {
    await bare.close();
  }
});
