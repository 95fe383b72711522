/** A machine with Node alone: no Rust, nothing of this project. */
import { accessSync, chmodSync, constants, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What a shell has everywhere, and curl, with which a stranger tries it. */
const PROGRAMS = ["sh", "env", "uname", "tar", "gzip", "cat", "mkdir", "curl"];

/** Of the tests' own environment: where npm has its cache, and how it reaches its registry. */
const KEPT = /^(HOME|TMPDIR|LANG|https?_proxy|no_proxy|npm_config_(registry|cache|userconfig|cafile)|NODE_EXTRA_CA_CERTS)$/i;

/** An environment whose PATH is the folder `bin`, which this makes. */
export function bareEnvironment(bin) {
  mkdirSync(bin);
  for (const program of PROGRAMS) symlinkSync(found(program), path.join(bin, program));
  symlinkSync(process.execPath, path.join(bin, "node"));
  for (const program of ["npm", "npx"]) {
    const file = path.join(bin, program);
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${realpathSync(found(program))}" "$@"\n`);
    chmodSync(file, 0o755);
  }
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  return { ...Object.fromEntries(kept), npm_config_audit: "false", npm_config_fund: "false", PATH: bin };
}

function found(program) {
  const files = process.env.PATH.split(path.delimiter).map((folder) => path.join(folder, program));
  const file = files.find((each) => {
    try {
      accessSync(each, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!file) throw new Error(`there is no ${program} here`);
  return file;
}
