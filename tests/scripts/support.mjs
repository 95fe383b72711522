/** Runs the project's commands as a user would, in an environment that lacks something. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { NODE, ROOT, output, scratchFolder } from "../../scripts/process.mjs";

/**
 * Runs a script of the project to its end; resolves to its `status` and all that it `said`.
 * `programs` is the whole of its PATH: real ones by their names, and shell scripts by theirs. Without
 * it the PATH is that of the tests. `cwd` is the project or a copy of it.
 */
export async function call(script, argv = [], { programs, env = {}, cwd = ROOT } = {}) {
  const PATH = programs ? folderOf(programs) : process.env.PATH;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST|RUSTUP_TOOLCHAIN)/.test(name));
  const child = spawn(NODE, [script, ...argv], {
    cwd,
    env: { ...Object.fromEntries(inherited), PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (piece) => (said += piece));
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { status, said };
}

const { folder } = scratchFolder();
let count = 0;

function folderOf(programs) {
  const bin = path.join(folder, String((count += 1)));
  mkdirSync(bin);
  symlinkSync(NODE, path.join(bin, "node"));
  for (const [name, script] of Object.entries(programs)) {
    if (script === true) symlinkSync(output("sh", ["-c", `command -v ${name}`]), path.join(bin, name));
    else writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
    if (script !== true) chmodSync(path.join(bin, name), 0o755);
  }
  return bin;
}
