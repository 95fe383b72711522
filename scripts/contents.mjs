/**
 * What a release is made of: the crates in its wasm, the packages in its page, and the packages that
 * `npm install` adds. From Cargo.lock and package-lock.json, and from cargo's word on which crates are
 * for wasm.
 *
 * An item is `{ purl, name, version, license, folder, hash, optional, needs }`: `license` is an SPDX
 * expression, `folder` is where it lies unpacked, `hash` is `{ alg, content }` of its archive, `needs`
 * are the `purl`s of what it is made with.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { Failure, ROOT, inProject } from "./process.mjs";
import { WASM_TARGET } from "./tools.mjs";

/** Crates whose data a build script puts into the program: the tables of the token counter. */
const DATA = ["tiktoken-rs"];

/** The crates in the wasm, sorted by name, without this project's own. */
export function crates() {
  const { packages, resolve } = metadata();
  const byId = new Map(packages.map((each) => [each.id, each]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const isMacro = ({ targets }) => targets.some(({ kind }) => kind.includes("proc-macro"));
  /** What is linked: neither for tests, nor for build scripts, nor what runs in the compiler. */
  const linked = (id) =>
    nodes
      .get(id)
      .deps.filter(({ dep_kinds: kinds }) => kinds.some(({ kind }) => kind === null))
      .map(({ pkg }) => pkg)
      .filter((pkg) => !isMacro(byId.get(pkg)));
  const inside = new Set();
  const visit = (id) => {
    if (inside.has(id)) return;
    inside.add(id);
    linked(id).forEach(visit);
  };
  visit(resolve.root);
  for (const name of DATA) inside.add(packages.find((each) => each.name === name).id);

  const checksums = checksumsOfCrates();
  const purl = ({ name, version }) => `pkg:cargo/${name}@${version}`;
  const others = [...inside].map((id) => byId.get(id)).filter(({ source }) => source);
  return sorted(
    others.map((each) => ({
      purl: purl(each),
      name: each.name,
      version: each.version,
      license: each.license.replaceAll("/", " OR "),
      folder: path.dirname(each.manifest_path),
      hash: { alg: "SHA-256", content: checksums.get(`${each.name} ${each.version}`) },
      needs: DATA.includes(each.name) ? [] : linked(each.id).map((id) => purl(byId.get(id))),
    })),
  );
}

function metadata() {
  const args = ["metadata", "--locked", "--format-version", "1", "--filter-platform", WASM_TARGET];
  const { status, stdout, stderr } = spawnSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Failure(`cargo metadata failed:\n${stderr}`);
  return JSON.parse(stdout);
}

function checksumsOfCrates() {
  const lock = readFileSync(inProject("Cargo.lock"), "utf8");
  const entries = lock.matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/gm);
  return new Map([...entries].map(([, name, version, checksum]) => [`${name} ${version}`, checksum]));
}

/** The packages with these names and all that they need, sorted by name. */
export function packages(names) {
  const { packages: locked } = JSON.parse(readFileSync(inProject("package-lock.json"), "utf8"));
  const inside = new Map();
  const visit = (place, optional) => {
    if (inside.has(place)) return;
    const { version, license, integrity, dependencies = {}, optionalDependencies = {} } = locked[place];
    const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
    const [, alg, content] = /^sha(\d+)-(.+)$/.exec(integrity);
    const needed = Object.keys(dependencies).map((each) => resolved(locked, place, each));
    const useful = Object.keys(optionalDependencies).map((each) => resolved(locked, place, each)).filter(Boolean);
    const item = { purl: purlOf(name, version), name, version, license, folder: inProject(place), optional };
    inside.set(place, { ...item, hash: { alg: `SHA-${alg}`, content: Buffer.from(content, "base64").toString("hex") } });
    needed.forEach((each) => visit(each, optional));
    useful.forEach((each) => visit(each, true));
    inside.get(place).needs = [...needed, ...useful].map((each) => inside.get(each).purl);
  };
  for (const name of names) visit(`node_modules/${name}`, false);
  return sorted([...inside.values()]);
}

const purlOf = (name, version) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

/** Where Node finds `name` when the package at `place` asks for it. */
function resolved(locked, place, name) {
  const inner = `${place}/node_modules/${name}`;
  if (locked[inner]) return inner;
  const outer = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")));
  return outer ? resolved(locked, outer, name) : locked[`node_modules/${name}`] && `node_modules/${name}`;
}

const sorted = (items) => items.sort((a, b) => (a.purl < b.purl ? -1 : 1));
