/**
 * What the page at `/` says: the same in both languages, with words for every error that the gateway has,
 * and with the settings of apps that the docs have and the tests run.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import test from "node:test";

import { appsFor } from "../../page/apps.mjs";
import { TEXTS } from "../../page/texts.mjs";

const root = new URL("../../", import.meta.url);
const read = (file) => readFileSync(new URL(file, root), "utf8");
const modules = globSync("page/*.mjs", { cwd: root }).filter((file) => !file.endsWith("texts.mjs")).map(read);

/** The texts by their full names. */
function flat(texts, before = "") {
  return Object.entries(texts).flatMap(([name, text]) => (typeof text === "object" ? flat(text, `${before}${name}.`) : [[before + name, text]]));
}
const [en, zh] = [TEXTS.en, TEXTS.zh].map((texts) => new Map(flat(texts)));

test("both languages say the same things, of the same facts", () => {
  const shape = (texts) => [...texts].map(([name, text]) => `${name} ${typeof text === "function" ? text.length : ""}`);
  assert.deepEqual(shape(zh), shape(en));
  for (const [name, text] of [...en, ...zh]) assert.ok(typeof text === "function" || text.trim() !== "", name);
});

test("every text that is asked for is there, and every one that is there is asked for", () => {
  const html = [...read("page/index.html").matchAll(/data-(?:text|label|placeholder)="([^"]+)"/g)].map(([, name]) => name);
  for (const name of html) assert.ok(en.has(name), name);
  const source = [read("page/index.html"), ...modules].join("\n");
  const unused = [...en.keys()].filter((name) => !/\./.test(name) && !source.includes(`"${name}"`));
  assert.deepEqual(unused, []);
});

test("every error of the gateway has words of its own", () => {
  const codes = [...read("src/base/error.rs").matchAll(/^ {12}Self::\w+ => "([a-z_]+)",$/gm)].map(([, code]) => code);
  assert.ok(codes.length > 20, `${codes.length} codes`);
  // The page sends no previous_response_id, to no other path, with no other method.
  const never = ["previous_response_not_found", "unknown_url", "method_not_allowed"];
  assert.deepEqual(codes.filter((code) => !never.includes(code) && !en.has(`troubles.${code}`)), []);
});

test("the settings of apps are those of the docs", () => {
  const docs = ["README.md", ...globSync("docs/*.md", { cwd: root })].map(read).join("\n").replaceAll("ANTHROPIC_API_KEY", "YOUR_API_KEY");
  const apps = appsFor("http://localhost:7860", "YOUR_API_KEY");
  for (const name of ["Claude Code", "Codex", "Open WebUI", "OpenAI · Python", "OpenAI · JavaScript", "Anthropic · Python", "Anthropic · JavaScript", "curl"]) {
    const { code } = apps.find((app) => app.name === name);
    assert.ok(docs.includes(code), `${name}:\n${code}`);
  }
});

test("every app has settings with the address and the key in them, and says where they go in both languages", () => {
  for (const { name, where, rows = [], code = "" } of appsFor("https://gateway.example", "sk-mine")) {
    const all = code + rows.flat().join("\n");
    assert.match(all, /https:\/\/gateway\.example\/api/, name);
    // Codex and Zed keep the key elsewhere, and say so.
    if (!["Codex", "Zed"].includes(name)) assert.match(all, /sk-mine/, name);
    assert.ok(where.en && where.zh, name);
  }
});
