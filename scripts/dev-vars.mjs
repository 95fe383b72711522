/**
 * `.dev.vars`, the file from which `wrangler dev` and the demo take what is for this machine alone:
 * secrets, and what the log may tell here. It is put in place after `npm install` and before every
 * command that serves.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { inProject } from "./process.mjs";

const FILE = inProject(".dev.vars");

const CONTENT = `# For local use alone: git ignores this file, and it is never deployed.
# These keys are placeholders. A deployed gateway has its own, from \`wrangler secret put API_KEYS\`.
API_KEYS=YOUR_API_KEY,ANTHROPIC_API_KEY
# A panic is logged with its message, which can hold text of a request, and its stack.
LOG_PANICS=full
`;

/** The variables of a file that this has written. */
export const NEW_DEV_VARS = variablesOf(CONTENT);

/** Writes the file, unless there is one, which is never touched, or the project is not to be written to. */
export function ensureDevVars() {
  try {
    writeFileSync(FILE, CONTENT, { flag: "wx", mode: 0o600 }); // Secrets will be put into it.
    console.log("wrote .dev.vars with placeholder API keys for local use");
  } catch (error) {
    if (!["EEXIST", "EACCES", "EROFS"].includes(error.code)) throw error;
  }
}

/** The variables of the file as it is; those of another one, which may be missing. */
export const devVars = (file = FILE) => (existsSync(file) ? variablesOf(readFileSync(file, "utf8")) : {});

/**
 * One a line, `NAME=value`, perhaps after `export`. The value may stand in quotes, and have line ends there.
 * A comment begins with `#`, at the beginning of a line or of a value, or after a space.
 */
function variablesOf(text) {
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|(.*?))[ \t]*(?:(?<=[ \t=])#.*)?\r?$/gm);
  return Object.fromEntries([...lines].map(([, name, ...values]) => [name, values.find((value) => value !== undefined)]));
}
