/**
 * Builds the page at `/` into `build/page/`: `page/main.mjs` with all it imports as one script, and
 * the other files as they are. It takes a fraction of a second, and writes only what has changed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { command, inProject, isProgram } from "./process.mjs";

/** Oldest browsers: those of early 2023. */
const TARGET = ["chrome111", "firefox111", "safari16.4"];

export async function buildPage(output = inProject("build/page")) {
  const esbuild = await import("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: { app: inProject("page/main.mjs"), style: inProject("page/style.css") },
    outdir: path.join(output, "assets"),
    bundle: true,
    minify: true,
    format: "esm",
    target: TARGET,
    charset: "utf8",
    loader: { ".md": "text" }, // The docs of the apps' settings are part of the page.
    legalComments: "eof", // The licences of the libraries ask for it.
    write: false,
    logLevel: "warning",
  });
  for (const { path: file, contents } of outputFiles) put(file, contents);
  put(path.join(output, "index.html"), readFileSync(inProject("page/index.html")));
  put(path.join(output, "assets/icon.svg"), readFileSync(inProject("page/icon.svg")));
}

function put(file, contents) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
}

if (isProgram(import.meta.url)) await command(() => buildPage());
