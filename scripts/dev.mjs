/**
 * `npm run dev [-- OPTIONS]`: `wrangler dev`, which builds the Worker, serves it and does so again
 * whenever the source changes. Behind it is the live DeGPT. Options are passed on.
 */
import { spawn } from "node:child_process";

import { args, optionsIn } from "./args.mjs";
import { ensureDevVars } from "./dev-vars.mjs";
import { PORT, ensureFree } from "./ports.mjs";
import { NODE, ROOT, WRANGLER, WRANGLER_ENV, command, onEndAsked, output } from "./process.mjs";
import { wrangler } from "./workerd.mjs";

const COMMAND = "npm run dev";

async function dev() {
  const options = { port: { ...PORT, default: wrangler().dev.port } };
  const about = "`wrangler dev`: builds the Worker, serves it with the live DeGPT behind it, and again when the source changes.\nIt takes the options of `wrangler dev` too: npx wrangler dev --help";
  const { port } = args({ command: COMMAND, about, options, others });
  await ensureFree(port, COMMAND);
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

/** The names of wrangler's options, which takes a second to say them. */
const others = () => optionsIn(output(NODE, [WRANGLER, "dev", "--help"]) ?? "");

await command(dev);
