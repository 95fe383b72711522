/**
 * Builds the page at `/` into `build/page/`: `page/main.mjs` with all it imports as one script, and
 * the other files as they are. It takes a fraction of a second, and writes only what has changed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { ROOT, command, inProject, isProgram } from "./process.mjs";

/** Oldest browsers: those of early 2023. */
const TARGET = ["chrome111", "firefox111", "safari16.4"];

export async function buildPage(output = inProject("build/page")) {
  const { outputFiles, metafile } = await bundle(output);
  for (const { path: file, contents } of outputFiles) put(file, contents);
  put(path.join(output, "index.html"), readFileSync(inProject("page/index.html")));
  put(path.join(output, "assets/icon.svg"), readFileSync(inProject("page/icon.svg")));
  put(path.join(output, "assets/licences.txt"), Buffer.from(librariesIn(metafile).map(licence).join("\n\n")));
}

/** The names of the packages that are in the page, whose licences ask to be handed on with it. */
export const librariesOfPage = async () => librariesIn((await bundle(inProject("build/page"))).metafile);

async function bundle(output) {
  const esbuild = await import("esbuild");
  return esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: { app: inProject("page/main.mjs"), style: inProject("page/style.css") },
    outdir: path.join(output, "assets"),
    bundle: true,
    minify: true,
    format: "esm",
    target: TARGET,
    charset: "utf8",
    loader: { ".md": "text" }, // The docs of the apps' settings are part of the page.
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
}

function librariesIn({ inputs }) {
  const names = Object.keys(inputs).map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

const licence = (name) => `${name}\n\n${readFileSync(inProject("node_modules", name, "LICENSE"), "utf8")}`;

function put(file, contents) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
}

if (isProgram(import.meta.url)) await command(() => buildPage());
