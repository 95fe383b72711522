/** What the commands say on a machine that lacks something, or has it too old. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

import { WRANGLER, WRANGLER_ENV, inProject, scratchFolder } from "../../scripts/process.mjs";
import { call } from "./support.mjs";

const prints = (text) => `echo '${text}'`;
const OLD = { cargo: prints("cargo 1.70.0 (7fe40dc8c 2023-04-27)"), rustc: prints("rustc 1.70.0 (90c541806 2023-05-31)") };
const BUILT_BY = ["scripts/build.mjs", "scripts/demo.mjs"];
const argvOf = (script) => (script === "scripts/demo.mjs" ? ["--port", "47861"] : []);

for (const script of BUILT_BY) {
  describe(script, () => {
    it("says where Rust comes from, and that a release needs none", async () => {
      const { status, said } = await call(script, argvOf(script), { programs: {} });
      assert.match(said, /Rust is missing[^]+https:\/\/rustup\.rs[^]+archive of a release/);
      assert.doesNotMatch(said, /\bat .+:\d+:\d+/);
      assert.equal(status, 1);
    });

    it("says that a Rust of rustup is too old", async () => {
      const rustup = `[ "$1" = toolchain ] && echo 1.95.0-x86_64; true`;
      const { status, said } = await call(script, argvOf(script), { programs: { ...OLD, rustup } });
      assert.match(said, /^\nThis Rust is too old: it is 1\.70\.0, and degpt-edge needs 1\.\d+ or newer\.\nRun `rustup update`, then this again\.\n$/);
      assert.equal(status, 1);
    });

    it("says that a Rust of another source is too old", async () => {
      const { status, said } = await call(script, argvOf(script), { programs: OLD });
      assert.match(said, /too old[^]+does not come from rustup[^]+https:\/\/rustup\.rs/);
      assert.equal(status, 1);
    });

    it("says which variable asks for an old Rust", async () => {
      const { said } = await call(script, argvOf(script), { programs: { ...OLD, rustup: "true" }, env: { RUSTUP_TOOLCHAIN: "1.70.0" } });
      assert.match(said, /too old[^]+RUSTUP_TOOLCHAIN asks for 1\.70\.0/);
    });
  });
}

const NEW = { cargo: prints("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"), rustc: `case "$*" in *libdir*) echo /nowhere;; *) echo 'rustc 1.95.0';; esac` };

it("a missing wasm target without rustup is a sentence", async () => {
  const { status, said } = await call("scripts/build.mjs", [], { programs: NEW });
  assert.match(said, /standard library of wasm32-unknown-unknown is missing/);
  assert.equal(status, 1);
});

it("a missing wasm target is added by rustup, whose failure is shown", async () => {
  const rustup = `case "$*" in "toolchain list") echo 1.95.0;; --version) echo rustup 1.29;; *) echo "asked: $*"; echo "no network" >&2; exit 7;; esac`;
  const { status, said } = await call("scripts/build.mjs", [], { programs: { ...NEW, rustup } });
  assert.match(said, /asked: target add wasm32-unknown-unknown\nno network\n\nAll that it printed: \.tools\/build\.log\n$/);
  assert.equal(status, 1);
});

it("a toolchain that is not there yet is got before anything else, and that is shown", async () => {
  const rustup = `case "$*" in "toolchain list") echo stable;; *) echo rustup 1.29;; esac`;
  const { said } = await call("scripts/build.mjs", [], { programs: { ...OLD, rustup } });
  assert.match(said, /^getting Rust 1\.\d+\.\d+ …\ngot Rust 1\.\d+\.\d+ \(/);
});

/** In a folder of its own: a build that fails for wrangler takes the last one away. */
it("wrangler without cargo ends in our sentence, and deploys nothing", async () => {
  const copy = copyOfProject();
  const { status, said } = await call(WRANGLER, ["deploy", "--dry-run"], { programs: { sh: true }, env: WRANGLER_ENV, cwd: copy });
  assert.match(said, /Rust is missing[^]+https:\/\/rustup\.rs[^]+"build\/index\.js" was not found/);
  assert.doesNotMatch(said, /ChildProcess/);
  assert.notEqual(status, 0);
  assert.ok(!existsSync(path.join(copy, "build/index.js")));
});

function copyOfProject() {
  const { folder } = scratchFolder();
  for (const name of ["scripts", "wrangler.toml", "Cargo.toml", "rust-toolchain.toml", "package.json"]) {
    cpSync(inProject(name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(inProject("node_modules"), path.join(folder, "node_modules"));
  mkdirSync(path.join(folder, "build"));
  writeFileSync(path.join(folder, "build/index.js"), "export default {};");
  return folder;
}

for (const script of ["scripts/postinstall.mjs", "scripts/build.mjs", "scripts/demo.mjs", "scripts/test.mjs"]) {
  it(`an old Node is a sentence: ${script}`, async () => {
    // As far as the script sees: one that is old for true reads the same files.
    const preload = path.join(scratchFolder().folder, "old.cjs");
    writeFileSync(preload, `Object.defineProperty(process.versions, "node", { value: "16.20.2" });`);
    const { status, said } = await call(script, [], { env: { NODE_OPTIONS: `--require ${preload}` } });
    assert.match(said, /^\nThis Node is too old: it is 16\.20\.2, and degpt-edge needs 18 or newer\.\n/);
    assert.equal(status, 1);
  });
}
