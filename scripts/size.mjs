/** How large the built Worker is, gzipped, in bytes: as a whole, and without the token counter's tables. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { Failure, inProject } from "./process.mjs";
import { WASM_TARGET } from "./tools.mjs";

/** The two files that are deployed. */
export const bundleSize = () => gzipped(readFileSync(inProject("build/index_bg.wasm")));

/** The same with the tables cut out of them. */
export const programSize = () => gzipped(wasmWithoutTables());

const gzipped = (wasm) => gzipSync(Buffer.concat([readFileSync(inProject("build/index.js")), wasm])).length;

/** The wasm file without the tables, as the newest build has made them. */
function wasmWithoutTables() {
  const builds = inProject(`target/${WASM_TARGET}/release/build`);
  const ours = readdirSync(builds).filter((name) => name.startsWith("degpt-edge-base-"));
  const folders = ours.map((name) => path.join(builds, name, "out"));
  const newest = folders.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
  let wasm = readFileSync(inProject("build/index_bg.wasm"));
  for (const name of readdirSync(newest)) {
    const table = readFileSync(path.join(newest, name));
    const start = wasm.indexOf(table);
    if (start < 0) throw new Failure(`${name} does not stand in the wasm file as a whole.`);
    wasm = Buffer.concat([wasm.subarray(0, start), wasm.subarray(start + table.length)]);
  }
  return wasm;
}
