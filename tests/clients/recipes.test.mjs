/**
 * The recipes of docs/clients.md that are programs, each as it stands but for the gateway's address, and
 * that the page says of its recipes what is so. The agents' are run in agents/, those of Python's and
 * JavaScript's frameworks in ecosystem/, those of apps that cannot run here in replays.test.mjs.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { parse } from "smol-toml";

import { NO_PYTHON, pythonOf } from "../../scripts/clients.mjs";
import { CLIENTS_PAGE, DEMO, DEMO_KEYS, apps, at, blocksOf, printed, readPage, recipe, recipesOf } from "./recipes.mjs";
import { check, useStack } from "./support.mjs";

const stack = useStack({ vars: { API_KEYS: DEMO_KEYS } });

const HERE = fileURLToPath(new URL(".", import.meta.url));
// Beside the clients, or the JavaScript ones would not find them.
const copies = path.join(HERE, ".recipes");
after(() => rmSync(copies, { recursive: true, force: true }));

const ANSWER = "Hello to you! 👋 你好";
const python = pythonOf("clients");
const curl = { program: "sh", file: "recipe.sh", missing: spawnSync("curl", ["--version"]).status !== 0 && "there is no curl" };
const inPython = { program: python, file: "recipe.py", missing: !python && NO_PYTHON };
const inNode = { program: process.execPath, file: "recipe.mjs" };

for (const [app, number, { program, file, missing }, textOf = (text) => text.trim()] of [
  ["curl", 0, curl, deltasOf],
  ["curl", 1, curl, (text) => JSON.parse(text).content[0].text],
  ["curl", 2, curl, (text) => JSON.parse(text).output[0].content[0].text],
  ["OpenAI's libraries", 0, inPython],
  ["OpenAI's libraries", 1, inNode],
  ["Anthropic's libraries", 0, inPython],
  ["Anthropic's libraries", 1, inNode],
  ["Vercel AI SDK", 0, inNode],
  ["Vercel AI SDK", 1, inNode],
]) {
  const skip = !process.env.CI && missing;
  test(`the recipe ${number + 1} for ${app} prints the answer`, { skip, timeout: 30_000 }, async () => {
    assert.ok(program && !missing, missing);
    stack.upstream.queue({ text: ANSWER });
    const text = at(stack.url, recipe(app, number));
    assert.equal(textOf(await printed(program, text, { folder: copies, file: `${number}-${file}` })), ANSWER);
  });
}

check("the recipe for Claude Code has a key, an address and models the gateway knows", async () => {
  const env = parseEnv(at(stack.url, recipe("Claude Code")));
  const client = new Anthropic({ baseURL: env.ANTHROPIC_BASE_URL, authToken: env.ANTHROPIC_AUTH_TOKEN, apiKey: null });
  const models = Object.entries(env).filter(([name]) => name.endsWith("_MODEL"));
  assert.ok(models.length >= 2);
  for (const [name, model] of models) {
    const message = await client.messages.create({ model, max_tokens: 99, messages: [{ role: "user", content: "Hello!" }] });
    assert.equal(message.content.at(-1).type, "text", name);
  }
});

check("the recipe for Codex has an address, a provider and a model the gateway knows", async () => {
  const config = parse(at(stack.url, recipe("Codex")));
  const { base_url: baseURL, wire_api: api } = config.model_providers[config.model_provider];
  assert.equal(api, "responses");
  const client = new OpenAI({ baseURL, apiKey: "YOUR_API_KEY" });
  for (const model of [config.model, "gpt-5.5", "gpt-5.6-sol"]) {
    await client.responses.stream({ model, input: "Hello!", store: false }).finalResponse();
  }
});

/** The page's table: `[{app, how, by}]`. */
const table = readPage(CLIENTS_PAGE).matchAll(/^\| \[(.+)\]\(#.+\) \| .+ \| (.+) \| (.+) \|$/gm);
const rows = [...table].map(([, app, how, by]) => ({ app, how, by }));

/** Where the suites of the table are. */
const SUITES = {
  "npm test": "*.test.mjs",
  "npm run test:ecosystem": "ecosystem/*.test.mjs",
  "npm run test:agents": "agents/*.test.mjs",
};
const inSuite = (pattern) => globSync(pattern, { cwd: HERE }).map((file) => readFileSync(path.join(HERE, file), "utf8"));

test(`${CLIENTS_PAGE}: the table has every app that has a recipe, and no other`, () => {
  assert.deepEqual(rows.map(({ app }) => app), apps);
});

test(`${CLIENTS_PAGE}: every app that is said to be run is run with its recipes`, () => {
  for (const { app, by } of rows.filter(({ how }) => how.startsWith("run"))) {
    const [suite] = by.match(/npm [\w: ]+/);
    assert.ok(inSuite(SUITES[suite]).some((text) => text.includes(`"${app}"`)), `${app} in ${suite}`);
  }
});

test(`${CLIENTS_PAGE}: every other is replayed, with each of its recipes`, () => {
  const replays = new Map(inSuite("replays/*.json").map((text) => JSON.parse(text)).map((replay) => [replay.app, replay]));
  assert.deepEqual([...replays.keys()].sort(), rows.filter(({ how }) => how.includes("replayed")).map(({ app }) => app).sort());
  for (const { app, how } of rows.filter(({ how }) => how.includes("replayed"))) {
    // The first is the one that is run.
    const used = new Set([...(how.startsWith("run") ? [0] : []), ...Object.values(replays.get(app).connections).map(({ recipe }) => recipe)]);
    assert.deepEqual([...used].sort(), [...recipesOf(app).keys()], app);
  }
});

test("the page in Chinese has the same recipes in the same order", () => {
  const [english, chinese] = [CLIENTS_PAGE, "docs/zh/clients.md"].map(readPage);
  const recipes = (page) => blocksOf(page).map(({ language, text }) => ({ language, text }));
  assert.deepEqual(recipes(chinese), recipes(english));
  // Apps keep their names; a library's is "OpenAI's libraries" or "OpenAI 官方库".
  const apps = (page) => [...page.matchAll(/^\| \[(.+?)\]\(#.+?\)/gm)].map(([, app]) => app.replace(/'s libraries$| 官方库$/, ""));
  assert.deepEqual(apps(chinese), apps(english));
});

test(`the recipes of README.md are those of ${CLIENTS_PAGE}`, () => {
  const known = blocksOf(readPage(CLIENTS_PAGE)).map(({ text }) => text);
  const recipes = blocksOf(readPage("README.md")).filter(({ text }) => text.includes(DEMO));
  assert.ok(recipes.length > 0);
  for (const { text } of recipes) assert.ok(known.includes(text), text);
});

function deltasOf(text) {
  const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data));
  assert.ok(text.trimEnd().endsWith("data: [DONE]"), text);
  return chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
}
