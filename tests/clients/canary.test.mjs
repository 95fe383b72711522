/**
 * The gateway as a scanner for OpenAI-compatible servers sees it, with the demo's stand-in behind it:
 * no answer is scripted. It calls the tool that the scanner offers, and fills its schema.
 */
import assert from "node:assert/strict";

import { scanEndpoint } from "compatcanary";

import { KEY, MODEL, THINKER, check, useStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const stack = useStack({ standIn: { defaults: { answers: "demo" } } });

for (const [profile, probes] of [
  ["chat", 5],
  ["modern", 7],
]) {
  for (const model of [MODEL, THINKER, "gpt-5.1", "claude-sonnet-4-5-20250929"]) {
    check(`compatcanary ${packageVersion("compatcanary")}: ${model} has all that its profile "${profile}" asks for`, async () => {
      const { results, score } = await scanEndpoint({ baseUrl: stack.openai, apiKey: KEY, model, profile });
      assert.deepEqual(results.filter(({ status }) => status !== "pass"), []);
      assert.deepEqual([results.length, score], [probes, 100]);
    });
  }
}
