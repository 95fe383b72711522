/**
 * The names of all settings, as src/config.rs lists them. In a release, which has no source, this file
 * is a list (scripts/release.mjs writes it).
 */
import { readFileSync } from "node:fs";

import { inProject } from "./process.mjs";

const [, list] = /pub const NAMES: \[&str; \d+\] = \[([^\]]*)\]/.exec(readFileSync(inProject("src/config.rs"), "utf8"));

export const NAMES = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name);
