/**
 * What a user could take instead, where it runs offline and without a GPU: installs it on demand, in
 * pinned versions, and has it read the rows. None of it is part of `npm test`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { NO_PYTHON, ensurePython, linesOf, pythonOf } from "../../../../scripts/clients.mjs";
import { Failure, TOOLS, inProject, run } from "../../../../scripts/process.mjs";
import { judgePeer } from "./judge.mjs";

const HERE = inProject("tests/bench/tools/peers");
const DYNAMO = "11.0.1";

/** The peers: a name, what of it reads, its package where that needs a folder of its own, and how to run it. */
const PEERS = [
  { name: "vLLM", what: "its tool parsers", package: "vllm", read: (rows) => inPython("vllm", rows) },
  { name: "SGLang", what: "its detectors of function calls", package: "sglang", read: (rows) => inPython("sglang", rows) },
  { name: "Dynamo", what: "the crate dynamo-parsers", read: dynamo },
  { name: "LangChain", what: "JsonOutputParser and the parsers of its agents", read: (rows) => inPython("langchain", rows) },
  { name: "LiteLLM", what: "functions in the prompt, for models that take no tools", read: (rows) => inPython("litellm", rows) },
];

/** Resolves to `[{name, what, version, parsers, failed, readings}]`, or with `missing` in place of the last four. */
export async function readWithPeers(rows) {
  await ensurePython("peers");
  const results = [];
  for (const { name, what, package: folder, read } of PEERS) {
    console.log(`reading with ${name}`);
    try {
      if (folder) await ensurePackage(folder);
      const { lines, ...about } = await read(rows);
      results.push({ name, what, ...about, readings: judgePeer(rows, lines) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.log(`NOT ${name}: ${error.message}`);
      results.push({ name, what, missing: error.message });
    }
  }
  return results;
}

const folderOf = (name) => path.join(TOOLS, "peers", packageLine(name));
const packageLine = (name) => linesOf(path.join(HERE, "requirements-alone.txt")).find((line) => line.startsWith(`${name}==`));

/** The large ones, without what they depend on: their parsers need little of it (stubs.py). */
async function ensurePackage(name) {
  const folder = folderOf(name);
  if (existsSync(path.join(folder, name, "__init__.py"))) return;
  console.log(`installing ${packageLine(name)} by itself, once`);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
  await run(python(), [...install, "--target", folder, packageLine(name)]).catch(() => {
    throw new Failure(`pip could not install ${packageLine(name)} here`);
  });
}

function python() {
  const found = pythonOf("peers");
  if (!found) throw new Failure(NO_PYTHON);
  return found;
}

async function inPython(name, rows) {
  const isAlone = PEERS.some((peer) => peer.package === name);
  const input = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const text = await pipe(python(), [path.join(HERE, "read.py"), name], input, isAlone ? { PYTHONPATH: folderOf(name) } : {});
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { ...lines.pop(), lines };
}

/** What a program writes to `input`. */
function pipe(program, args, input, env = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let [text, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  child.stderr.setEncoding("utf8").on("data", (piece) => (errors = (errors + piece).slice(-2_000)));
  child.stdin.on("error", () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(text);
      else reject(new Failure(`it did not run: ${errors.trim().split("\n").pop()}`));
    });
  });
}

/** The names of Dynamo's parsers, without their second names. */
const FAMILIES = [
  ...["hermes", "nemotron_deci", "llama3_json", "mistral", "phi4", "pythonic", "harmony", "deepseek_v3", "deepseek_v3_1"],
  ...["deepseek_v3_2", "deepseek_v4", "qwen3_coder", "jamba", "minimax_m2", "minimax_m3", "glm47", "kimi_k2", "kimi_k3"],
  ...["gemma4", "inkling", "default", "qwen25"],
];

/** Dynamo's crate brings a program that reads cases of one family from a file. */
async function dynamo(rows) {
  const home = path.join(TOOLS, "peers", `dynamo-parsers-${DYNAMO}`);
  const program = path.join(home, "bin/record_dynamo_batch");
  if (!existsSync(program)) {
    console.log(`building dynamo-parsers ${DYNAMO}, once; it takes some minutes`);
    const args = ["install", "dynamo-parsers", "--version", DYNAMO, "--root", home, "--bin", "record_dynamo_batch", "--quiet"];
    await run("cargo", args).catch(() => {
      throw new Failure("cargo could not build dynamo-parsers here");
    });
  }
  const readings = rows.map(({ id }) => ({ id, readings: {} }));
  const folder = mkdtempSync(path.join(tmpdir(), "peers-"));
  try {
    for (const family of FAMILIES) {
      const file = path.join(folder, "cases.json");
      const cases = rows.map(({ text, user = "", tools }, index) => [`${index}`, { model_text: text.replace("{{user}}", user), tools }]);
      writeFileSync(file, JSON.stringify({ family, cases: Object.fromEntries(cases) }));
      const found = JSON.parse(await pipe(program, [file], ""));
      rows.forEach((row, index) => {
        const one = found[index];
        readings[index].readings[family] = one ? { text: one.normal_text, calls: one.calls } : { error: "an error" };
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { lines: readings, version: DYNAMO, parsers: FAMILIES, failed: {} };
}
