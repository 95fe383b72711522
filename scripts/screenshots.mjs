/**
 * `npm run screenshots`: pictures of the page at `/` for the docs, into `docs/images/`. They show the
 * built worker with the stand-in for DeGPT behind it, in headless Chromium. The fonts are those of the
 * machine: for Chinese it needs some (on Debian and Ubuntu: fonts-noto-cjk, and fonts-inter for the rest).
 */
import { mkdirSync, statSync } from "node:fs";

import { build } from "./build.mjs";
import { ensureNpmClients } from "./clients.mjs";
import { Failure, command, inProject } from "./process.mjs";

const FOLDER = inProject("docs/images");
const MOST_BYTES = 200_000;
const KEY = "sk-of-the-screenshots";

const DESKTOP = { width: 1280, height: 1190 };
const PHONE = { width: 390, height: 844 };

/** What each picture shows: where it is scrolled to, and in which language a model answers. */
const SHOTS = [
  { name: "page-light", locale: "en-US", colorScheme: "light", viewport: DESKTOP, words: "en" },
  { name: "page-dark-zh", locale: "zh-CN", colorScheme: "dark", viewport: DESKTOP, words: "zh" },
  { name: "page-phone", locale: "en-US", colorScheme: "light", viewport: PHONE, words: "en", scrollTo: "#playground" },
];

const WORDS = {
  en: {
    question: "Which of your models should I take?",
    reasoning: "The user wants a short comparison. A table says most in the least space.",
    text: `Two are enough for most of it:

| for | model | why |
|---|---|---|
| code | \`claude-sonnet-4-5-20250929\` | reads large files |
| everything else | \`deepseek-chat\` | quick, open to visitors |

Ask for \`auto\` and the first that answers does.`,
  },
  zh: {
    question: "我该选哪个模型？",
    reasoning: "用户想要简短的比较，用表格最清楚。",
    text: `大多数情况下，两个就够了：

| 用途 | 模型 | 理由 |
|---|---|---|
| 编程 | \`claude-sonnet-4-5-20250929\` | 能读大文件 |
| 其他 | \`deepseek-chat\` | 快，访客可用 |

填 \`auto\`，由第一个可用的模型回答。`,
  },
};

async function screenshots() {
  await build();
  await ensureNpmClients();
  // They come with the clients, so they are loaded once those are there.
  const { isThere, openChromium } = await import("../tests/clients/browser/chromium.mjs");
  const { startUpstream } = await import("../tests/upstream/server.mjs");
  const { startWorker } = await import("./workerd.mjs");
  if (!isThere) throw new Failure("This needs Chromium (on Debian and Ubuntu: the package chromium).");
  mkdirSync(FOLDER, { recursive: true });
  const upstream = await startUpstream();
  const gateway = await startWorker({ port: 7860, vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url } });
  const browser = await openChromium();
  try {
    for (const shot of SHOTS) {
      await take(browser, upstream, shot);
      const { size } = statSync(fileOf(shot));
      console.log(`${fileOf(shot)}: ${Math.round(size / 1024)} KB`);
      if (size > MOST_BYTES) throw new Failure(`${shot.name} is larger than ${MOST_BYTES} bytes.`);
    }
  } finally {
    await browser.close();
    await gateway.close();
    await upstream.close();
  }
}

const fileOf = ({ name }) => `${FOLDER}/${name}.png`;

async function take(browser, upstream, { words, scrollTo, ...shot }) {
  const context = await browser.newContext({ ...shot, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto("http://localhost:7860/");
  await page.waitForSelector("#list li");
  await page.fill("#key", KEY);
  const { question, ...answer } = WORDS[words];
  upstream.queue({ ...answer, paceMs: 25 });
  await page.selectOption("#model", "deepseek-reasoner");
  await page.fill("#question", question);
  await page.press("#question", "Enter");
  await page.waitForSelector(".answer:not(.busy) .facts");
  await page.locator("#health.fine").waitFor();
  await page.evaluate(() => document.activeElement.blur());
  if (scrollTo) await page.locator(scrollTo).evaluate((element) => element.scrollIntoView());
  await page.screenshot({ path: fileOf(shot), animations: "disabled" });
  await context.close();
}

await command(screenshots);
