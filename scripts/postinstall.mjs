/**
 * After `npm install`: puts the project's own Node on the PATH of `npm run` and `npx`, and
 * `.dev.vars` in place.
 */
import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";

import { ensureDevVars } from "./dev-vars.mjs";
import { NODE, ROOT, inProject } from "./process.mjs";

/**
 * Links `node_modules/.bin/node`. npm would, but not reliably: it also clears that name away for
 * the packages of the other platforms, in an order that depends on its version.
 */
function linkNode() {
  if (!NODE.startsWith(ROOT)) return;
  const link = inProject("node_modules/.bin/node");
  rmSync(link, { force: true });
  symlinkSync(path.relative(path.dirname(link), NODE), link);
}

linkNode();
ensureDevVars();
