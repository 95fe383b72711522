/**
 * The recipes of docs/clients.md: what stands between its fences, by the heading above. The tests
 * use them as they are, so the page cannot say something else than what was tried.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { inProject } from "../../scripts/process.mjs";

/** Where `npm run demo` serves, and the keys it takes. */
export const DEMO = "http://localhost:7860";
export const DEMO_KEYS = "YOUR_API_KEY,ANTHROPIC_API_KEY";

export const CLIENTS_PAGE = "docs/clients.md";

/** A page of the project, with line ends as they are in git. */
export const readPage = (page) => readFileSync(inProject(page), "utf8").replaceAll("\r\n", "\n");

/** The fenced blocks of a page, in order: `[{heading, language, text}]`. */
export function blocksOf(page) {
  const blocks = [];
  let heading;
  for (const [, title, language, text] of page.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)) {
    if (title) heading = title;
    else blocks.push({ heading, language, text });
  }
  return blocks;
}

const blocks = blocksOf(readPage(CLIENTS_PAGE));

/** The headings that have recipes. */
export const apps = [...new Set(blocks.map(({ heading }) => heading))];

export const recipesOf = (app) => blocks.filter(({ heading }) => heading === app).map(({ text }) => text);

/** The text of an app's recipe: its first, or the one with this number from 0 on. */
export function recipe(app, number = 0) {
  const text = recipesOf(app)[number];
  assert.ok(text, `${CLIENTS_PAGE} has no recipe ${number} for ${app}`);
  return text;
}

/** A recipe with another address in place of the demo's. */
export function at(url, text) {
  assert.ok(text.includes(DEMO), text);
  return text.replaceAll(DEMO, url);
}

/** A setting's value in a recipe of any form (`name: value`, `name=value`, JSON, `--name value`); the nth of its name. */
export function setting(text, name, nth = 0) {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = [...text.matchAll(new RegExp(`(?<![\\w-])${literal}["']?(?:\\s*[:=]\\s*|\\s+)["']?([^\\s"',}]+)`, "g"))];
  assert.ok(found[nth], `no ${name} in:\n${text}`);
  return found[nth][1];
}

/** What a recipe that is a program prints; fails unless it ends well. It stands in `folder` while it runs. */
export async function printed(program, text, { folder, file, env = {} }) {
  mkdirSync(folder, { recursive: true });
  const place = path.join(folder, file);
  writeFileSync(place, text);
  try {
    const child = spawn(program, [place], {
      env: { ...process.env, NO_PROXY: "127.0.0.1,localhost", PYTHONIOENCODING: "utf-8", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = [child.stdout, child.stderr].map(async (pipe) => (await pipe.setEncoding("utf8").toArray()).join(""));
    const [code, out, errors] = await Promise.all([new Promise((resolve) => child.on("close", resolve)), ...texts]);
    assert.equal(code, 0, errors);
    return out;
  } finally {
    rmSync(place);
  }
}
