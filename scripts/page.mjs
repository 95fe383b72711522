/**
 * Builds the page at `/` into `build/page/`: `page/main.mjs` with all it imports as one script, and
 * the other files as they are. It takes a fraction of a second, and writes only what has changed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { command, inProject, isProgram } from "./process.mjs";

/** What is in the page of other people, whose licences ask to be handed on with it. */
const LIBRARIES = ["dompurify", "marked"];

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
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  for (const { path: file, contents } of outputFiles) put(file, contents);
  put(path.join(output, "index.html"), readFileSync(inProject("page/index.html")));
  put(path.join(output, "assets/icon.svg"), readFileSync(inProject("page/icon.svg")));
  put(path.join(output, "assets/licences.txt"), Buffer.from(LIBRARIES.map(licence).join("\n\n")));
}

const licence = (name) => `${name}\n\n${readFileSync(inProject("node_modules", name, "LICENSE"), "utf8")}`;

function put(file, contents) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
}

if (isProgram(import.meta.url)) await command(() => buildPage());
