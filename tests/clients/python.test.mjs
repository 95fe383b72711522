/**
 * OpenAI's and Anthropic's own Python clients against the gateway: each of the versions runs all
 * checks of python/, and each check is a test of its own here.
 *
 * Without a Python for them they are skipped, or fail where CI is set.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { NO_PYTHON, folderOf, linesOf, pythonOf } from "../../scripts/clients.mjs";
import { startStack } from "./support.mjs";

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
    for (const result of await run(name, version, folder)) {
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

/** Runs all checks of one client; one that does not run to its end is a failed check, too. */
async function run(name, version, folder) {
  const stack = await startStack();
  try {
    const args = ["--gateway", stack.url, "--stand-in", stack.upstream.url, "--version", version];
    const child = spawn(python, [inHere(`python/${name}_checks.py`), ...args, ...(folder ? ["--packages", folder] : [])], {
      // A proxy of this machine's network has no part in a connection to itself.
      env: { ...process.env, NO_PROXY: "127.0.0.1,localhost" },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 60_000,
    });
    const text = (await child.stdout.setEncoding("utf8").toArray()).join("");
    const results = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    const code = child.exitCode ?? (await new Promise((resolve) => child.once("exit", resolve)));
    const error = code === 0 && results.length > 0 ? undefined : `ended with ${code}`;
    return [...results, { name: "all checks: run to their end", error }];
  } finally {
    await stack.close();
  }
}
