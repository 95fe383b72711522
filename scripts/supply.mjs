/**
 * What is known of the dependencies: their licences and sources, and the advisories against them.
 *
 * `cargo deny` checks the crates (deny.toml), `npm audit` the packages. Neither is installed by this:
 * to build cargo-deny takes minutes. What asks a database that is out of reach is skipped and says so.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { UNWANTED } from "./lock.mjs";
import { ROOT, atExit, inProject } from "./process.mjs";

/** For one audit: a database that does not answer is out of reach. */
const LIMIT_MS = 120_000;

/** The checks of cargo deny that need no network but the crates themselves, and the one that does. */
const DENY = [
  { what: "licences, sources and duplicates of the crates", args: ["--offline", "check", "licenses", "bans", "sources"] },
  { what: "advisories against the crates", args: ["check", "advisories"], needsDatabase: true },
];

/** What has a Cargo.lock of its own. */
const LOCKS = [
  { of: "of the Worker", manifest: "Cargo.toml" },
  { of: "of wasm-bindgen's program", manifest: "scripts/bindgen/Cargo.toml" },
];

/** What cargo deny says when it cannot get its database, or the index that tells of yanked crates. */
const NO_DATABASE = /failed to (?:fetch|load|open|clone|update)[^\n]*(?:advisory database|advisory-db|index)|unable to (?:load|fetch)[^\n]*index/i;

/** `{ name, outcome, why }` of each audit; `outcome` is "passed", "failed" or "skipped". */
export async function* audits() {
  yield { name: "the lock file of npm", ...lockedPackages() };
  const hasDeny = (await output("cargo", ["deny", "--version"])).code === 0;
  for (const { of, manifest } of LOCKS) {
    for (const { what, args, needsDatabase } of DENY) {
      const name = `${what} ${of}`;
      if (!hasDeny) yield { name, outcome: "skipped", why: "cargo-deny is not installed (cargo install --locked cargo-deny)" };
      else yield { name, ...(await denied(["--manifest-path", manifest, "--locked", ...args], needsDatabase)) };
    }
  }
  yield { name: "advisories against the packages", ...(await npmAudit()) };
}

async function denied(args, needsDatabase) {
  const { code, text } = await output("cargo", ["deny", ...args]);
  if (code === 0) return { outcome: "passed" };
  if (needsDatabase && NO_DATABASE.test(text)) return { outcome: "skipped", why: "the database of advisories is out of reach" };
  return { outcome: "failed", why: `\n${text}` };
}

async function npmAudit() {
  const { code, text } = await output("npm", ["audit", "--json"]);
  const report = parsed(text);
  if (!report?.auditReportVersion) return { outcome: "skipped", why: "the registry gives out no advisories" };
  return code === 0 ? { outcome: "passed" } : { outcome: "failed", why: `npm audit: ${Object.keys(report.vulnerabilities).join(", ")}` };
}

/** Each package comes with the hash of what was looked at, and without what scripts/lock.mjs removes. */
function lockedPackages() {
  const { packages } = JSON.parse(readFileSync(inProject("package-lock.json"), "utf8"));
  const isWrong = (entry) => !entry.integrity || UNWANTED.some((field) => field in entry);
  const wrong = Object.entries(packages).filter(([place, entry]) => place !== "" && isWrong(entry));
  const names = wrong.map(([place]) => place).join(", ");
  return wrong.length === 0 ? { outcome: "passed" } : { outcome: "failed", why: `${names}. npm run lock` };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs a program; resolves to its exit code and all that it printed. */
function output(program, args) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", program === "npm" ? "ignore" : "pipe"], timeout: LIMIT_MS });
  const forget = atExit(() => child.kill());
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (piece) => (text += piece));
  return new Promise((resolve) => {
    const end = (code) => {
      forget();
      resolve({ code, text });
    };
    child.on("error", () => end(1)).on("close", end);
  });
}
