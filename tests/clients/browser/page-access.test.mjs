/** The page at `/` for everybody: by keyboard, on a phone, in both languages, and as axe-core judges it. */
import assert from "node:assert/strict";

import { KEY, MODEL, THINKER } from "../support.mjs";
import { check } from "./chromium.mjs";
import { DESKTOP, PHONE, PNG, ask, judged, textOf, usePage } from "./visit.mjs";

const { stack, visit, visitWithKey, lastChat } = usePage();

check("by keyboard alone: key, model, question, stop, copy", async () => {
  await visit(stack.url, async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
    const tabTo = async (id) => {
      for (let tries = 0; tries < 60; tries += 1) {
        await page.keyboard.press("Tab");
        if ((await focused()) === id) return;
      }
      assert.fail(`Tab does not come to ${id}`);
    };
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the question");
    await tabTo("key");
    await page.keyboard.type(KEY);
    await tabTo("question");
    await page.keyboard.type("Typed by hand");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("in two lines");
    stack.upstream.queue({ text: "Read.", paceMs: 20 });
    await page.keyboard.press("Enter");
    await page.waitForSelector(".answer:last-child:not(.busy)");
    assert.equal(lastChat().messages[0].content, "Typed by hand\nin two lines");
    assert.equal(await focused(), "question");
    assert.equal(await textOf(page, "#spoken"), "The answer is complete.");
    await tabTo("copy-curl");
    await page.keyboard.press("Enter");
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl /);
    await tabTo("tab-0");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "tab-1");
    assert.match(await textOf(page, "#panel"), /^OpenAI's libraries/);
  });
});

check("the Enter that ends the input of Chinese does not send", async () => {
  await visitWithKey(async (page) => {
    await page.fill("#question", "你好");
    await page.evaluate(() => {
      const init = { key: "Enter", bubbles: true, cancelable: true };
      const field = document.getElementById("question");
      field.dispatchEvent(new KeyboardEvent("keydown", { ...init, isComposing: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { ...init, keyCode: 229 }));
    });
    assert.equal(await page.locator("#question").inputValue(), "你好");
    assert.equal(await page.locator(".turn").count(), 0);
  });
});

check("it speaks the browser's language, and another when asked", async () => {
  const chinese = /[\u4e00-\u9fff]/;
  for (const [locale, lang, title] of [["zh-CN", "zh-CN", "试一试"], ["zh-TW", "zh-CN", "试一试"], ["en-GB", "en", "Playground"], ["fr-FR", "en", "Playground"]]) {
    await visit(stack.url, async (page) => {
      assert.equal(await page.locator("html").getAttribute("lang"), lang);
      assert.equal(await textOf(page, "#playground-title"), title);
      const isChinese = lang !== "en";
      assert.equal(chinese.test((await page.locator("main").innerText())), isChinese);
    }, { locale });
  }
  await visitWithKey(async (page) => {
    stack.upstream.queue({ text: "Hello." });
    await ask(page, "Hello?");
    await page.click("#languages [value=zh]");
    assert.match(await textOf(page, ".answer .facts"), /首字节/);
    assert.match(await textOf(page, "#key-hint"), /只保存在此标签页/);
    assert.match(await page.locator("#model option").first().innerText(), /第一个可用的模型/);
    await page.reload();
    assert.equal(await textOf(page, "#playground-title"), "试一试");
    await page.click("#languages [value=en]");
    assert.equal(await textOf(page, "#playground-title"), "Playground");
  });
});

/** Everything there is on the page, opened: a question with a picture, answers of every kind, findings. */
async function fill(page) {
  await page.click(".options summary");
  await page.click("#example-tool");
  await page.selectOption("#model", THINKER);
  stack.upstream.queue({ reasoning: "Let me see.", text: "# A\n\n| a |\n|---|\n| 1 |\n\n> b\n\n`c`\n\n```js\nd\n```\n\n[e](https://example.com)" });
  await ask(page, "Hello?");
  await page.locator(".answer details summary").click();
  await page.selectOption("#model", MODEL);
  stack.upstream.queue({ text: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>' });
  await ask(page, "The weather?");
  stack.upstream.queue({ fault: "declined", times: 2 });
  await ask(page, "And now?");
  await page.setInputFiles("#picture", { name: "dot.png", mimeType: "image/png", buffer: PNG });
  await page.locator("#thumbs li").waitFor();
  await page.click("#check");
  await page.waitForSelector("#check:not(:disabled)");
  await page.locator("#list button").first().focus();
}

for (const [name, viewport] of [["a desktop", DESKTOP], ["a phone", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    check(`axe-core finds nothing on ${name}, ${colorScheme}`, async () => {
      for (const [locale, prepare] of [["en-US", () => {}], ["zh-CN", fill]]) {
        await visitWithKey(async (page) => {
          await prepare(page);
          assert.deepEqual(await judged(page), []);
        }, { locale, viewport, colorScheme, isMobile: viewport === PHONE, hasTouch: viewport === PHONE });
      }
    });
  }
}

check("on a phone nothing is wider than the screen, and what is tapped is large enough", async () => {
  for (const locale of ["en-US", "zh-CN"]) {
    await visitWithKey(async (page) => {
      await fill(page);
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, await tab.innerText());
      }
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, select, input, summary")].filter((element) => {
          const { width, height } = element.closest(".tick")?.getBoundingClientRect() ?? element.getBoundingClientRect();
          return width > 0 && (width < 24 || height < 24);
        }).map(({ outerHTML }) => outerHTML.slice(0, 120)));
      assert.deepEqual(small, []);
    }, { locale, viewport: PHONE, isMobile: true, hasTouch: true });
  }
});
