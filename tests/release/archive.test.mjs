/**
 * The release: what is in it, and that it serves on a machine with Node alone, where neither cargo nor
 * rustup is on the PATH.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";

import { Validator } from "@cfworker/json-schema";
import { parse } from "smol-toml";

import { NAMES } from "../../scripts/names.mjs";
import { ROOT, inProject } from "../../scripts/process.mjs";
import { release, writeBranch } from "../../scripts/release.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { bareEnvironment } from "./bare.mjs";
import { BOM } from "./bom-schema.mjs";
import { KEY, NOBODY, chat, folderFor, freePort, nodeForAll, running, saidIn } from "./running.mjs";

const top = mkdtempSync(path.join(tmpdir(), "degpt-edge-"));
after(() => rmSync(top, { recursive: true, force: true }));
const environment = bareEnvironment(path.join(top, "bin"));
let files;
before(async () => (files = await release(path.join(top, "dist"))));

const read = (file) => readFileSync(path.join(files.folder, file), "utf8");
const inside = () => readdirSync(files.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** Runs a program of the bare machine to its end. */
function run(program, args, { cwd, env = {} }) {
  const { status, stdout, stderr } = spawnSync(path.join(environment.PATH, program), args, { cwd, env: { ...environment, ...env }, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout + stderr;
}

describe("the archive", () => {
  it("has the same bytes whenever it is made", async () => {
    for (const file of ["wrangler.toml", "build/index_bg.wasm"]) utimesSync(inProject(file), new Date(), new Date());
    const again = await release(path.join(top, "again"));
    for (const kind of ["archive", "sbom", "checksums"]) assert.ok(readFileSync(files[kind]).equals(readFileSync(again[kind])), kind);
  });

  it("comes with its checksums", () => {
    const lines = readFileSync(files.checksums, "utf8").trim().split("\n").map((line) => line.split("  "));
    assert.deepEqual(lines.map(([, name]) => name), [files.archive, files.sbom].map((file) => path.basename(file)));
    for (const [sum, name] of lines) {
      assert.equal(createHash("sha256").update(readFileSync(path.join(path.dirname(files.archive), name))).digest("hex"), sum);
    }
  });

  it("comes with a bill of materials in the form of CycloneDX", () => {
    const bom = JSON.parse(readFileSync(files.sbom, "utf8"));
    const { valid, errors } = new Validator(BOM, "2020-12", false).validate(bom);
    assert.ok(valid, JSON.stringify(errors.slice(0, 5), undefined, 2));
    const refs = bom.components.map((component) => component["bom-ref"]);
    assert.equal(new Set(refs).size, refs.length);
    const all = new Set([bom.metadata.component["bom-ref"], ...refs]);
    for (const { ref, dependsOn } of bom.dependencies) for (const each of [ref, ...dependsOn]) assert.ok(all.has(each), each);
    const crates = refs.filter((ref) => ref.startsWith("pkg:cargo/"));
    for (const name of ["worker", "wasm-bindgen", "serde", "sha2", "tiktoken-rs"]) assert.ok(crates.some((ref) => ref.includes(`/${name}@`)), name);
    assert.ok(!crates.some((ref) => /proptest|syn@|degpt-edge/.test(ref)), "only what is linked, and of others");
    assert.ok(refs.some((ref) => ref.startsWith("pkg:npm/workerd@")));
  });

  it("has the licence of everything that is inside", () => {
    const text = read("THIRD-PARTY-LICENSES.txt");
    const { components } = JSON.parse(readFileSync(files.sbom, "utf8"));
    for (const { name, version, purl } of components.filter(({ purl }) => purl.startsWith("pkg:cargo/"))) assert.ok(text.includes(`\n${name} ${version}: `), purl);
    for (const words of ["Permission is hereby granted", "Apache License", "Unicode, Inc.", "Redistribution and use in source"]) assert.ok(text.includes(words), words);
  });

  it("has what is deployed, byte for byte, and no build", () => {
    for (const file of ["build/index.js", "build/index_bg.wasm"]) assert.ok(readFileSync(path.join(files.folder, file)).equals(readFileSync(inProject(file))), file);
    const { build, ...rest } = parse(readFileSync(inProject("wrangler.toml"), "utf8"));
    assert.ok(build);
    assert.equal(JSON.stringify(parse(read("wrangler.toml"))), JSON.stringify(rest));
    const page = rest.assets?.directory;
    if (page) assert.deepEqual(readdirSync(path.join(files.folder, page), { recursive: true }).sort(), readdirSync(inProject(page), { recursive: true }).sort());
  });

  it("has no source, no test, no key and no path of the machine it was made on", () => {
    for (const { name, parentPath } of inside()) {
      assert.doesNotMatch(name, /\.rs$|\.test\.mjs$|^\.dev\.vars$|^package-lock\.json$/);
      if (/\.(wasm|png)$/.test(name)) continue;
      const text = readFileSync(path.join(parentPath, name), "utf8");
      for (const place of [ROOT, `${homedir()}/`]) assert.ok(!text.includes(place), `${name} has ${place}`);
    }
  });

  it("has nothing that only newer versions of Node know", () => {
    const { engines } = JSON.parse(read("package.json"));
    assert.equal(engines.node, ">=18");
    const newer = /\bglobSync\b|import\.meta\.(dirname|filename)|\bloadEnvFile\b|\bstyleText\b|Array\.fromAsync|\.groupBy\(|withResolvers/;
    for (const { name, parentPath } of inside().filter(({ name }) => name.endsWith(".mjs"))) {
      assert.doesNotMatch(readFileSync(path.join(parentPath, name), "utf8"), newer, name);
    }
  });

  it("describes every setting that the form of the Deploy button shows", () => {
    const { bindings } = JSON.parse(read("package.json")).cloudflare;
    const { vars, durable_objects: objects, assets } = parse(read("wrangler.toml"));
    const secrets = [...read(".dev.vars.example").matchAll(/^(\w+)=(.*)$/gm)];
    for (const [, name, value] of secrets) {
      assert.ok(NAMES.includes(name), name);
      assert.equal(value, "", "no placeholder that somebody may deploy");
    }
    const shown = [...Object.keys(vars), ...secrets.map(([, name]) => name), ...(objects?.bindings ?? []).map(({ name }) => name)];
    if (assets?.binding) shown.push(assets.binding);
    for (const name of shown) assert.match(bindings[name]?.description ?? "", /.{10,}/, name);
    for (const name of Object.keys(bindings)) assert.ok(name === "ASSETS" || shown.includes(name), name);
  });

  it("is the layout of a branch for the button", (t) => {
    const branch = folderFor(t);
    mkdirSync(path.join(branch, ".git"));
    writeFileSync(path.join(branch, "old"), "");
    writeBranch(files.folder, branch);
    assert.deepEqual(new Set(readdirSync(branch)), new Set([...readdirSync(files.folder), ".git", ".gitignore"]));
    const { private: isPrivate, scripts } = JSON.parse(readFileSync(path.join(branch, "package.json"), "utf8"));
    assert.equal(isPrivate, true);
    assert.equal(scripts.build, undefined, "Cloudflare would run it");
  });
});

describe("a stranger with Node alone", () => {
  const folder = path.join(top, "package");

  it("has no Rust there", () => {
    for (const program of ["cargo", "rustc", "rustup"]) assert.ok(!existsSync(path.join(environment.PATH, program)));
  });

  it("has a streamed answer on screen within a minute of unpacking, 30 s of them for the demo", async (t) => {
    const start = Date.now();
    run("tar", ["xzf", files.archive], { cwd: top });
    run("npm", ["install"], { cwd: folder });
    const installed = Date.now();
    const port = await freePort();
    const demo = running(t, path.join(environment.PATH, "npm"), ["run", "demo", "--", "--port", String(port)], { cwd: folder, env: environment });
    await demo.until(/curl/);
    const body = JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Hello!" }], stream: true });
    const headers = ["-H", "Authorization: Bearer YOUR_API_KEY", "-H", "Content-Type: application/json"];
    const curl = running(t, path.join(environment.PATH, "curl"), ["-sN", `http://localhost:${port}/api/v1/chat/completions`, ...headers, "-d", body], { cwd: folder, env: environment });
    await curl.ended;
    const end = Date.now();
    t.diagnostic(`installed after ${installed - start} ms, answered after ${end - start} ms`);
    assert.ok(saidIn(curl.out()).length > 0, curl.out());
    assert.match(curl.out(), /data: \[DONE\]\s*$/);
    assert.ok(end - start < 60_000 && end - installed < 30_000, `${end - start} ms, ${end - installed} ms`);
    demo.kill("SIGTERM");
    await demo.ended;
  });

  it("serves by npm start, and npm passes on SIGTERM", async (t) => {
    const upstream = await startUpstream({ defaults: { text: "Hi there", chunkCount: 20, paceMs: 50 } });
    t.after(() => upstream.close());
    const port = await freePort();
    const env = { ...environment, API_KEYS: KEY, PORT: String(port), DEGPT_ORIGINS: upstream.url };
    const gateway = running(t, path.join(environment.PATH, "npm"), ["start"], { cwd: folder, env });
    await gateway.until(/degpt-edge serves on/);
    const response = await chat(`http://127.0.0.1:${port}`);
    assert.equal(response.status, 200);
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: "text/html" } });
    assert.match(page.headers.get("content-type"), /^text\/html/);
    for (const [, file] of (await page.text()).matchAll(/(?:src|href)="(\/?assets\/[^"]+)"/g)) {
      assert.equal((await fetch(new URL(file, page.url))).status, 200, file);
    }
    gateway.kill("SIGTERM");
    assert.match(await response.text(), /data: \[DONE\]\s*$/);
    await gateway.ended;
    assert.match(gateway.err(), /Ending: open answers/);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), "nothing is left behind");
  });

  it("deploys by npx wrangler deploy, which shows the bindings", () => {
    const said = run("npx", ["wrangler", "deploy", "--dry-run"], { cwd: folder });
    const { durable_objects: objects, vars, assets } = parse(read("wrangler.toml"));
    const names = [...(objects?.bindings ?? []).map(({ name }) => name), ...Object.keys(vars), ...(assets ? [assets.binding] : [])];
    for (const name of names) assert.match(said, new RegExp(`env\\.${name}\\b`));
    assert.match(said, /index_bg\.wasm/);
    assert.doesNotMatch(said, /Running custom build/);
  });

  it("has it as a command once it is installed as a package, without wrangler", async (t) => {
    const project = folderFor(t);
    writeFileSync(path.join(project, "package.json"), "{}");
    run("npm", ["install", files.archive], { cwd: project });
    assert.ok(!existsSync(path.join(project, "node_modules/wrangler")));
    const help = run("npx", ["degpt-edge", "help"], { cwd: project });
    for (const command of ["start", "demo", "deploy"]) assert.match(help, new RegExp(`degpt-edge \\[?${command}`));
    const port = await freePort();
    writeFileSync(path.join(project, ".dev.vars"), `API_KEYS=${KEY}\nPORT=${port}\nDEGPT_ORIGINS=http://127.0.0.1:1\n`);
    const gateway = running(t, path.join(environment.PATH, "npx"), ["degpt-edge"], { cwd: project, env: environment });
    await gateway.until(/degpt-edge serves on/);
    assert.equal((await chat(`http://127.0.0.1:${port}`, { key: "not-the-key-of-the-tests" })).status, 401);
    assert.ok(existsSync(path.join(project, "data")), "data is where it was started");
    gateway.kill("SIGTERM");
    await gateway.ended;

    // As `sudo npm install --global` leaves it: for those who use it there is nothing to write to.
    chmodSync(project, 0o755);
    if (!NOBODY.uid) spawnSync("chmod", ["-R", "a-w", path.join(project, "node_modules/degpt-edge")]);
    const program = path.join(project, "node_modules/degpt-edge/scripts/cli.mjs");
    const demo = running(t, nodeForAll(), [program, "demo", "--port", String(port)], { cwd: "/", env: environment, ...NOBODY });
    await demo.until(/Ctrl-C ends it/);
    assert.equal((await chat(`http://127.0.0.1:${port}`, { key: "YOUR_API_KEY" })).status, 200);
    demo.kill("SIGTERM");
    await demo.ended;
    spawnSync("chmod", ["-R", "u+w", project]);
  });
});
