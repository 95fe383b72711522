/**
 * The gateway with faults on demand: the built Worker with the feature `provoke`, which is never
 * deployed. A request asks for its fault in a header; see src/edge/provoke.rs.
 */
import path from "node:path";

import { build } from "../../scripts/build.mjs";
import { inProject } from "../../scripts/process.mjs";
import { startGateway } from "../harness.mjs";

const FOLDER = ".tools/provoke";

/** The header for `kind` at `place`, perhaps with `*` and at which time that it comes there. */
export const provoke = (kind, place) => ({ "x-provoke": `${kind}@${place}` });

/** Builds it, if it is not, and starts it; the options are startGateway's. */
export async function startProvoked(options) {
  await build({ output: inProject(FOLDER), features: ["provoke"] });
  return startGateway({ folder: path.normalize(FOLDER), ...options });
}
