/** The licences of what is inside a release, as a text: who has which, and each text once. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure, inProject, output } from "./process.mjs";

const FILES = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

/** Rust's own library is in the wasm as well. It has the two licences that most crates have. */
const LIBRARY = { name: "Rust's standard library", license: "MIT OR Apache-2.0", like: "cfg-if" };

/** Under MIT, and without its text: whose the work is. */
const MIT = { "tiktoken-rs": "Copyright (c) Roger Zurawicki\nCopyright (c) 2025 OpenAI, Shantanu Jain (the tables)" };

/** The notices for `items` (contents.mjs). Throws a `Failure` if one of them brings no text. */
export function licenceTexts(items) {
  const users = new Map(); // By the text, which many share.
  const lines = [];
  for (const { name, version, license, folder } of items) {
    const title = `${name} ${version}`;
    lines.push(`${title}: ${license}`);
    const texts = textsOf(name, folder);
    if (texts.length === 0) throw new Failure(`${title} brings no text of its licence: ${folder}`);
    for (const text of texts) users.set(text, [...(users.get(text) ?? []), title]);
  }
  const like = items.find(({ name }) => name === LIBRARY.like);
  if (like) {
    const title = `${LIBRARY.name} ${/\d+\.\d+\.\d+/.exec(output("rustc", ["--version"]) ?? "")?.[0] ?? ""}`.trim();
    lines.unshift(`${title}: ${LIBRARY.license} (the texts as for ${like.name}; copyright: The Rust Project Developers)`);
  }
  const texts = [...users].map(([text, titles]) => `${"=".repeat(80)}\n${titles.join(", ")}\n${"=".repeat(80)}\n\n${text}\n`);
  return `degpt-edge is under the licence in LICENSE. Inside it is work of others:\n\n${lines.join("\n")}\n\n${texts.join("\n")}`;
}

function textsOf(name, folder) {
  if (MIT[name]) return [readFileSync(inProject("LICENSE"), "utf8").replace(/^Copyright .*$/m, MIT[name]).trim()];
  const files = readdirSync(folder).filter((file) => FILES.test(file)).sort();
  return files.map((file) => readFileSync(path.join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
}
