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

/** After `npm install` only: what npm has just warned of, if its own Node is an older one. */
function explainEngineWarnings() {
  const major = Number(/ node\/v(\d+)/.exec(process.env.npm_config_user_agent)?.[1]);
  if (major < 23 && process.env.npm_lifecycle_event === "postinstall") {
    console.log("If npm warns of EBADENGINE: nothing to do, the commands run on a Node of their own.");
  }
}

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

if (isProgram(import.meta.url)) {
  await command(() => {
    explainEngineWarnings();
    ensureDevVars();
  });
}
