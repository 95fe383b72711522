/**
 * Builds the Worker: `build/index.js` and `build/index_bg.wasm`, the two files that are tested,
 * served and deployed.
 *
 * worker-build does it, with the programs that tools.mjs and npm bring: cargo compiles the crate,
 * wasm-bindgen writes the JavaScript around it, wasm-opt makes the wasm smaller and esbuild joins
 * the JavaScript into one file, src/edge/last_resort.mjs included. wrangler runs this as its build command; when nothing has changed
 * it ends within a second.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Failure, ROOT, atExit, command, inProject, isProgram, run, scratchFolder, seconds } from "./process.mjs";
import { WASM_TARGET, ensureBuildTools } from "./tools.mjs";

const OUTPUT = inProject("build");
const STAMP = path.join(OUTPUT, "stamp");
const PRODUCTS = ["index.js", "index_bg.wasm"];

const LAST_RESORT = inProject("src/edge/last_resort.mjs");
const WASM_OPT = inProject("node_modules/.bin/wasm-opt");
const ESBUILD = inProject("node_modules/.bin/esbuild");

/** Builds what is out of date. */
export async function build() {
  const start = performance.now();
  const { workerBuild, wasmBindgen } = await ensureBuildTools();
  // worker-build would compile too, but only compiling tells whether the rest is needed.
  const compiled = await compile();

  const stamp = stampOf(compiled);
  const current = existsSync(STAMP) ? readFileSync(STAMP, "utf8") : "";
  if (current === stamp && PRODUCTS.every((name) => existsSync(path.join(OUTPUT, name)))) {
    console.log(`the worker is up to date (${seconds(start)})`);
    return;
  }

  // wrangler uploads every wasm file in the output folder, so unfinished ones stand elsewhere.
  const { folder, remove } = scratchFolder();
  try {
    // Named programs are used; without them it would look for downloads on GitHub.
    const programs = { WASM_BINDGEN_BIN: wasmBindgen, WASM_OPT_BIN: WASM_OPT, ESBUILD_BIN: ESBUILD };
    await run(workerBuild, ["--release", "--out-dir", folder], programs);
    await wrap(folder);
    // It keeps the functions' names, a sixth of the bundle; faults are logged by file and line.
    const wasm = path.join(folder, "index_bg.wasm");
    await run(WASM_OPT, [wasm, "-o", wasm, "--all-features", "--strip-debug"]);
    // The stamp goes first and comes back last: broken off in between, the next run builds again.
    mkdirSync(OUTPUT, { recursive: true });
    rmSync(STAMP, { force: true });
    for (const name of PRODUCTS) renameSync(path.join(folder, name), path.join(OUTPUT, name));
    writeFileSync(STAMP, stamp);
  } finally {
    remove();
  }
  console.log(`built the worker (${seconds(start)})`);
}

/** Puts the entry that answers for a panic around what worker-build has made. */
async function wrap(folder) {
  const { build: bundle } = await import("esbuild");
  const entry = path.join(folder, "last_resort.mjs");
  copyFileSync(LAST_RESORT, entry);
  await bundle({
    entryPoints: [entry],
    outfile: path.join(folder, "index.js"),
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    external: ["./index_bg.wasm", "cloudflare:workers"],
    logLevel: "warning",
  });
}

/** Compiles the crate and returns the path of the wasm file, which cargo reports as JSON. */
function compile() {
  const args = ["build", "--lib", "--release", "--target", WASM_TARGET];
  const cargo = spawn("cargo", [...args, "--message-format", "json-render-diagnostics"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const forget = atExit(() => cargo.kill());
  let messages = "";
  cargo.stdout.on("data", (chunk) => (messages += chunk));
  return new Promise((resolve, reject) => {
    cargo.on("error", reject);
    cargo.on("close", (code) => {
      forget();
      if (code !== 0) return reject(new Failure("the worker does not compile"));
      const files = messages
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .flatMap((line) => JSON.parse(line).filenames ?? []);
      // Dependencies come first, the crate itself last.
      resolve(files.findLast((file) => file.endsWith(".wasm")));
    });
  });
}

/** What the products depend on: the compiled crate, the versions of the tools and this recipe. */
function stampOf(compiled) {
  const hash = createHash("sha256");
  const recipe = ["build.mjs", "tools.mjs"].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const inputs = [compiled, inProject("package-lock.json"), inProject("Cargo.toml"), LAST_RESORT, ...recipe];
  for (const file of inputs) hash.update(readFileSync(file));
  return hash.digest("hex");
}

if (isProgram(import.meta.url)) await command(build);
