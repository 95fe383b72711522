/**
 * What the page at `/` says: the same in both languages, and with words for every error that the gateway has.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import test from "node:test";

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
