/**
 * A visit to the page at `/` in Chromium: a profile of its own, and an eye on what the page must never
 * do: ask another host, break its own policy, throw.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach } from "node:test";

import { paths } from "../../upstream/paths.mjs";
import { KEY, startStack } from "../support.mjs";
import { isThere, openChromium } from "./chromium.mjs";

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

/** A red dot, as a PNG. */
export const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC", "base64");

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Console messages that only repeat a response which the test asked for. */
const EXPECTED = /^Failed to load resource: the server responded with a status of \d+/;

/**
 * Opens the page at `url`, calls `body(page)`, and fails if the page did what it must not. `options` are a
 * browser context's; `errors` are those that the visit is about.
 */
async function visit(browser, url, body, { errors = /^$/, ...options } = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: DESKTOP, ...options });
  const faults = [];
  await context.exposeFunction("tellViolation", (what) => faults.push(`against the policy: ${what}`));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => window.tellViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  context.on("request", (request) => {
    const asked = new URL(request.url());
    if (/^https?:$/.test(asked.protocol) && asked.origin !== new URL(url).origin) faults.push(`asked ${request.url()}`);
  });
  context.on("weberror", (error) => faults.push(`threw ${error.error().stack}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text()) && !errors.test(message.text())) faults.push(`said ${message.text()}`);
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(8_000);
    await page.goto(`${url}/`);
    await page.waitForSelector("#list li");
    await body(page, context);
    if (/\bundefined\b|\[object|\bNaN\b/.test(await page.locator("body").innerText())) faults.push("shows something that is no text");
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

/**
 * A gateway, a stand-in that forgets before each test, and Chromium, around all tests of a file. Returns the
 * `stack` of startStack; `visit(url, body, options)`; `visitWithKey(body, options)`, of somebody who has put
 * the key in; and `lastChat()`, what DeGPT was asked last.
 */
export function usePage() {
  const stack = {};
  let browser;
  before(async () => {
    if (!isThere) return;
    Object.assign(stack, await startStack({ vars: { AUTO_MODELS: "off" } }));
    browser = await openChromium();
  });
  beforeEach(() => stack.upstream?.reset());
  after(async () => {
    await browser?.close();
    await stack.close?.();
  });
  return {
    stack,
    visit: (...args) => visit(browser, ...args),
    visitWithKey: (body, options) =>
      visit(browser, stack.url, async (page, context) => {
        await page.fill("#key", KEY);
        await body(page, context);
      }, options),
    lastChat: () => stack.upstream.requests.filter(({ path }) => path === paths.chat).at(-1)?.body,
  };
}

/** What axe-core finds wrong with the page as it is. */
export async function judged(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run());
  assert.ok(passes.length > 20, `axe-core has tried ${passes.length} rules`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}

/** Asks, and waits for the end of the answer, whichever it is. */
export async function ask(page, words) {
  await page.fill("#question", words);
  await page.press("#question", "Enter");
  await page.waitForSelector(".answer:last-child:not(.busy)");
}

/** The text of an element. */
export const textOf = (page, selector) => page.locator(selector).last().innerText();
