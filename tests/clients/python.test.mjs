/**
 * OpenAI's and Anthropic's own Python clients against the gateway: each of the versions runs all
 * checks of python/, and each check is a test of its own here.
 *
 * Without a Python for them they are skipped, or fail where CI is set.
 */
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { NO_PYTHON, folderOf, linesOf, pythonOf } from "../../scripts/clients.mjs";
import { runChecks } from "./python/run.mjs";

const inHere = (file) => fileURLToPath(new URL(file, import.meta.url));

/** The clients among the requirements: `[name, version, folder of its own]`. */
const clients = ["requirements.txt", "requirements-others.txt"].flatMap((list, index) =>
  linesOf(inHere(list)).flatMap((line) => {
    const [, name, version] = /^(openai|anthropic)==(.+)$/.exec(line) ?? [];
    return name ? [[name, version, index === 0 ? undefined : folderOf("clients", line)]] : [];
  }),
);

const python = pythonOf("clients");
if (python) {
  for (const [name, version, folder] of clients) {
    const args = ["--version", version, ...(folder ? ["--packages", folder] : [])];
    for (const result of await runChecks(python, inHere(`python/${name}_checks.py`), args)) {
      // The number stays in front, as in the other files.
      const title = result.name.replace(":", ` ${name} ${version} (Python):`);
      test(title, () => {
        if (result.error) throw new Error(result.error);
      });
    }
  }
} else if (process.env.CI) {
  test("the Python clients", () => {
    throw new Error(NO_PYTHON);
  });
} else {
  console.error(`\nSKIPPED: ${NO_PYTHON}\n`);
  for (const [name, version] of clients) test(`${name} ${version} (Python)`, { skip: NO_PYTHON });
}
