/**
 * `npm run lock`: writes package-lock.json anew for what package.json names, without what it is kept
 * free of. To be run after a dependency was changed.
 *
 * `resolved` would tie it to one registry. And by `engines` npm would warn at every installation under
 * Node 18 or 20 of packages, wrangler above all, that the project runs with the Node it brings along.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { args } from "./args.mjs";
import { command, inProject, isProgram, run } from "./process.mjs";

const FILE = inProject("package-lock.json");

/** The fields that no package in the lock file has. */
export const UNWANTED = ["engines", "resolved"];

async function lock() {
  args({ command: "npm run lock", about: "Writes package-lock.json anew for what package.json names." });
  await run("npm", ["install", "--package-lock-only", "--ignore-scripts"]);
  const content = JSON.parse(readFileSync(FILE, "utf8"));
  for (const [place, entry] of Object.entries(content.packages)) {
    if (place !== "") for (const field of UNWANTED) delete entry[field];
  }
  writeFileSync(FILE, `${JSON.stringify(content, null, 2)}\n`);
}

if (isProgram(import.meta.url)) await command(lock);
