/** The program of wasm-bindgen must be of the library's very version. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { inProject } from "../../scripts/process.mjs";

const versionIn = (lock, crate) => new RegExp(`^name = "${crate}"\\r?\\nversion = "(.+)"`, "m").exec(readFileSync(inProject(lock), "utf8"))?.[1];

it("both lock files name one version of wasm-bindgen", () => {
  const library = versionIn("Cargo.lock", "wasm-bindgen");
  assert.ok(library);
  assert.equal(versionIn("scripts/bindgen/Cargo.lock", "wasm-bindgen-cli-support"), library);
});
