/**
 * How much of a process's CPU is spent while workerd is in the isolate: in JavaScript, WebAssembly
 * and what they call. The rest, which moves bytes, is the runtime's own.
 *
 * `perf` (Debian's `linux-perf`) looks at the stacks of the process so many times a second. Whatever
 * enters the isolate does so through one function of workerd's, in which it also enforces a limit on
 * CPU time (`limitEnforcer->enterJs`): so this is the nearest to what Cloudflare counts. Where there
 * is no perf, or no right to use it, that part is not known.
 */
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { scratchFolder } from "../../scripts/process.mjs";

/** Few enough to cost next to nothing. */
const SAMPLES_A_SECOND = 499;
/** The function that all entries go through. */
const ENTERED = "workerd::IoContext::runImpl";
/** perf needs a moment until it looks. */
const READY_MS = 500;

/**
 * Begins to look at processes. `parts()` ends that, and resolves to a function from a process's id to
 * the part of its CPU that is spent inside, or undefined.
 */
export async function inside(pids) {
  const { folder, remove } = scratchFolder();
  const file = path.join(folder, "samples");
  const args = ["record", "-q", "-e", "cpu-clock", "-F", String(SAMPLES_A_SECOND), "-g", "-p", pids.join(","), "-o", file];
  const perf = spawn("perf", args, { stdio: "ignore" });
  const ended = new Promise((resolve) => perf.on("error", resolve).on("close", resolve));
  await sleep(READY_MS);
  return {
    async parts() {
      perf.kill("SIGINT");
      await ended;
      const stacks = stacksIn(file);
      remove();
      return (pid) => partOf(stacks.filter((stack) => Number.parseInt(stack, 10) === pid));
    },
  };
}

/** The stacks that perf has written down, each as a text that begins with the process's id. */
function stacksIn(file) {
  const { status, stdout } = spawnSync("perf", ["script", "-i", file, "-F", "pid,ip,sym"], { encoding: "utf8", maxBuffer: 1 << 30 });
  return status === 0 ? stdout.split("\n\n").filter((stack) => stack.trim() !== "") : [];
}

function partOf(stacks) {
  const isKnown = stacks.some((stack) => stack.includes("workerd::"));
  return isKnown ? stacks.filter((stack) => stack.includes(ENTERED)).length / stacks.length : undefined;
}
