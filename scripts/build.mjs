/**
 * Builds the Worker: `build/index.js` and `build/index_bg.wasm`, the two files that are tested,
 * served and deployed, and beside them the page at `/` (page.mjs).
 *
 * cargo compiles the crate, and beside it the program of wasm-bindgen, which writes the JavaScript around
 * it. esbuild joins that and the entry into one file, and wasm-opt makes the wasm smaller. wrangler runs
 * this as its build command; when nothing has changed it ends within a second.
 *
 * worker-build takes the same steps, but it links OpenSSL: a fresh machine cannot build it without
 * the headers of that.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Failure, NODE, command, inProject, isNodeNew, isProgram, scratchFolder, seconds } from "./process.mjs";
import { args } from "./args.mjs";
import { cargoBuild } from "./cargo.mjs";
import { namedByLikeness } from "./order.mjs";
import { buildPage } from "./page.mjs";
import { Steps } from "./steps.mjs";
import { BINDGEN_SOURCES, WASM_TARGET, bindgen, ensureBuildTools } from "./tools.mjs";

const PRODUCTS = ["index.js", "index_bg.wasm"];

/** What they were made of. */
const STAMP = "stamp";

/** Joins a request to the Rust handler. After a panic the generated code starts a fresh instance. */
const ENTRY = inProject("src/edge/last_resort.mjs");

/** What the entry and the generated code share, and what the entry imports: they are put beside that. */
const BESIDE = ["calls", "ledger", "page"].map((name) => inProject(`src/edge/${name}.mjs`));

/** Those the Rust target has, and exceptions, which wasm-bindgen's imports use. */
const WASM_FEATURES = [
  "bulk-memory",
  "exception-handling",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];

/**
 * rustc has inlined what is worth it. wasm-opt would go on to join the whole way of a request into
 * one function of 115 KB, which the runtime compiles at the first request however little of it runs;
 * and what is joined and optimized anew repeats itself less, so that it compresses worse. Only the
 * small ones that have a single caller (each import has two of them around it) are joined to that:
 * 230 functions less to compile for the first answer, for 2 KB.
 */
const SMALL_FUNCTIONS = [
  "--always-inline-max-function-size=0",
  "--flexible-inline-max-function-size=0",
  "--one-caller-inline-max-function-size=60",
];

/**
 * What makes the code repeat itself more, so that it compresses better. A value that is taken from
 * memory twice is not kept in a local of its own, which the runtime's compiler does by itself. And
 * loads and stores do not say how their addresses are aligned, for which no runtime has a use.
 */
const ALIKE = ["--skip-pass=local-cse", "--dealign"];

/**
 * Without what nothing reads: the names of functions, a sixth of the bundle (panics are logged with
 * file and line), and which tools wrote the file. The levels are those of `-O`, by which the code is
 * written in its short form.
 */
const BARE = ["--strip-producers", "--strip-target-features", "--optimize-level=2", "--shrink-level=1"];

/** Cutting zeros out of the tables makes hundreds of segments, and gzip does it better. */
const WHOLE_DATA = ["--skip-pass=memory-packing"];

/**
 * What has the two crates of the project compiled in a third of the time: without optimization. Those of
 * others are compiled as ever, so that a whole build has them already.
 */
const HASTY = [
  ...["degpt-edge", "degpt-edge-base"].map((name) => `profile.release.package.${name}.codegen-units=16`),
  "profile.release.package.degpt-edge.opt-level=0",
  "profile.release.package.degpt-edge-base.opt-level=1",
].flatMap((setting) => ["--config", setting]);

/** Where the demo's Worker is built in haste. */
export const HASTY_FOLDER = path.join("target", "demo");

/**
 * Builds what the demo runs, and returns the folder it is in. As long as there was no whole build, which
 * every other command makes, it is one in haste: larger, slower, and there half a minute sooner.
 */
export async function buildForDemo() {
  const isBuilt = existsSync(inProject("build", STAMP));
  await (isBuilt ? build() : build({ output: inProject(HASTY_FOLDER), isHasty: true }));
  return isBuilt ? "build" : HASTY_FOLDER;
}

/**
 * Builds what is out of date, into the folder `output`, compiling with `env` in the environment and
 * with the crate's `features`, of which a deployment has none.
 */
export async function build({ output = inProject("build"), env = {}, features = [], isHasty = false } = {}) {
  const start = performance.now();
  if (!isNodeNew) throw new Failure(`A build needs Node 22 or newer, and this is ${process.versions.node}.\nnpm brings one along where there is one for the platform: was \`npm install\` told to leave out optional packages?`);
  const steps = new Steps(path.basename(output));
  try {
    await ensureBuildTools(steps);
    await buildPage(path.join(output, "page"));
    const { compiled, program } = await compile(steps, { env, features, isHasty });
    if (isCurrent(output, stampOf(compiled))) return console.log(`the worker is up to date (${seconds(start)})`);
    await finish(steps, { compiled, program, output, isHasty });
    console.log(`built the worker (${seconds(start)})`);
  } finally {
    steps.close();
  }
}

/** Compiles the crate and wasm-bindgen's program; resolves to the paths of both. */
async function compile(steps, { env, features, isHasty }) {
  const failed = new AbortController();
  const { signal } = failed;
  const select = ["--lib", "--target", WASM_TARGET];
  const args = ["--release", ...(isHasty ? HASTY : [])];
  if (features.length > 0) {
    select.push("--features", features.join(","));
    args.push("--target-dir", targetOf(features));
  }
  try {
    const [files, program] = await Promise.all([
      steps.step({ doing: "compiling the worker", done: "compiled the worker", mayBeNothing: true, long: true }, (step) =>
        cargoBuild(step, { select, args, env: { ...env, ...withoutHome(env) }, signal }),
      ),
      steps.step({ doing: "compiling wasm-bindgen", done: "compiled wasm-bindgen", mayBeNothing: true }, (step) => bindgen(step, signal)),
    ]);
    // Dependencies come first, the crate itself last.
    return { compiled: files.findLast((file) => file.endsWith(".wasm")), program };
  } catch (error) {
    failed.abort(); // Nobody waits for the other one.
    throw error;
  }
}

/**
 * Has rustc leave out of the places of panics where cargo keeps its crates on this machine. So the wasm is
 * the same whoever builds it.
 */
function withoutHome({ RUSTFLAGS = process.env.RUSTFLAGS ?? "" }) {
  const crates = path.join(process.env.CARGO_HOME ?? path.join(homedir(), ".cargo"), "registry", "src");
  const flags = [...RUSTFLAGS.split(" ").filter(Boolean), `--remap-path-prefix=${crates}=crates`];
  return { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

/** Makes the products of what was compiled. */
async function finish(steps, { compiled, program, output, isHasty }) {
  // wrangler uploads every wasm file in the output folder, so unfinished ones stand elsewhere.
  const { folder, remove } = scratchFolder();
  try {
    await steps.step({ doing: "joining the JavaScript", done: "joined the JavaScript" }, async (step) => {
      await step.run(program, [compiled, folder]);
      await bundle(folder);
      if (!isHasty) await keepUsedExports(folder);
    });
    if (!isHasty) {
      await steps.step({ doing: "shrinking the wasm", done: "shrank the wasm" }, (step) => optimize(step, path.join(folder, "index_bg.wasm")));
    }
    // The stamp goes first and comes back last: broken off in between, the next run builds again.
    const stampFile = path.join(output, STAMP);
    mkdirSync(output, { recursive: true });
    rmSync(stampFile, { force: true });
    for (const name of PRODUCTS) renameSync(path.join(folder, name), path.join(output, name));
    writeFileSync(stampFile, stampOf(compiled));
  } finally {
    remove();
  }
}

function isCurrent(output, stamp) {
  const file = path.join(output, STAMP);
  return existsSync(file) && readFileSync(file, "utf8") === stamp && PRODUCTS.every((name) => existsSync(path.join(output, name)));
}

/**
 * Where the crate is compiled with `features`: beside the ordinary one, or each of the two would be
 * compiled anew whenever the other was. It begins as a copy, for the dependencies are the same, and
 * compiling them takes minutes.
 */
function targetOf(features) {
  const target = inProject("target", features.join("-"));
  if (existsSync(target)) return target;
  for (const part of ["release", path.join(WASM_TARGET, "release")]) {
    const from = inProject("target", part);
    if (!existsSync(from)) continue;
    mkdirSync(path.join(target, part), { recursive: true });
    for (const name of [".fingerprint", "build", "deps"]) {
      // With the times of the files, to their fractions, by which cargo knows what is up to date.
      spawnSync("cp", ["-a", path.join(from, name), path.join(target, part)]);
    }
  }
  return target;
}

/** What the products depend on: the compiled crate, the versions of the tools and this recipe. */
function stampOf(compiled) {
  const hash = createHash("sha256");
  const recipe = fileURLToPath(import.meta.url);
  const edge = readdirSync(inProject("src/edge")).filter((file) => file.endsWith(".mjs")).sort();
  const scripts = edge.map((file) => `src/edge/${file}`);
  const files = ["package-lock.json", "Cargo.lock", "scripts/order.mjs", ...BINDGEN_SOURCES, ...scripts];
  const inputs = [compiled, ...files.map((file) => inProject(file)), recipe];
  for (const file of inputs) hash.update(readFileSync(file));
  return hash.digest("hex");
}

async function optimize(step, wasm) {
  await wasmOpt(step, wasm, ["-O", ...SMALL_FUNCTIONS, ...ALIKE]);
  writeFileSync(wasm, namedByLikeness(readFileSync(wasm)));
  await wasmOpt(step, wasm, ["--reorder-functions-by-name", ...BARE]);
}

function wasmOpt(step, wasm, options) {
  const always = [...WHOLE_DATA, ...WASM_FEATURES.map((feature) => `--enable-${feature}`)];
  return step.run(NODE, [inProject("node_modules/binaryen/bin/wasm-opt"), wasm, "-o", wasm, ...options, ...always]);
}

/** wasm-bindgen copies the modules that the crate names, and not what those import from beside them. */
const besideTheSource = {
  name: "beside the source",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/\w+\.mjs$/ }, ({ path: name, importer }) =>
      importer.includes(`${path.sep}snippets${path.sep}`) ? { path: inProject(path.join("src/edge", name)) } : undefined,
    ),
};

async function bundle(folder) {
  const esbuild = await import("esbuild");
  const file = path.join(folder, "index.js");
  // Marks by which esbuild knows that it may drop the classes that nothing uses.
  const generated = readFileSync(file, "utf8")
    .replaceAll(/^if \(Symbol\.dispose\) .*\n/gm, "")
    .replaceAll("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(");
  writeFileSync(file, withTraps(generated));
  for (const module of BESIDE) copyFileSync(module, path.join(folder, path.basename(module)));
  await esbuild.build({
    stdin: { contents: readFileSync(ENTRY, "utf8"), resolveDir: folder },
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    external: ["./index_bg.wasm", "cloudflare:workers"],
    plugins: [besideTheSource],
    logLevel: "warning",
  });
  // The Workers runtime hands out a compiled module for a plain import of a .wasm file.
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("import source ", "import "));
}

/**
 * The generated code with all traps told to `trapped()`. By itself it throws each on to the runtime,
 * which logs it with its text, and keeps the instance that failed until it is called again: the
 * closures that wait for a timer or a read would be called in the next one, with addresses of the
 * first.
 */
function withTraps(generated) {
  const changes = [
    // Every call into wasm ends here if it fails. A call from within another may be among them, so
    // the next instance waits for the end of the outermost.
    [
      "    getInt32ArrayMemory0()[__wbg_terminated_addr] = 1;\n    __wbg_call_abort_hook();\n    throw e;",
      `    if (__wbg_called_abort) return;
    getInt32ArrayMemory0()[__wbg_terminated_addr] = 1;
    __wbg_call_abort_hook();
    trapped(e, wasm.current_call(), __wbg_reset_state);`,
    ],
    // A value would be looked for in what failed.
    ["            __wbg_handle_catch(e);", "            return __wbg_handle_catch(e);"],
    ["        __wbg_handle_catch(e);", "        return __wbg_handle_catch(e);"],
    // What the runtime still calls of an instance that failed has nothing to do any more.
    [
      "        if (state.instance !== __wbg_instance_id) {\n            throw new Error('Cannot invoke closure from previous WASM instance');",
      "        if (state.instance !== __wbg_instance_id || __wbg_called_abort) {\n            return;",
    ],
    // What a closure owns may fail when it is dropped.
    [
      "            wasm.__wbindgen_destroy_closure(state.a, state.b);",
      "            destroyClosure(state);",
    ],
    [
      "        wasm.__wbindgen_destroy_closure(state.a, state.b);",
      "        destroyClosure(state);",
    ],
  ];
  let changed = `import { trapped } from "./calls.mjs";
${generated}
function destroyClosure({ a, b, instance }) {
    if (instance !== __wbg_instance_id || __wbg_called_abort) return;
    try {
        wasm.__wbindgen_destroy_closure(a, b);
    } catch (e) {
        __wbg_handle_catch(e);
    }
}
`;
  for (const [old, now] of changes) {
    if (!changed.includes(old)) throw new Failure(`wasm-bindgen no longer writes:\n${old}`);
    changed = changed.replaceAll(old, now);
  }
  return changed;
}

/** Has wasm-opt drop what is only there for classes of `worker` that the bundle has dropped. */
async function keepUsedExports(folder) {
  const { default: binaryen } = await import("binaryen");
  const bundled = readFileSync(path.join(folder, "index.js"), "utf8");
  const file = path.join(folder, "index_bg.wasm");
  const module = binaryen.readBinary(readFileSync(file));
  const count = module.getNumExports();
  const exports = Array.from({ length: count }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)));
  const unused = exports.filter(({ name }) => !bundled.includes(`.${name}`));
  for (const { name } of unused) module.removeExport(name);
  writeFileSync(file, module.emitBinary());
}

async function main() {
  const asked = args({
    command: "npm run build",
    about: "Builds the Worker into build/: what the tests run, and what is deployed.",
    options: { "for-wrangler": { about: "after a failure there is no build/index.js, and the status is 0" } },
  });
  await (asked["for-wrangler"] ? buildForWrangler() : build());
}

/**
 * Of a build command that ends with a status, wrangler shows the child process as an object, 300 lines
 * long, below what the command said. Of one that leaves no output it says so in a sentence, and fails too.
 */
async function buildForWrangler() {
  try {
    await build();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    for (const name of [...PRODUCTS, STAMP]) rmSync(inProject("build", name), { force: true });
    console.error(`\n${error.message}`);
  }
}

if (isProgram(import.meta.url)) await command(main);
