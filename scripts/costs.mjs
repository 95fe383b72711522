/**
 * `npm run costs [-- --update]`: the instructions that the core takes for the pieces of work in
 * `benches/costs.rs`, against those in `tests/costs.json`. More by over `TOLERANCE` is a failure.
 *
 * Valgrind counts them, so they do not depend on how fast or how busy the machine is. They do
 * depend on the compiler and the C library: with others than the file names, the numbers are shown
 * and not judged. `--update` writes the file anew.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

import { args } from "./args.mjs";
import { Failure, ROOT, atExit, command, inProject, isProgram, output } from "./process.mjs";

const TOLERANCE = 0.03;
const FILE = inProject("tests/costs.json");

/** The function of the program whose work is counted. */
const COUNTED = "costs::counted*";

/** Compares, and resolves to how many cases `passed`, which are `failures`, and how many were `skipped`. */
export async function costs({ update = false } = {}) {
  const toolchain = toolchainHere();
  if (!toolchain.valgrind) return withoutValgrind();
  const budget = JSON.parse(readFileSync(FILE, "utf8"));
  const tools = Object.keys(toolchain);
  const other = tools.filter((tool) => toolchain[tool] !== budget.toolchain[tool]);
  const instructions = await count();
  const result = { passed: 0, failures: [], skipped: 0 };
  for (const [name, found] of Object.entries(instructions)) {
    const most = budget.instructions[name];
    const change = most === undefined ? "new" : percent(found / most - 1);
    console.log(`${name.padEnd(24)} ${String(found).padStart(11)}  ${change}`);
    if (other.length > 0) result.skipped += 1;
    else if (found <= most * (1 + TOLERANCE)) result.passed += 1;
    else result.failures.push(`${name}: ${found} instructions, ${change} (of ${most})`);
  }
  if (update) {
    writeFileSync(FILE, `${JSON.stringify({ toolchain, instructions }, null, 2)}\n`);
    console.log("written to tests/costs.json");
    return { passed: Object.keys(instructions).length, failures: [], skipped: 0 };
  }
  const gone = Object.keys(budget.instructions).filter((name) => !(name in instructions));
  result.failures.push(...gone.map((name) => `${name}: it is in tests/costs.json alone`));
  for (const tool of other) {
    console.log(`NOT JUDGED: ${tool} is ${toolchain[tool]}, and the file's ${budget.toolchain[tool]}`);
  }
  if (result.failures.length > 0) {
    console.log("If it is worth that much: npm run costs -- --update");
  }
  return result;
}

/** What the numbers depend on beside the code. */
function toolchainHere() {
  const rust = output("rustc", ["-vV"]) ?? "";
  return {
    rustc: rust.split("\n")[0],
    host: /^host: (.+)$/m.exec(rust)?.[1],
    libc: /\d+\.\d+$/m.exec(output("ldd", ["--version"]))?.[0],
    // Valgrind shows a program one of two processors, with these or without.
    vectors: output("grep", ["-m1", "-ow", "avx2", "/proc/cpuinfo"]),
    valgrind: output("valgrind", ["--version"]),
  };
}

function withoutValgrind() {
  const what =
    "valgrind is missing, which counts the instructions (on Debian and Ubuntu: apt-get install valgrind)";
  console.log(what);
  return { passed: 0, ...(process.env.CI ? { failures: [what], skipped: 0 } : { failures: [], skipped: 1 }) };
}

/** The instructions of each case. */
async function count() {
  const program = await build();
  const cases = (await read(program, [])).stdout.trim().split("\n");
  const instructions = {};
  for (const name of cases) {
    const { stderr } = await read("valgrind", [
      ...["--tool=callgrind", "--callgrind-out-file=/dev/null"],
      ...["--collect-atstart=no", `--toggle-collect=${COUNTED}`],
      ...[program, name],
    ]);
    const found = Number(/Collected\s*:\s*(\d+)/.exec(stderr)?.[1]);
    if (!(found > 0)) throw new Failure(`valgrind counted nothing for ${name}:\n${stderr}`);
    instructions[name] = found;
  }
  return instructions;
}

/** Builds the program and resolves to its path, which cargo reports as JSON. */
async function build() {
  const args = ["bench", "--locked", "--no-run", "--bench", "costs", "--message-format", "json-render-diagnostics"];
  const { stdout } = await read("cargo", args, { stderr: "inherit", env: process.env });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line).executable).findLast(Boolean);
}

/** What a program prints; rejects unless it ends well. Of the environment it has only the path. */
function read(program, args, { stderr = "pipe", env = { PATH: process.env.PATH } } = {}) {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", stderr] });
  const forget = atExit(() => child.kill());
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name]?.setEncoding("utf8").on("data", (piece) => (printed[name] += piece));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      forget();
      if (code === 0) resolve(printed);
      else reject(new Failure(`${[program, ...args].join(" ")} failed\n${printed.stderr}`));
    });
  });
}

const percent = (ratio) => `${ratio < 0 ? "" : "+"}${(100 * ratio).toFixed(2)} %`;

async function main() {
  const asked = args({
    command: "npm run costs",
    about: "Counts the instructions that the core takes, and compares them with tests/costs.json.",
    options: { update: { about: "writes that file anew" } },
  });
  const { failures } = await costs(asked);
  if (failures.length > 0) throw new Failure(failures.join("\n"));
}

if (isProgram(import.meta.url)) await command(main);
