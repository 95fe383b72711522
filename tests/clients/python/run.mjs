/**
 * Runs a program of checks in Python against a gateway of its own.
 */
import { spawn } from "node:child_process";

import { startStack } from "../support.mjs";

/**
 * Resolves to `[{name, error}]`, in the order of the program. That it ran to its end is one more
 * of them, so that one which broke off does not pass for its checks.
 */
export async function runChecks(python, program, more = [], env = {}) {
  const stack = await startStack();
  try {
    const args = ["--gateway", stack.url, "--stand-in", stack.upstream.url, ...more];
    const child = spawn(python, [program, ...args], {
      // A proxy of this machine's network has no part in a connection to itself.
      env: { ...process.env, NO_PROXY: "127.0.0.1,localhost", PYTHONDONTWRITEBYTECODE: "1", ...env },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 120_000,
    });
    const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
    const text = (await child.stdout.setEncoding("utf8").toArray()).join("");
    const how = await ended;
    const results = text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const error = how === 0 && results.length > 0 ? null : `ended with ${how}`;
    return [...results, { name: "all checks: run to their end", error }];
  } finally {
    await stack.close();
  }
}
