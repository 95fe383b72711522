/** What the page at `/` shows beside the playground: settings of apps, models, usage, the self-check. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { inProject } from "../../../scripts/process.mjs";
import { paths } from "../../upstream/paths.mjs";
import { BAD_KEY, KEY, MODEL, startStack } from "../support.mjs";
import { check } from "./chromium.mjs";
import { DESKTOP, PHONE, ask, judged, textOf, usePage } from "./visit.mjs";

const { stack, visit, visitWithKey } = usePage();

check("addresses and settings are copied, with the key only if it is wanted", async () => {
  await visitWithKey(async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    for (const [index, base] of ["/api/v1", "/api/v1", "/api"].entries()) {
      await page.locator("#addresses button").nth(index).click();
      assert.equal(await clipboard(), stack.url + base);
    }
    const copyCode = () => page.locator("#panel .code-head button").first().click();
    await page.getByRole("tab", { name: "Codex" }).click();
    await copyCode();
    assert.match(await clipboard(), new RegExp(`base_url = "${stack.url}/api/v1"`));
    await page.getByRole("tab", { name: "Claude Code" }).click();
    await copyCode();
    assert.match(await clipboard(), /ANTHROPIC_AUTH_TOKEN=YOUR_API_KEY/);
    await page.check("#with-key");
    await copyCode();
    assert.match(await clipboard(), new RegExp(`ANTHROPIC_AUTH_TOKEN=${KEY}`));
    await page.getByRole("tab", { name: "Cherry Studio" }).click();
    await page.getByRole("button", { name: "Copy API Host" }).first().click();
    assert.equal(await clipboard(), `${stack.url}/api`);
  });
});

check("the settings are those of the docs, in both languages, with this gateway's address and the key", async () => {
  for (const [locale, file] of [["en-US", "clients.md"], ["zh-CN", "zh/clients.md"]]) {
    const names = [...readFileSync(inProject("docs", file), "utf8").matchAll(/^### (.*)$/gm)].map(([, name]) => name);
    assert.ok(names.length >= 20);
    await visitWithKey(async (page) => {
      assert.deepEqual(await page.getByRole("tab").allInnerTexts(), names);
      await page.check("#with-key");
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        const shown = await textOf(page, "#panel");
        const name = await tab.innerText();
        assert.ok(shown.includes(`${stack.url}/api`) || shown.includes(new URL(stack.url).host), name);
        assert.ok(!shown.includes("localhost:7860"), name);
        const code = (await page.locator("#panel :is(pre, dd code)").allTextContents()).join("\n");
        assert.doesNotMatch(code, /(?:YOUR|ANTHROPIC)_API_KEY(?!=)/, name);
        assert.match(code, /\S/, name);
      }
    }, { locale });
  }
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
  await visit(stack.url, async (page) => {
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
    for (const unreadable of [`${KEY}\u200b`, "密钥"]) {
      await page.fill("#key", unreadable);
      [, key] = await findings();
      assert.match(key, /key is missing or wrong/, "no header can carry it");
    }
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
    await visit(bare.url, async (page) => {
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

check("a wrong setting of the gateway is told as that, not as DeGPT's", async () => {
  await visitWithKey(async (page) => {
    const broken = { error: { message: "The variable GATHER_MS of this deployment is not valid.", type: "server_error", param: null, code: "configuration_error" } };
    await page.route("**/health", (route) => route.fulfill({ status: 500, json: broken }));
    await page.reload();
    await page.waitForSelector("#health.wrong");
    assert.match(await textOf(page, "#health"), /A setting of this gateway is wrong/);
    assert.match(await page.locator("#health").getAttribute("title"), /GATHER_MS/);
  });
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
      await visit(counting.url, async (page) => {
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
        assert.deepEqual(await judged(page), []);
      }, { viewport, colorScheme });
    }
  } finally {
    await counting.close();
  }
});
