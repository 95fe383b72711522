/**
 * The versions of the npm clients that are installed, for the names of tests.
 */
import { readFileSync } from "node:fs";

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));

/** Of a folder in node_modules: an alias's folder has the name of the alias. */
export const packageVersion = (folder, modules = "node_modules") => read(`${modules}/${folder}/package.json`).version;
