/**
 * `npm run release`: everything that runs the gateway without Rust, in `dist/`:
 *
 *   degpt-edge-VERSION.tgz        the release, which is also the npm package
 *   degpt-edge-VERSION.cdx.json   what is inside it (CycloneDX)
 *   degpt-edge-VERSION.sha256     the checksums of both
 *   package/                      the same, unpacked
 *
 * The same source makes the same bytes. `-- --branch DIR` also writes the layout of a release into DIR,
 * the checkout of a branch that the "Deploy to Cloudflare" button can build; `-- --check TAG` only says
 * whether a tag and the versions agree. docs/releasing.md describes it.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { build } from "./build.mjs";
import { crates, packages } from "./contents.mjs";
import { licenceTexts } from "./licences.mjs";
import { NAMES } from "./names.mjs";
import { librariesOfPage } from "./page.mjs";
import { Failure, ROOT, command, inProject, isProgram } from "./process.mjs";
import { sbom } from "./sbom.mjs";
import { versionsDisagree } from "./versions.mjs";
import { wrangler } from "./workerd.mjs";

const DIST = inProject("dist");

/** The programs of a release. What they import comes with them. */
const PROGRAMS = ["cli", "start", "demo", "deploy", "health"].map((name) => `scripts/${name}.mjs`).concat("tests/upstream/server.mjs");

/** What they read. Folders are copied whole. */
const DATA = ["scripts/*.js", "tests/upstream/recorded", "build/index.js", "build/index_bg.wasm", "README*.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs"];

/** Modules that are others in a release, which has no source. */
const REPLACED = {
  "scripts/build.mjs": () => readFileSync(inProject("release/build.mjs"), "utf8"),
  "scripts/names.mjs": () => `/** The names of all settings. */\nexport const NAMES = ${JSON.stringify(NAMES, undefined, 2)};\n`,
};

/** Files that are a release's own, and what they are called there. */
const OWN = { Dockerfile: "Dockerfile", "compose.yaml": "compose.yaml", dockerignore: ".dockerignore", "dev.vars.example": ".dev.vars.example" };

/** Makes the release in the folder `dist`; returns its files by their kinds. */
export async function release(dist = DIST) {
  const folder = path.join(dist, "package");
  rmSync(folder, { recursive: true, force: true });
  const { modules, needed } = importsOf(PROGRAMS);
  for (const file of modules) put(folder, file, REPLACED[file]?.() ?? readFileSync(inProject(file)));
  for (const pattern of [...DATA, wrangler().assets?.directory ?? []].flat()) {
    for (const file of globSync(pattern, { cwd: ROOT })) cpSync(inProject(file), path.join(folder, file), { recursive: true });
  }
  for (const [file, name] of Object.entries(OWN)) put(folder, name, readFileSync(inProject("release", file)));
  put(folder, "wrangler.toml", withoutBuild(readFileSync(inProject("wrangler.toml"), "utf8")));
  const about = manifest(needed);
  put(folder, "package.json", `${JSON.stringify(about, undefined, 2)}\n`);
  const inside = [...crates(), ...packages(await librariesOfPage())];
  put(folder, "THIRD-PARTY-LICENSES.txt", licenceTexts(inside));

  const name = path.join(dist, `${about.name}-${about.version}`);
  const files = { archive: `${name}.tgz`, sbom: `${name}.cdx.json`, checksums: `${name}.sha256`, folder };
  pack(folder, dist);
  writeFileSync(files.sbom, sbom(about, [...inside, ...packages(needed)]));
  writeFileSync(files.checksums, [files.archive, files.sbom].map((file) => `${sha256(file)}  ${path.basename(file)}\n`).join(""));
  return files;
}

function put(folder, file, content) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
}

/** The modules that `programs` are made of, and the names of the packages that they import. */
function importsOf(programs) {
  const modules = new Set();
  const needed = new Set();
  const visit = (file) => {
    if (modules.has(file)) return;
    modules.add(file);
    const text = String(REPLACED[file]?.() ?? readFileSync(inProject(file), "utf8"));
    for (const [, from, name = from] of text.matchAll(/^(?:import|export)\b[^"';]*\bfrom\s+["']([^"']+)["']|^import\s+["']([^"']+)["']/gm)) {
      if (name.startsWith(".")) visit(path.join(path.dirname(file), name));
      else if (!name.startsWith("node:")) needed.add(name);
    }
  };
  programs.forEach(visit);
  return { modules: [...modules].sort(), needed: [...needed].sort() };
}

/** wrangler.toml without its section `[build]`: what is deployed is built. */
export const withoutBuild = (toml) => toml.replace(/^\[build\]\n(?:(?!\[|#).*\n)*/m, "");

/** package.json of a release, with the versions that this project is tested with. */
function manifest(needed) {
  const { name, version, devDependencies } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
  const rest = JSON.parse(readFileSync(inProject("release/package.json"), "utf8"));
  const repository = process.env.GITHUB_REPOSITORY; // Without it npm takes no provenance.
  return {
    name,
    version,
    ...rest,
    ...(repository && { repository: { type: "git", url: `git+https://github.com/${repository}.git` } }),
    dependencies: Object.fromEntries(needed.map((each) => [each, devDependencies[each]])),
    devDependencies: { wrangler: devDependencies.wrangler },
  };
}

/** npm's archives are the same for the same files: it fixes their order, times, owners and modes. */
function pack(folder, dist) {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", dist];
  const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Failure(`npm pack failed:\n${stderr}`);
}

const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Writes the layout of a release into `branch`, in place of what was there, but for Git's own. */
export function writeBranch(folder, branch) {
  mkdirSync(branch, { recursive: true });
  for (const name of readdirSync(branch)) {
    if (name !== ".git") rmSync(path.join(branch, name), { recursive: true });
  }
  cpSync(folder, branch, { recursive: true });
  put(branch, ".gitignore", "/.dev.vars\n/.tools/\n/.wrangler/\n/data/\n/node_modules/\n");
  const about = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  put(branch, "package.json", `${JSON.stringify({ ...about, private: true }, undefined, 2)}\n`);
}

async function main() {
  const { values } = parseArgs({ options: { branch: { type: "string" }, check: { type: "string" } } });
  const disagreement = versionsDisagree(values.check);
  if (disagreement) throw new Failure(disagreement);
  if (values.check) return;
  await build();
  const { archive, sbom, checksums, folder } = await release();
  for (const file of [archive, sbom, checksums]) console.log(path.relative(ROOT, file));
  if (!values.branch) return;
  if (existsSync(values.branch) && readdirSync(values.branch).length > 0 && !existsSync(path.join(values.branch, ".git"))) {
    throw new Failure(`${values.branch} is no checkout of a branch, and not empty: what is in it would be lost.`);
  }
  writeBranch(folder, values.branch);
  console.log(`The branch's files are in ${values.branch}: commit and push them.`);
}

if (isProgram(import.meta.url)) await command(main);
