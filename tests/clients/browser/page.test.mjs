/**
 * The page at `/` in headless Chromium: the way of somebody who comes here for the first time, from the key
 * to an answer. What is true of every visit is in visit.mjs.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { BAD_KEY, KEY, MODEL, THINKER, startStack } from "../support.mjs";
import { check } from "./chromium.mjs";
import { PNG, ask, textOf, usePage } from "./visit.mjs";

const { stack, visit, visitWithKey, lastChat } = usePage();

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

    const dropped = (selector, fill) =>
      page.evaluate(([selector, fill]) => {
        const transfer = new DataTransfer();
        if (fill === "file") transfer.items.add(new File(["x"], "beside.png", { type: "image/png" }));
        else transfer.setData("text/plain", "some words");
        const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
        document.querySelector(selector).dispatchEvent(event);
        return event.defaultPrevented;
      }, [selector, fill]);
    assert.equal(await dropped("#models", "file"), true, "the browser does not open it in place of the page");
    assert.equal(await page.locator("#thumbs li").count(), 0);
    assert.equal(await dropped("#question", "words"), false, "words fall into the field");

    // What a spreadsheet copies is a table, as text, and beside that a picture of it.
    const pasted = await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.setData("text/plain", "1\t2");
      transfer.setData("text/html", "<table></table>");
      transfer.items.add(new File(["x"], "image.png", { type: "image/png" }));
      const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: transfer });
      document.getElementById("question").dispatchEvent(event);
      return event.defaultPrevented;
    });
    assert.deepEqual([pasted, await page.locator("#thumbs li").count()], [false, 0]);

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
  await visit(stack.url, async (page) => {
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

check("a question that failed is tried again or left behind, and does not go along with the next one", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", MODEL);
    await ask(page, "One?");
    stack.upstream.queue({ fault: "declined", times: 2 });
    await ask(page, "A question that fails");
    await ask(page, "Two?");
    assert.deepEqual(lastChat().messages.filter(({ role }) => role === "user").map(({ content }) => content), ["One?", "Two?"]);
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
    assert.match(await page.locator("#turns").innerText(), /A question that fails/);
  });
});

check("a long answer is followed to its end, and not for who scrolls up", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", MODEL);
    const chunks = Array.from({ length: 150 }, (_, piece) => Array.from({ length: 10 }, (_, line) => `1. **item** ${piece * 10 + line} with \`code\`\n`).join(""));
    const below = () => page.locator("#turns").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    stack.upstream.queue({ chunks, paceMs: 40 });
    await ask(page, "A long list.");
    assert.match(await textOf(page, ".answer .markdown"), /item 1499/);
    assert.ok((await below()) < 60, `${await below()} px below`);

    stack.upstream.queue({ chunks, paceMs: 20 });
    await page.fill("#question", "Again.");
    await page.press("#question", "Enter");
    await page.waitForFunction(() => document.querySelectorAll(".answer:last-child li").length > 100);
    await page.locator("#turns").evaluate((box) => (box.scrollTop = 0));
    await page.waitForSelector(".answer:last-child:not(.busy)");
    assert.equal(await page.locator("#turns").evaluate((box) => box.scrollTop), 0);
  });
});

check("a key for the input method neither sends nor stops", async () => {
  await visitWithKey(async (page) => {
    await page.selectOption("#model", MODEL);
    stack.upstream.queue({ chunkCount: 20, paceMs: 40 });
    await page.fill("#question", "Go on.");
    const press = (key) =>
      page.locator("#question").evaluate((field, key) => field.dispatchEvent(new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true, cancelable: true })), key);
    await press("Enter");
    assert.equal(await page.locator(".turn").count(), 0);
    await page.press("#question", "Enter");
    await page.waitForFunction(() => document.querySelector(".answer .markdown").innerText.length > 10);
    await press("Escape");
    await page.waitForSelector(".answer:not(.busy)");
    assert.doesNotMatch(await textOf(page, ".answer"), /You stopped it/);
  });
});

check("a gateway that is gone is told in words", async () => {
  const brief = await startStack();
  await visit(brief.url, async (page) => {
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

    stack.upstream.queue({ text: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>' });
    await ask(page, "And in Rome?");
    await ask(page, "Never mind.");
    assert.equal(await page.getByRole("button", { name: "Send the results" }).count(), 0, "a result would come too late");
    assert.equal(await page.locator(".call textarea").last().isDisabled(), true);
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
