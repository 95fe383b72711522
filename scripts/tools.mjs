/**
 * Finds or sets up what a build needs and npm cannot bring: Rust, its wasm target, clippy and rustfmt
 * through rustup, and wasm-bindgen's program, which is built from `scripts/bindgen/`. Everything else
 * (wasm-opt, esbuild, workerd, wrangler and a Node new enough for it) are pinned npm packages.
 */
import { existsSync, readFileSync } from "node:fs";

import { cargoBuild } from "./cargo.mjs";
import { Failure, inProject, output, run } from "./process.mjs";

/** The target of every worker build. */
export const WASM_TARGET = "wasm32-unknown-unknown";

/** Makes sure of cargo and the wasm target, as steps of a command. */
export async function ensureBuildTools(steps) {
  const install = (doing, done, program, args) => steps.step({ doing, done, long: true }, (step) => step.run(program, args));
  await ensureRust(install);
  await ensureWasmTarget(install);
}

/** Makes sure of cargo, the wasm target, clippy and rustfmt. */
export async function ensureCheckTools() {
  const install = (doing, done, program, args) => {
    console.log(doing);
    return run(program, args);
  };
  await ensureRust(install);
  await ensureWasmTarget(install);
  await ensureComponent(install, "clippy", "cargo-clippy");
  await ensureComponent(install, "rustfmt", "rustfmt");
}

async function ensureRust(install) {
  const toolchains = output("rustup", ["toolchain", "list"]);
  const wanted = /^channel = "(.+)"/m.exec(readFileSync(inProject("rust-toolchain.toml"), "utf8"))[1];
  if (toolchains !== undefined && !toolchains.includes(wanted) && !process.env.RUSTUP_TOOLCHAIN) {
    // Whatever is run first has rustup get the version of rust-toolchain.toml, which takes a while.
    await install(`getting Rust ${wanted}`, `got Rust ${wanted}`, "cargo", ["--version"]);
  }
  const hasRustup = toolchains !== undefined;
  const found = output("cargo", ["--version"]) && output("rustc", ["--version"]);
  if (!found) throw new Failure(hasRustup ? BROKEN : MISSING);
  const oldest = /^rust-version = "(.+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"))[1];
  const version = /\d+\.\d+\.\d+/.exec(found)?.[0];
  if (version && isOlder(version, oldest)) throw new Failure(tooOld(version, oldest, hasRustup));
}

const MISSING =
  "Rust is missing: there is no working `cargo` on the PATH, and the Worker is built from its source.\n" +
  "Install it with rustup (https://rustup.rs), open a new terminal and run this again.\n" +
  "Only to run degpt-edge, take the archive of a release: it is built, and needs Node alone.";

const BROKEN =
  "Rust does not work: rustup is there, and its `cargo` or `rustc` does not run.\n" +
  "See what `cargo --version` says in the project's folder, or run: rustup toolchain install";

function tooOld(version, oldest, hasRustup) {
  const forced = process.env.RUSTUP_TOOLCHAIN;
  const what = `This Rust is too old: it is ${version}, and degpt-edge needs ${oldest} or newer.\n`;
  if (!hasRustup) return `${what}It does not come from rustup. Install Rust with that (https://rustup.rs), or update it as it was installed.`;
  if (forced) return `${what}RUSTUP_TOOLCHAIN asks for ${forced}: unset it, or run \`rustup update\` and name a newer one.`;
  return `${what}Run \`rustup update\`, then this again.`;
}

/** Whether a version like "1.70.0" comes before one like "1.91". */
function isOlder(version, oldest) {
  const [one, other] = [version, oldest].map((text) => text.split(".").map(Number));
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

async function ensureWasmTarget(install) {
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
  await install(`adding the target ${WASM_TARGET}`, `added the target ${WASM_TARGET}`, "rustup", ["target", "add", WASM_TARGET]);
}

async function ensureComponent(install, component, program) {
  if (output(program, ["--version"])) return;
  if (!hasRustup()) {
    throw new Failure(`The tests need ${component}: install it as this Rust was installed.`);
  }
  await install(`adding Rust's component ${component}`, `added Rust's component ${component}`, "rustup", ["component", "add", component]);
}

const hasRustup = () => output("rustup", ["--version"]) !== undefined;

/** What wasm-bindgen's program is made of. */
export const BINDGEN_SOURCES = ["scripts/bindgen/Cargo.lock", "scripts/bindgen/Cargo.toml", "scripts/bindgen/src/main.rs"];

/**
 * Builds wasm-bindgen's program where it is out of date; resolves to its path. It is needed when the
 * Worker is compiled, so it leaves the processors to that, and takes what that does not need.
 */
export async function bindgen(step, signal) {
  const files = await cargoBuild(step, {
    select: ["--manifest-path", "scripts/bindgen/Cargo.toml"],
    // Of its own, or the two would wait for each other.
    args: ["--release", "--target-dir", "target/bindgen"],
    signal,
    yielding: true,
  });
  return files.at(-1);
}
