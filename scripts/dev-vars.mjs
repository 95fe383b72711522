/**
 * `.dev.vars`, the file from which `wrangler dev` and the demo take secrets on this machine. It is
 * put in place after `npm install` and before every command that serves.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { inProject } from "./process.mjs";

const FILE = inProject(".dev.vars");

const CONTENT = `# For local use alone: git ignores this file, and it is never deployed.
# These keys are placeholders. A deployed gateway has its own, from \`wrangler secret put API_KEYS\`.
API_KEYS=YOUR_API_KEY,ANTHROPIC_API_KEY
`;

/** Writes the file, unless there is one: that is never touched. */
export function ensureDevVars() {
  try {
    writeFileSync(FILE, CONTENT, { flag: "wx" });
    console.log("wrote .dev.vars with placeholder API keys for local use");
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

/** The file's variables: a line each, `NAME=value`, the value perhaps in quotes. */
export function devVars() {
  const lines = readFileSync(FILE, "utf8").matchAll(/^\s*(\w+)\s*=\s*(["']?)(.*?)\2\s*$/gm);
  return Object.fromEntries([...lines].map(([, name, , value]) => [name, value]));
}
