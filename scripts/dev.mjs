/**
 * `npm run dev [-- OPTIONS]`: `wrangler dev`, which builds the Worker, serves it and does so again
 * whenever the source changes. Behind it is the live DeGPT. Options are passed on.
 */
import { spawn } from "node:child_process";

import { ensureDevVars } from "./dev-vars.mjs";
import { NODE, ROOT, WRANGLER, WRANGLER_ENV, command, onEndAsked } from "./process.mjs";

async function dev() {
  ensureDevVars();
  const child = spawn(NODE, [WRANGLER, "dev", ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, ...WRANGLER_ENV },
    stdio: "inherit",
  });
  let isAsked = false;
  onEndAsked(() => {
    isAsked = true;
    child.kill();
  });
  child.on("exit", (code) => process.exit(isAsked ? 0 : (code ?? 1)));
}

await command(dev);
