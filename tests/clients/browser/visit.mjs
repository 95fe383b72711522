/**
 * A visit to the page at `/` in Chromium: a profile of its own, and an eye on what the page must never
 * do: ask another host, break its own policy, throw.
 */
import assert from "node:assert/strict";

/** Console messages that only repeat a response which the test asked for. */
const EXPECTED = /^Failed to load resource: the server responded with a status of \d+/;

/**
 * Opens the page at `url`, calls `body(page)`, and fails if the page did what it must not. `options` are a
 * browser context's; `errors` are those that the visit is about.
 */
export async function visit(browser, url, body, { errors = /^$/, ...options } = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
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

/** Asks, and waits for the end of the answer, whichever it is. */
export async function ask(page, words) {
  await page.fill("#question", words);
  await page.press("#question", "Enter");
  await page.waitForSelector(".answer:last-child:not(.busy)");
}

/** The text of an element. */
export const textOf = (page, selector) => page.locator(selector).last().innerText();
