/**
 * Small helpers the commands share: where the project is, running programs, ending together with
 * them, and failing with a plain sentence instead of a stack trace.
 */
import "./node-version.mjs";

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's top folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A path inside the project. */
export const inProject = (...parts) => path.join(ROOT, ...parts);

/** What is built once and kept, and short-lived files; git ignores it. */
export const TOOLS = inProject(".tools");

/**
 * The Node of this project, new enough for wrangler: npm installs the package that fits the
 * platform. On a platform without one it is the Node this runs on.
 */
export const NODE =
  ["linux-x64", "linux-arm64", "darwin-x64", "bin-darwin-arm64"]
    .map((platform) => inProject("node_modules", `node-${platform}`, "bin/node"))
    .find(existsSync) ?? process.execPath;

/** wrangler, to be run with `NODE`, and with settings that keep it off the network. */
export const WRANGLER = inProject("node_modules/wrangler/bin/wrangler.js");
export const WRANGLER_ENV = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false", // a sample of `request.cf`
  WRANGLER_HIDE_BANNER: "true", // and with it the look for a newer version
  WRANGLER_SEND_METRICS: "false",
};

/** A failure that is told to the user as it stands: what went wrong and what to do. */
export class Failure extends Error {
  /** What the process ends with. */
  status = 1;
}

/** Runs a program in the project with its output shown; rejects unless it ends well. */
export function run(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const forget = atExit(() => child.kill());
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      forget();
      if (code === 0) resolve();
      else reject(new Failure(`${path.basename(program)} ${args[0]} ended with ${signal ?? code}`));
    });
  });
}

/** What a program prints, trimmed; `undefined` if it is missing or fails. */
export function output(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * A new folder, removed by `remove()` or when this process ends: in `.tools/`, or where the system has
 * such folders if the project's own is not to be written to.
 */
export function scratchFolder() {
  const folder = newFolderIn(TOOLS) ?? newFolderIn(realpathSync(tmpdir()));
  if (!folder) throw new Failure(`No file can be written, neither in ${TOOLS} nor in ${tmpdir()}.`);
  const empty = () => rmSync(folder, { recursive: true, force: true });
  const forget = atExit(empty);
  const remove = () => {
    forget();
    empty();
  };
  return { folder, remove };
}

function newFolderIn(place) {
  try {
    mkdirSync(place, { recursive: true });
    return mkdtempSync(path.join(place, "tmp-"));
  } catch {
    return undefined;
  }
}

const cleanups = new Set();

/** Has `cleanup` called when this process ends, also by a signal; returns how to take that back. */
export function atExit(cleanup) {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

process.on("exit", () => cleanups.forEach((cleanup) => cleanup()));
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of SIGNALS) {
  process.on(signal, () => {
    const isAlone = process.listenerCount(signal) === 1;
    if (isAlone) process.exit(128 + constants.signals[signal]);
  });
}

/**
 * Calls `end` on Ctrl-C, SIGTERM or SIGHUP, and when npm is gone, which passes on no SIGHUP.
 * (That no shell stands between npm and a command is why package.json starts it with `exec`.)
 */
export function onEndAsked(end) {
  for (const signal of SIGNALS) process.on(signal, end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 500).unref();
}

/** Seconds since `start` (of `performance.now()`), as shown to people. */
export const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Whether this module is the program being run, not one imported by another. */
export const isProgram = (moduleUrl) => process.argv[1] === fileURLToPath(moduleUrl);

/** Whether this Node has what a build needs; `NODE` has. */
export const isNodeNew = Number(process.versions.node.split(".")[0]) >= 22;

/** Runs the same script under the project's own Node, and ends with it. */
async function underOwnNode() {
  const child = spawn(NODE, process.argv.slice(1), { stdio: "inherit" });
  atExit(() => child.kill());
  const [status] = await once(child, "exit");
  process.exit(status ?? 1);
}

/** Runs a command's body, or part of it; a `Failure` is printed as one message, anything else with its stack. */
export async function command(body) {
  if (!isNodeNew && NODE !== process.execPath) await underOwnNode();
  try {
    return await body();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exit(error.status ?? 1);
  }
}
