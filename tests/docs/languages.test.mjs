/** The pages in Chinese say what the English ones say: the same headings, tables, code and links. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { ROOT } from "../../scripts/process.mjs";
import { anchors, blocks, headings, inlineCode, links, read, tables, withoutComments } from "./pages.mjs";

const README_LINES = 150;

const READMES = ["README.md", "README.zh-CN.md"];
const inChinese = globSync("docs/zh/*.md", { cwd: ROOT }).map((page) => page.replaceAll("\\", "/"));
const pairs = [READMES, ...inChinese.map((page) => [page.replace("docs/zh/", "docs/"), page])];

test("there are pages in Chinese", () => {
  for (const page of ["behaviour", "clients", "configuration"]) assert.ok(inChinese.includes(`docs/zh/${page}.md`), page);
});

/** Where a link of a page leads, whatever the language: of a heading, its number. */
function place(page, target) {
  if (/^[a-z]+:/.test(target)) return target;
  const [file, anchor] = decodeURI(target).split("#");
  const to = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
  const plain = to.replace("docs/zh/", "docs/").replace("-light.", ".").replace("-dark-zh.", ".").replace("README.zh-CN.md", "README.md");
  return anchor === undefined ? plain : `${plain}#${anchors(read(to)).indexOf(anchor)}`;
}

for (const [english, chinese] of pairs) {
  const of = (what) => [english, chinese].map((page) => what(read(page), page));
  const same = (what) => {
    const [first, second] = of(what);
    assert.deepEqual(second, first);
  };

  test(`${chinese} has the headings and tables of ${english}`, () => {
    same((text) => headings(text).map(({ level }) => level));
    same(tables);
  });

  test(`${chinese} has the code of ${english}, apart from comments`, () => {
    same((text) => blocks(text).map(({ language, text: code }) => ({ language, code: withoutComments(code) })));
    // A sentence may turn them around.
    same((text) => inlineCode(text).sort());
  });

  test(`${chinese} leads where ${english} does`, () => {
    // To each other, both lead from the top.
    same((text, page) => links(text).map((target) => place(page, target)).filter((to) => to !== english).sort());
    assert.ok(links(read(english)).some((target) => place(english, target) === english), `${english} leads to ${chinese}`);
    assert.ok(links(read(chinese)).some((target) => place(chinese, target) === english), `${chinese} leads to ${english}`);
  });
}

for (const page of READMES) {
  test(`${page} has at most ${README_LINES} lines, and the languages on top`, () => {
    const lines = read(page).trimEnd().split("\n");
    assert.ok(lines.length <= README_LINES, `${lines.length} lines`);
    assert.match(lines[0], /^\[?English\b.* \| .*简体中文/);
  });
}
