/**
 * The clients that other people wrote, for the checks in tests/clients/: installs them on demand,
 * in pinned versions, and runs the checks that are not part of `npm test`.
 *
 *     node scripts/clients.mjs clients      the official clients (part of `npm test`)
 *     node scripts/clients.mjs ecosystem    litellm, LangChain, OpenAI's Agents SDK and llm
 *     node scripts/clients.mjs agents       coding agents' command-line clients
 *     node scripts/clients.mjs browser      a page in headless Chromium
 *     node scripts/clients.mjs breakages    that the checks fail when something is broken
 *
 * The npm clients have package.json files of their own: they are ten times what the demo needs,
 * and the demo does without them. Those of PyPI stand in virtual environments in `.tools/`.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Misuse, args } from "./args.mjs";
import { build } from "./build.mjs";
import { Failure, NODE, TOOLS, command, inProject, isProgram, output, run, seconds } from "./process.mjs";

const CLIENTS = inProject("tests/clients");

/** The oldest Python that the clients of today run on. */
const OLDEST_PYTHON = [3, 10];

/** The virtual environments: what stands in each, and versions beside it that share the rest. */
const ENVIRONMENTS = {
  clients: { requirements: "requirements.txt", others: "requirements-others.txt" },
  ecosystem: { requirements: "ecosystem/requirements.txt", others: "ecosystem/requirements-others.txt" },
  agents: { requirements: "agents/requirements.txt", newest: [3, 12] },
  // Beside the gateway in tests/bench/tools/.
  peers: { requirements: "../bench/tools/peers/requirements.txt" },
};

/** Installs what the checks of `npm test` need, where it is not yet. */
export async function ensureClients() {
  await ensureNpmClients();
  await ensurePython("clients");
}

/** Installs the npm clients into tests/clients/node_modules, as their lock file says. */
export const ensureNpmClients = () => ensureNpm(CLIENTS, ["ci"], "the npm clients, about 260 MB");

/** LangChain for JavaScript, in a folder of its own. */
const ensureNpmEcosystem = () => ensureNpm(path.join(CLIENTS, "ecosystem"), ["ci"], "LangChain for JavaScript, about 110 MB");

/**
 * The same for the agents, in a folder of their own: they are large. (`ci` would insist on optional
 * packages of theirs for other platforms, which not every registry has.)
 */
const ensureNpmAgents = () => ensureNpm(path.join(CLIENTS, "agents"), ["install", "--no-save"], "the npm agents, about 1.8 GB");

async function ensureNpm(folder, how, what) {
  const stamp = path.join(folder, "node_modules/.stamp");
  const wanted = hashOf(["package.json", "package-lock.json"].map((name) => path.join(folder, name)));
  if (read(stamp) === wanted) return;
  console.log(`installing ${what}, once`);
  const start = performance.now();
  const args = [...how, "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  // Under npm this is its own program; else the one on the PATH.
  const npm = process.env.npm_execpath;
  if (npm) await run(NODE, [npm, ...args]);
  else await run("npm", args);
  writeFileSync(stamp, wanted);
  console.log(`installed them in ${seconds(start)}`);
}

/**
 * Makes a virtual environment, where it is not yet. Without a Python that can, it says so and lets
 * be: the tests that need one are then skipped, or fail if CI is set.
 */
export async function ensurePython(name) {
  if (pythonOf(name)) return;
  const { requirements, others, newest } = ENVIRONMENTS[name];
  const base = findPython(newest);
  if (!base) return console.log(`\nNO PYTHON: ${NO_PYTHON}${newest ? ` (${name}: up to ${newest.join(".")})` : ""}\n`);
  console.log(`making the Python environment "${name}" once`);
  const start = performance.now();
  const home = homeOf(name);
  rmSync(home, { recursive: true, force: true });
  try {
    await run(base, ["-m", "venv", home]);
    const python = pythonIn(home);
    // The lists are complete: nothing comes in that is not in them.
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    await run(python, [...install, "--requirement", path.join(CLIENTS, requirements)]);
    for (const line of others ? linesOf(path.join(CLIENTS, others)) : []) {
      await run(python, [...install, "--target", path.join(home, line), line]);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    rmSync(home, { recursive: true, force: true });
    const hint = "If it has no venv or pip, install them (on Debian and Ubuntu: the package python3-venv).";
    return console.log(`\nNO PYTHON ENVIRONMENT: ${base}: ${error.message}. ${hint}\n`);
  }
  writeFileSync(path.join(home, "stamp"), stampOf(name));
  console.log(`made it in ${seconds(start)}`);
}

/** What to say where Python is missing. */
export const NO_PYTHON = `there is no Python >= ${OLDEST_PYTHON.join(".")} with venv and pip on the PATH, so the Python clients are not checked.`;

/** The Python of a virtual environment that is complete and up to date; else `undefined`. */
export function pythonOf(name) {
  const home = homeOf(name);
  return read(path.join(home, "stamp")) === stampOf(name) ? pythonIn(home) : undefined;
}

/** Where another version than the environment's own stands, like "openai==1.109.1". */
export const folderOf = (name, requirement) => path.join(homeOf(name), requirement);

/** The lines of a list of requirements, without comments. */
export const linesOf = (file) =>
  readFileSync(file, "utf8")
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);

const homeOf = (name) => path.join(TOOLS, `venv-${name}`);

const pythonIn = (home) => path.join(home, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

function stampOf(name) {
  const { requirements, others } = ENVIRONMENTS[name];
  return hashOf([requirements, others].filter(Boolean).map((file) => path.join(CLIENTS, file)));
}

function findPython(newest = [3, 99]) {
  const names = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const candidates = process.env.PYTHON ? [process.env.PYTHON, ...names] : names;
  const test = `import sys; sys.exit(not [${OLDEST_PYTHON}] <= list(sys.version_info[:2]) <= [${newest}])`;
  return candidates.find((program) => output(program, ["-c", test]) !== undefined);
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : "");

function nodeTest(folder) {
  const files = readdirSync(inProject(folder)).filter((file) => file.endsWith(".test.mjs")).sort();
  return run(NODE, ["--test", "--test-reporter", "spec", ...files.map((file) => inProject(folder, file))]);
}

/** What is run and what that needs, by the word that follows `npm run test:`. */
const COMMANDS = {
  async clients() {
    await ensureClients();
    await nodeTest("tests/clients");
  },
  async ecosystem() {
    await ensureNpmEcosystem();
    await ensurePython("ecosystem");
    await nodeTest("tests/clients/ecosystem");
  },
  async agents() {
    await ensureNpmAgents();
    await ensurePython("agents");
    await nodeTest("tests/clients/agents");
  },
  async browser() {
    await ensureNpmClients();
    await nodeTest("tests/clients/browser");
  },
  async breakages(patterns) {
    await ensureClients();
    await ensurePython("ecosystem");
    await run(NODE, [inProject("tests/clients/breakages/run.mjs"), ...patterns]);
  },
};

async function main() {
  const [name, ...argv] = process.argv.slice(2);
  if (!Object.hasOwn(COMMANDS, name)) throw new Misuse(`Which clients? One of: ${Object.keys(COMMANDS).join(", ")}.`);
  const { operands } = args(
    {
      command: `npm run test:${name}`,
      about: "Tries other people's clients against the Worker; installs them on demand.",
      ...(name === "breakages" ? { operands: "[PATTERN]" } : {}),
    },
    argv,
  );
  await build();
  await COMMANDS[name](operands);
}

if (isProgram(import.meta.url)) await command(main);
