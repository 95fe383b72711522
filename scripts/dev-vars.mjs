/**
 * Puts `.dev.vars` in place, the file from which `wrangler dev` takes secrets on this machine.
 * It runs after `npm install` and before every command that serves; an existing file is never
 * touched.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

import { command, inProject, isProgram } from "./process.mjs";

const FILE = inProject(".dev.vars");

const CONTENT = `# For local use alone: git ignores this file, and it is never deployed.
# These keys are placeholders. A deployed gateway has its own, from \`wrangler secret put API_KEYS\`.
API_KEYS=YOUR_API_KEY,ANTHROPIC_API_KEY
`;

/** Writes the file unless there is one. */
export function ensureDevVars() {
  try {
    writeFileSync(FILE, CONTENT, { flag: "wx" });
    console.log("wrote .dev.vars with placeholder API keys for local use");
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

/** The file's variables. */
export const devVars = () => parseEnv(readFileSync(FILE, "utf8"));

if (isProgram(import.meta.url)) await command(ensureDevVars);
