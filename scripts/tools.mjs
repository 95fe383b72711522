/**
 * Finds or sets up what a build needs and npm cannot bring: Rust's wasm target, clippy and rustfmt
 * through rustup, and the wasm-bindgen program, built once from its source into `.tools/`.
 * Everything else (wasm-opt, esbuild, workerd, wrangler and a Node new enough for it) are pinned
 * npm packages.
 */
import { existsSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";

import { Failure, TOOLS, inProject, output, run, scratchFolder, seconds } from "./process.mjs";

/** The target of every worker build. */
export const WASM_TARGET = "wasm32-unknown-unknown";

/** Makes sure of cargo and the wasm target; returns the path of the wasm-bindgen program. */
export async function ensureBuildTools() {
  ensureCargo();
  await ensureWasmTarget();
  return ensureWasmBindgen();
}

/** Makes sure of cargo, the wasm target, clippy and rustfmt. */
export async function ensureCheckTools() {
  ensureCargo();
  await ensureWasmTarget();
  await ensureComponent("clippy", "cargo-clippy");
  await ensureComponent("rustfmt", "rustfmt");
}

function ensureCargo() {
  if (output("cargo", ["--version"])) return;
  throw new Failure(
    "Rust is missing: there is no working `cargo` on the PATH.\n" +
      "Install it with rustup (https://rustup.rs), open a new terminal and run this again.",
  );
}

async function ensureWasmTarget() {
  const libraries = output("rustc", ["--print", "target-libdir", "--target", WASM_TARGET]);
  if (libraries && existsSync(libraries)) return;
  if (!hasRustup()) {
    throw new Failure(
      `This Rust cannot build for WebAssembly: the standard library of ${WASM_TARGET} is missing.\n` +
        "It does not come from rustup, so add it as it was installed (on Debian and Ubuntu: the\n" +
        "package libstd-rust-dev-wasm32; on Fedora: rust-std-static-wasm32-unknown-unknown),\n" +
        "or install Rust with rustup (https://rustup.rs).",
    );
  }
  console.log(`adding Rust's target ${WASM_TARGET}`);
  await run("rustup", ["target", "add", WASM_TARGET]);
}

async function ensureComponent(component, program) {
  if (output(program, ["--version"])) return;
  if (!hasRustup()) {
    throw new Failure(`The tests need ${component}: install it as this Rust was installed.`);
  }
  console.log(`adding Rust's component ${component}`);
  await run("rustup", ["component", "add", component]);
}

const hasRustup = () => output("rustup", ["--version"]) !== undefined;

/**
 * The program must be of exactly the library's version, so the version is the one in Cargo.lock.
 * It stands in the folder's name: another version is another folder.
 */
async function ensureWasmBindgen() {
  const lock = readFileSync(inProject("Cargo.lock"), "utf8");
  const version = /^name = "wasm-bindgen"\r?\nversion = "(.+)"/m.exec(lock)?.[1];
  if (!version) throw new Failure("Cargo.lock names no wasm-bindgen.");

  const home = path.join(TOOLS, `wasm-bindgen-${version}`);
  const program = path.join(home, "bin", "wasm-bindgen");
  if (existsSync(program)) return program;

  console.log(`building wasm-bindgen ${version} once, about a minute on 2 cores`);
  const start = performance.now();
  // Built aside and moved into place whole: neither a broken-off build nor a second command at the
  // same time leaves it half-done.
  const { folder, remove } = scratchFolder();
  try {
    const root = path.join(folder, "root");
    const what = ["wasm-bindgen-cli", "--version", version, "--locked", "--no-default-features"];
    await run("cargo", ["install", ...what, "--bin", "wasm-bindgen", "--root", root], {
      ...FAST_TO_BUILD,
      CARGO_TARGET_DIR: path.join(folder, "target"),
      // cargo would advise to add the folder to the PATH.
      PATH: [process.env.PATH, path.join(root, "bin")].join(path.delimiter),
    });
    if (!existsSync(program)) renameSync(root, home);
  } finally {
    remove();
  }
  console.log(`built wasm-bindgen in ${seconds(start)}`);
  return program;
}

/** The program runs for a tenth of a second a build: what counts is the time to build it. */
const FAST_TO_BUILD = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
};
