/**
 * `degpt-edge deploy`: `wrangler deploy` of the version that the release is made for. An unpacked
 * release has it as a development dependency; what `npx` installs has not, and fetches it now.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import { Failure, NODE, ROOT, WRANGLER, WRANGLER_ENV, command, inProject } from "./process.mjs";

/** The oldest Node that wrangler runs on. */
const OLDEST_NODE = 22;

async function deploy() {
  const { version } = process.versions.node.match(/^(?<version>\d+)/).groups;
  if (NODE === process.execPath && Number(version) < OLDEST_NODE) {
    throw new Failure(`Wrangler needs Node ${OLDEST_NODE} or newer, and this is ${process.version}.`);
  }
  const { devDependencies } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
  const [program, ...args] = existsSync(WRANGLER) ? [NODE, WRANGLER] : ["npx", "--yes", `wrangler@${devDependencies.wrangler}`];
  const child = spawn(program, [...args, "deploy", ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, ...WRANGLER_ENV },
    stdio: "inherit",
    shell: program === "npx" && process.platform === "win32",
  });
  child.on("error", ({ message }) => command(() => Promise.reject(new Failure(message))));
  child.on("exit", (code) => process.exit(code ?? 1));
}

await command(deploy);
