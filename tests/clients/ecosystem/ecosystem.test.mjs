/**
 * litellm, LangChain and OpenAI's Agents SDK for Python against the gateway, each check a test of its own.
 *
 * Without a Python for them they are skipped, or fail where CI is set.
 */
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { NO_PYTHON, folderOf, linesOf, pythonOf } from "../../../scripts/clients.mjs";
import { runChecks } from "../python/run.mjs";

const inHere = (file) => fileURLToPath(new URL(file, import.meta.url));
const versions = linesOf(inHere("requirements.txt")).slice(0, 6).join(", ");

// litellm would fetch its price list, and LangChain would report to its maker's service.
const QUIET = { LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_LOG: "ERROR", LANGSMITH_TRACING: "false" };

const python = pythonOf("ecosystem");
if (!python) {
  test(versions, { skip: !process.env.CI && NO_PYTHON }, () => {
    throw new Error(NO_PYTHON);
  });
} else {
  console.log(versions);
  const [openai] = linesOf(inHere("requirements-others.txt"));
  for (const [program, args] of [
    ["ecosystem_checks.py", []],
    ["agents_checks.py", ["--packages", folderOf("ecosystem", openai)]],
  ]) {
    for (const { name, error } of await runChecks(python, inHere(program), args, QUIET)) {
      test(name, () => {
        if (error) throw new Error(error);
      });
    }
  }
}
