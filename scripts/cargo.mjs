/** `cargo build` with its progress counted, its status lines kept to the log and its diagnostics shown. */
import { spawn } from "node:child_process";
import { setPriority } from "node:os";

import { ROOT } from "./process.mjs";

/** The lines in which cargo says what it is doing. */
const STATUS = /^ +(?:Compiling|Download(?:ed|ing)|Updating|Locking|Finished|Blocking|Building|Adding|Checking|Fresh|Running) .*\n?/gm;

/**
 * Builds and resolves to the files that were made, those of the dependencies first.
 *
 * `select` says which package, for which target and features: it is given to `cargo tree` as well, which
 * counts what there is to compile. `args` are for the build alone. With `yielding` it leaves the
 * processors to whatever else wants them.
 */
export async function cargoBuild(step, { select, args, env, signal, yielding = false }) {
  const files = [];
  const rendered = { warning: [], error: [] };
  const count = counter(step, select);
  const onMessage = (message) => {
    if (message.reason === "compiler-artifact") {
      files.push(...message.filenames);
      count(message);
    } else if (message.reason === "compiler-message") {
      step.log(message.message.rendered);
      rendered[message.message.level === "warning" ? "warning" : "error"].push(message.message.rendered);
    }
  };
  const { code, text } = await step.collect("cargo", ["build", "--locked", ...select, ...args, "--message-format", format()], {
    env,
    signal,
    onStdout: linesTo((line) => line.startsWith("{") && onMessage(JSON.parse(line))),
    onSpawn: (child) => yielding && yieldProcessors(child),
  });
  const said = text.replaceAll(STATUS, "");
  if (code !== 0) throw step.failure(`${step.doing} failed:`, [...rendered.error, said].join("\n"));
  if (rendered.warning.length > 0) step.tell(rendered.warning.join("\n").trimEnd());
  return files;
}

const format = () => (process.stdout.isTTY && !process.env.NO_COLOR ? "json-diagnostic-rendered-ansi" : "json");

/** Has the step count crates, from the first that is compiled anew. */
function counter(step, select) {
  const finished = new Set();
  const made = new Set();
  let total;
  const tell = () => step.progress({ finished: finished.size, made: made.size, total });
  return ({ package_id, fresh, target }) => {
    const isFirst = made.size === 0;
    if (!target.kind.includes("custom-build")) finished.add(package_id);
    if (fresh) return;
    made.add(package_id);
    tell();
    if (!isFirst) return;
    countPackages(select).then((found) => {
      total = found;
      tell();
    });
  };
}

/** How many packages a build is made of; `undefined` if cargo does not say. */
function countPackages(select) {
  const wanted = select.filter((arg) => arg !== "--lib");
  const tree = spawn("cargo", ["tree", "--locked", ...wanted, "-e", "normal,build", "--prefix", "none"], { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  tree.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  return new Promise((resolve) => {
    tree.on("error", () => resolve(undefined));
    tree.on("close", () => resolve(packagesIn(text) || undefined));
  });
}

const packagesIn = (tree) => new Set(tree.split("\n").filter(Boolean).map((line) => line.split(" ").slice(0, 2).join(" "))).size;

function linesTo(take) {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    lines.forEach(take);
  };
}

function yieldProcessors({ pid }) {
  try {
    if (pid) setPriority(pid, 5);
  } catch {
    // It has ended already, or this system has no priorities.
  }
}
