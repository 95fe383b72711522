/** In place of the build: a release has the built worker in it. */
import { existsSync } from "node:fs";

import { Failure, inProject } from "./process.mjs";

export async function build() {
  const missing = ["index.js", "index_bg.wasm"].find((name) => !existsSync(inProject("build", name)));
  if (missing) throw new Failure(`build/${missing} is missing: unpack the release again.`);
}

export async function buildForDemo() {
  await build();
  return "build";
}
