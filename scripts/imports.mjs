/**
 * `npm run imports [-- --update]`: what the built wasm wants of JavaScript, against the list in
 * `tests/imports.txt`. Each import is generated JavaScript beside it and a call that costs more
 * than one within the wasm, so a new one is to be seen. `--update` writes the list anew.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { args } from "./args.mjs";
import { Failure, command, inProject, isProgram } from "./process.mjs";

const WASM = inProject("build/index_bg.wasm");
const FILE = inProject("tests/imports.txt");

/** Compares; resolves to 1 `passed` or to the imports that are `failures`. */
export async function imports({ update = false } = {}) {
  const found = namesIn(readFileSync(WASM));
  if (update) writeFileSync(FILE, `${found.join("\n")}\n`);
  const listed = readFileSync(FILE, "utf8").trim().split("\n");
  const failures = [
    ...without(found, listed).map((name) => `the wasm imports ${name}`),
    ...without(listed, found).map((name) => `the wasm no longer imports ${name}`),
  ];
  console.log(`${found.length} imports, ${listed.length} listed`);
  if (failures.length > 0) console.log("If it is meant: npm run imports -- --update");
  return { passed: failures.length > 0 ? 0 : 1, failures, skipped: 0 };
}

/** The names, without the hashes and numbers that change from build to build. */
function namesIn(wasm) {
  const modules = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  return modules.map(({ module, name }) => `${module} ${name.replace(/_[0-9a-f]{16}$/, "")}`).sort();
}

/** Those of `names` that `others` lacks, which may hold a name several times. */
function without(names, others) {
  const left = [...others];
  return names.filter((name) => {
    const place = left.indexOf(name);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

async function main() {
  const asked = args({
    command: "npm run imports",
    about: "Compares what the wasm imports of JavaScript with tests/imports.txt.",
    options: { update: { about: "writes that file anew" } },
  });
  const { failures } = await imports(asked);
  if (failures.length > 0) throw new Failure(failures.join("\n"));
}

if (isProgram(import.meta.url)) await command(main);
