/**
 * The recipes of docs/clients.md for LangChain and llm, each as it stands but for the gateway's address.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { NO_PYTHON, folderOf, linesOf, pythonOf } from "../../../scripts/clients.mjs";
import { scratchFolder } from "../../../scripts/process.mjs";
import { DEMO_KEYS, at, printed, recipe } from "../recipes.mjs";
import { useStack } from "../support.mjs";
import { packageVersion } from "../versions.mjs";

const ANSWER = "Hello to you! 👋 你好";
const stack = useStack({ vars: { API_KEYS: DEMO_KEYS } });

const inHere = (file) => fileURLToPath(new URL(file, import.meta.url));
// Beside the package, or a recipe would not find it.
const copies = inHere(".recipes");
after(() => rmSync(copies, { recursive: true, force: true }));

const python = pythonOf("ecosystem");
const skip = !python && !process.env.CI && NO_PYTHON;
const version = (name) => linesOf(inHere("requirements.txt")).find((line) => line.startsWith(`${name}==`)).replace("==", " ");

recipeTest(version("langchain-openai"), { skip }, async () => {
  assert.ok(python, NO_PYTHON);
  const env = { LANGSMITH_TRACING: "false" };
  return printed(python, at(stack.url, recipe("LangChain", 0)), { folder: copies, file: "recipe.py", env });
});

recipeTest(`@langchain/openai ${packageVersion("@langchain/openai", "ecosystem/node_modules")}`, {}, () =>
  printed(process.execPath, at(stack.url, recipe("LangChain", 1)), { folder: copies, file: "recipe.mjs" }),
);

recipeTest(version("llm"), { skip }, async () => {
  assert.ok(python, NO_PYTHON);
  const { folder, remove } = scratchFolder();
  try {
    // The version of openai that llm asks for stands apart from LangChain's.
    const [openai] = linesOf(inHere("requirements-others.txt"));
    const found = `${path.dirname(python)}${path.delimiter}${process.env.PATH}`;
    const env = { PATH: found, HOME: folder, XDG_CONFIG_HOME: folder, PYTHONPATH: folderOf("ecosystem", openai) };
    const place = execFileSync("sh", ["-c", 'dirname "$(llm logs path)"'], { env, encoding: "utf8" }).trim();
    mkdirSync(place, { recursive: true });
    writeFileSync(path.join(place, "extra-openai-models.yaml"), at(stack.url, recipe("llm", 0)));
    return await printed("sh", recipe("llm", 1), { folder: copies, file: "recipe.sh", env });
  } finally {
    remove();
  }
});

function recipeTest(name, options, print) {
  test(`${name}: its recipe prints the answer`, { timeout: 60_000, ...options }, async () => {
    stack.upstream.queue({ text: ANSWER });
    assert.equal((await print()).trim(), ANSWER);
  });
}
