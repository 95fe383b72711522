/**
 * `npm test [-- --only NAME]`: every check there is, one after the other, then one summary whose
 * last line is the count. A failed step does not stop the next.
 *
 * Each test case of cargo and node counts as one, and so does each of the other checks.
 */
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { args } from "./args.mjs";
import { build } from "./build.mjs";
import { ensureClients, ensureNpmClients } from "./clients.mjs";
import { costs } from "./costs.mjs";
import { ensureDevVars } from "./dev-vars.mjs";
import { imports } from "./imports.mjs";
import { Failure, NODE, ROOT, WRANGLER, WRANGLER_ENV, atExit, command, inProject, scratchFolder, seconds } from "./process.mjs";
import { programSize } from "./size.mjs";
import { audits } from "./supply.mjs";
import { WASM_TARGET, ensureCheckTools } from "./tools.mjs";

/**
 * What a deployment may weigh gzipped, and what of it the program without the tables of the token
 * counter. Cloudflare's own limit on the free plan is 3 MB.
 */
const BUNDLE_LIMIT_KIB = 1_200;
const PROGRAM_LIMIT_BYTES = 310_000;

/** For one test file of node's and one case in it; one that hangs then fails instead of holding up the rest. */
const TEST_LIMIT_MS = 300_000;

const WASM = ["--target", WASM_TARGET];
/** The dependencies are those of Cargo.lock; a newer one is a commit of its own. */
const LOCKED = ["--locked"];
const DENY_WARNINGS = ["--", "-D", "warnings"];

/** Name, what it does, and how: a function that resolves to a `tally`. */
const STEPS = [
  ["format", "the format of the Rust code", () => check("cargo", ["fmt", "--all", "--check"])],
  ["format-bindgen", "the format of wasm-bindgen's program", () => check("cargo", ["fmt", "--manifest-path", "scripts/bindgen/Cargo.toml", "--check"])],
  ["native", "the Rust tests", cargoTest],
  ["costs", "the instructions the core takes", () => costs()],
  ["clippy", "clippy", () => check("cargo", ["clippy", ...LOCKED, "--all-targets", ...DENY_WARNINGS])],
  ["clippy-wasm", "clippy for wasm", () => check("cargo", ["clippy", ...LOCKED, ...WASM, ...DENY_WARNINGS])],
  ["msrv", "the oldest Rust that Cargo.toml names", msrv],
  ["doc", "the documentation", () => documentation([])],
  ["doc-wasm", "the documentation of the wasm part", () => documentation(WASM)],
  ["supply", "what the dependencies are known for", supply],
  ["build", "the build of the worker", () => build().then(() => tally({ passed: 1 }))],
  ["size", "the size of what is deployed", size],
  ["imports", "what the wasm wants of JavaScript", () => imports()],
  ["docs", "the documents: links, both languages, and README's commands", () => nodeTest("tests/docs")],
  ["scripts", "the tests of the commands", () => nodeTest("tests/scripts")],
  ["upstream", "the tests of the stand-in for DeGPT", () => nodeTest("tests/upstream")],
  ["worker", "the tests against the worker in workerd", () => nodeTest("tests/worker")],
  ["release", "npm start, the release and what installs it", () => nodeTest("tests/release")],
  ["adversary", "attacks on the worker in workerd", () => nodeTest("tests/adversary")],
  ["clients", "other people's clients against the worker", clients],
  ["browser", "the page at / in Chromium, where there is one", browser],
];

async function test() {
  const { only } = args({
    command: "npm test",
    about: "Runs every check there is, one after the other, then shows one summary.",
    options: { only: { value: "NAME", multiple: true, oneOf: STEPS.map(([name]) => name), about: "one step, and again for others" } },
  });
  const chosen = only ? STEPS.filter(([name]) => only.includes(name)) : STEPS;

  ensureDevVars();
  await ensureCheckTools();
  const total = tally();
  const times = [];
  for (const [name, what, step] of chosen) {
    console.log(`\n== ${name}: ${what}`);
    const start = performance.now();
    const result = await step().catch((error) => {
      console.error(error instanceof Failure ? error.message : error);
      return tally({ failures: [what] });
    });
    total.passed += result.passed;
    total.skipped += result.skipped;
    total.failures.push(...result.failures.map((failure) => `${name}: ${failure}`));
    times.push(`${name} ${seconds(start)}`);
    console.log(`-- ${name}: ${count(result)} (${seconds(start)})`);
  }

  console.log(`\n== summary\n${times.join(", ")}`);
  for (const failure of total.failures) console.log(`FAILED ${failure}`);
  console.log(count(total));
  process.exit(total.failures.length > 0 ? 1 : 0);
}

const tally = ({ passed = 0, failures = [], skipped = 0 } = {}) => ({ passed, failures, skipped });

const count = ({ passed, failures, skipped }) =>
  `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

/** Runs a program, showing its output as it comes; resolves to that and the exit code. */
function show(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const forget = atExit(() => child.kill());
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    text += piece;
    process.stdout.write(piece);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      forget();
      resolve({ code, text });
    });
  });
}

/** A check that passes or fails as a whole. */
async function check(program, args, env) {
  const { code } = await show(program, args, env);
  return code === 0 ? tally({ passed: 1 }) : tally({ failures: [[program, ...args].join(" ")] });
}

const documentation = (target) =>
  check("cargo", ["doc", ...LOCKED, "--no-deps", "--document-private-items", ...target], { RUSTDOCFLAGS: "-D warnings" });

/** Whether the core compiles with the oldest compiler that it says it does; skipped where that cannot be had. */
async function msrv() {
  const [, version] = /^rust-version = "(.+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"));
  const install = await show("rustup", ["toolchain", "install", version, "--profile", "minimal", "--no-self-update"]).catch(() => ({ code: 1 }));
  if (install.code !== 0) {
    console.log(`SKIPPED: rustup cannot install Rust ${version}`);
    return tally({ skipped: 1 });
  }
  return check("cargo", [`+${version}`, "check", "--locked", "--target-dir", "target/msrv"]);
}

async function cargoTest() {
  const { code, text } = await show("cargo", ["test", ...LOCKED, "--no-fail-fast"]);
  const result = tally();
  for (const [, passed, , ignored] of text.matchAll(/^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    result.passed += Number(passed);
    result.skipped += Number(ignored);
  }
  for (const [, name] of text.matchAll(/^test (.+) \.\.\. FAILED$/gm)) result.failures.push(name);
  if (code !== 0 && result.failures.length === 0) result.failures.push("cargo test did not run to its end");
  return result;
}

async function nodeTest(testFolder) {
  const names = readdirSync(inProject(testFolder)).filter((name) => name.endsWith(".test.mjs")).sort();
  if (names.length === 0) return tally({ failures: [`${testFolder} has no tests`] });
  const { folder, remove } = scratchFolder();
  const results = path.join(folder, "results");
  const { code } = await show(NODE, [
    "--test",
    `--test-timeout=${TEST_LIMIT_MS}`,
    ...["--test-reporter", "spec", "--test-reporter-destination", "stdout"],
    ...["--test-reporter", inProject("scripts/test-reporter.mjs"), "--test-reporter-destination", results],
    ...names.map((name) => path.join(testFolder, name)),
  ]);
  const lines = readFileSync(results, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  remove();

  const named = (outcome) => lines.filter((line) => line.outcome === outcome).map(({ name }) => name);
  const result = tally({
    passed: named("passed").length,
    skipped: named("skipped").length,
    failures: named("failed"),
  });
  if (code !== 0 && result.failures.length === 0) result.failures.push("node --test did not run to its end");
  return result;
}

async function clients() {
  await ensureClients();
  return nodeTest("tests/clients");
}

async function browser() {
  await ensureNpmClients();
  return nodeTest("tests/clients/browser");
}

/** Each of the audits is one check. One that could not be made is skipped, not passed. */
async function supply() {
  const result = tally();
  for await (const { name, outcome, why } of audits()) {
    console.log(`${outcome}: ${name}${why ? `: ${why}` : ""}`);
    if (outcome === "failed") result.failures.push(name);
    else result[outcome] += 1;
  }
  return result;
}

/** What wrangler would upload, as it says itself, and how much of that is the program. */
async function size() {
  const { code, text } = await show(NODE, [WRANGLER, "deploy", "--dry-run"], WRANGLER_ENV);
  const bundle = Number(/gzip: ([\d.]+) KiB/.exec(text)?.[1]);
  if (code !== 0 || Number.isNaN(bundle)) return tally({ failures: ["wrangler deploy --dry-run"] });
  const program = programSize();
  console.log(`${bundle} KiB gzipped, of at most ${BUNDLE_LIMIT_KIB} KiB`);
  console.log(`${program} bytes without the tables of the token counter, of at most ${PROGRAM_LIMIT_BYTES}`);
  const isSmall = bundle <= BUNDLE_LIMIT_KIB && program <= PROGRAM_LIMIT_BYTES;
  return isSmall ? tally({ passed: 1 }) : tally({ failures: [`${bundle} KiB, ${program} bytes without the tables`] });
}

await command(test);
