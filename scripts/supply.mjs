/**
 * What is known of the dependencies: their licences and sources, and the advisories against them.
 *
 * `cargo deny` checks the crates (deny.toml), `npm audit` the packages. Neither is installed by this:
 * to build cargo-deny takes minutes. What asks a database that is out of reach is skipped and says so.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { ROOT, atExit, inProject } from "./process.mjs";

/** For one audit: a database that does not answer is out of reach. */
const LIMIT_MS = 120_000;

/** The checks of cargo deny that need no network but the crates themselves, and the one that does. */
const DENY = [
  { name: "licences, sources and duplicates of the crates", args: ["--offline", "check", "licenses", "bans", "sources"] },
  { name: "advisories against the crates", args: ["check", "advisories"], needsDatabase: true },
];

/** What cargo deny says when it cannot get its database, or the index that tells of yanked crates. */
const NO_DATABASE = /failed to (?:fetch|load|open|clone|update)[^\n]*(?:advisory database|advisory-db|index)|unable to (?:load|fetch)[^\n]*index/i;

/** `{ name, outcome, why }` of each audit; `outcome` is "passed", "failed" or "skipped". */
export async function* audits() {
  yield { name: "the lock file of npm", ...lockedPackages() };
  const hasDeny = (await output("cargo", ["deny", "--version"])).code === 0;
  for (const { name, args, needsDatabase } of DENY) {
    if (!hasDeny) yield { name, outcome: "skipped", why: "cargo-deny is not installed (cargo install --locked cargo-deny)" };
    else yield { name, ...(await denied(args, needsDatabase)) };
  }
  yield { name: "advisories against the packages", ...(await npmAudit()) };
}

async function denied(args, needsDatabase) {
  const { code, text } = await output("cargo", ["deny", "--locked", ...args]);
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

/** Each package comes with the hash of what was looked at, and from wherever one has it. */
function lockedPackages() {
  const { packages } = JSON.parse(readFileSync(inProject("package-lock.json"), "utf8"));
  const wrong = Object.entries(packages).filter(([place, { integrity, resolved }]) => place !== "" && (!integrity || resolved));
  return wrong.length === 0 ? { outcome: "passed" } : { outcome: "failed", why: wrong.map(([place]) => place).join(", ") };
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
