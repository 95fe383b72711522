/** Whether all places that name this project's version name the same one. */
import { readFileSync } from "node:fs";

import { inProject } from "./process.mjs";

const PLACES = {
  "package.json": /^  "version": "(.+)"/m,
  "Cargo.toml": /^\[package\]\n(?:.+\n)*?version = "(.+)"/m,
  "src/base/Cargo.toml": /^\[package\]\n(?:.+\n)*?version = "(.+)"/m,
  "CHANGELOG.md": /^## (\d\S*)/m,
};

/** What is wrong, in a sentence, or `undefined`. `tag` is `vVERSION`, if it is to be released. */
export function versionsDisagree(tag) {
  const found = Object.entries(PLACES).map(([file, pattern]) => [file, pattern.exec(readFileSync(inProject(file), "utf8"))?.[1]]);
  const wanted = tag?.replace(/^v/, "") ?? found[0][1];
  const wrong = found.filter(([, version]) => version !== wanted).map(([file, version]) => `${version} in ${file}`);
  if (wrong.length > 0) return `The version is ${wanted} in ${tag ? "the tag" : found[0][0]}, but ${wrong.join(", ")}.`;
  const isOpen = tag && /^## Unreleased\n\s*-/m.test(readFileSync(inProject("CHANGELOG.md"), "utf8"));
  return isOpen ? "CHANGELOG.md has lines under Unreleased: put them under the version." : undefined;
}
