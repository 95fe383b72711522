/**
 * The recipes for clients that README.md has: each runs against the gateway as it stands, but for
 * the gateway's address, and README.md has each word for word.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { parse } from "smol-toml";

import { NO_PYTHON, pythonOf } from "../../scripts/clients.mjs";
import { inProject } from "../../scripts/process.mjs";
import { check, collect, useStack } from "./support.mjs";

/** Where `npm run demo` serves, and the keys it takes. */
const DEMO = "http://localhost:7860";
const stack = useStack({ vars: { API_KEYS: "YOUR_API_KEY,ANTHROPIC_API_KEY" } });

const HERE = fileURLToPath(new URL(".", import.meta.url));
const recipe = (file) => readFileSync(path.join(HERE, "recipes", file), "utf8");
const recipes = globSync("*", { cwd: path.join(HERE, "recipes") }).filter((file) => !file.endsWith(".md"));

// Beside the clients, or the JavaScript ones would not find them.
const copies = path.join(HERE, ".recipes");
after(() => rmSync(copies, { recursive: true, force: true }));

const ANSWER = "Hello to you! 👋 你好";
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const python = pythonOf("clients");

for (const [file, program, missing] of [
  ["curl_openai.sh", "sh", !hasCurl && "there is no curl"],
  ["curl_anthropic.sh", "sh", !hasCurl && "there is no curl"],
  ["curl_responses.sh", "sh", !hasCurl && "there is no curl"],
  ["openai_python.py", python, !python && NO_PYTHON],
  ["anthropic_python.py", python, !python && NO_PYTHON],
  ["openai_javascript.mjs", process.execPath],
  ["anthropic_javascript.mjs", process.execPath],
]) {
  const skip = !process.env.CI && missing;
  test(`the recipe ${file} prints the answer`, { skip, timeout: 30_000 }, async () => {
    stack.upstream.queue({ text: ANSWER });
    assert.ok(program && !missing, missing);
    const printed = await print(program, file);
    if (file === "curl_openai.sh") assert.equal(deltasOf(printed), ANSWER);
    else if (file === "curl_anthropic.sh") assert.equal(JSON.parse(printed).content[0].text, ANSWER);
    else if (file === "curl_responses.sh") assert.equal(JSON.parse(printed).output[0].content[0].text, ANSWER);
    else assert.equal(printed.trim(), ANSWER);
  });
}

check("the recipe claude_code.env has a key, an address and models the gateway knows", async () => {
  const env = parseEnv(here(recipe("claude_code.env")));
  const client = new Anthropic({ baseURL: env.ANTHROPIC_BASE_URL, authToken: env.ANTHROPIC_AUTH_TOKEN, apiKey: null });
  const models = Object.entries(env).filter(([name]) => name.endsWith("_MODEL"));
  assert.ok(models.length >= 2);
  for (const [name, model] of models) {
    const message = await client.messages.create({ model, max_tokens: 99, messages: [{ role: "user", content: "Hello!" }] });
    assert.equal(message.content.at(-1).type, "text", name);
  }
});

check("the recipe open_webui.env has a key and an address under which there are models", async () => {
  const env = parseEnv(here(recipe("open_webui.env")));
  const client = new OpenAI({ baseURL: env.OPENAI_API_BASE_URL, apiKey: env.OPENAI_API_KEY });
  assert.ok((await collect(client.models.list())).length > 10);
  await client.chat.completions.create({ model: "auto", messages: [{ role: "user", content: "Hello!" }] });
});

check("the recipe cherry_studio.txt has a key and a host, to which it appends /v1", async () => {
  const text = here(recipe("cherry_studio.txt"));
  const baseURL = `${/^API Host: +(\S+)$/m.exec(text)[1]}/v1`;
  const client = new OpenAI({ baseURL, apiKey: /^API Key: +(\S+)$/m.exec(text)[1] });
  assert.ok((await collect(client.models.list())).length > 10);
  await client.chat.completions.create({ model: "auto", messages: [{ role: "user", content: "Hello!" }] });
});

check("the recipe codex.toml has an address, a provider and a model the gateway knows", async () => {
  const config = parse(here(recipe("codex.toml")));
  const { base_url: baseURL, wire_api: api } = config.model_providers[config.model_provider];
  assert.equal(api, "responses");
  const client = new OpenAI({ baseURL, apiKey: "YOUR_API_KEY" });
  for (const model of [config.model, "gpt-5.5", "gpt-5.6-sol"]) {
    await client.responses.stream({ model, input: "Hello!", store: false }).finalResponse();
  }
});

for (const file of recipes) {
  test(`the recipe ${file} stands word for word between fences in README.md`, () => {
    const text = readFileSync(inProject("README.md"), "utf8").replaceAll("\r\n", "\n");
    const fenced = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)];
    assert.ok(fenced.some(([, content]) => content === recipe(file)));
  });
}

/** A recipe with this gateway's address in place of the demo's. */
function here(text) {
  assert.ok(text.includes(DEMO), text);
  return text.replaceAll(DEMO, stack.url);
}

/** What a recipe prints. */
async function print(program, file) {
  mkdirSync(copies, { recursive: true });
  const copy = path.join(copies, file);
  writeFileSync(copy, here(recipe(file)));
  const env = { ...process.env, NO_PROXY: "127.0.0.1,localhost", PYTHONIOENCODING: "utf-8" };
  const child = spawn(program, [copy], { env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = [child.stdout, child.stderr].map(async (pipe) => (await pipe.setEncoding("utf8").toArray()).join(""));
  const [code, printed, errors] = await Promise.all([new Promise((resolve) => child.on("close", resolve)), ...texts]);
  assert.equal(code, 0, errors);
  return printed;
}

function deltasOf(text) {
  const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data));
  assert.ok(text.trimEnd().endsWith("data: [DONE]"), text);
  return chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
}
