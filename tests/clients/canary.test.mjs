/**
 * The gateway as a scanner for OpenAI-compatible servers sees it. The stand-in's model does what the
 * scanner asks of one: it calls the tool that it is given, and fills a schema.
 */
import assert from "node:assert/strict";

import { scanEndpoint } from "compatcanary";

import { KEY, MODEL, check, useStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const stack = useStack();

for (const [profile, probes] of [
  ["chat", 5],
  ["modern", 7],
]) {
  check(`compatcanary ${packageVersion("compatcanary")}: all that its profile "${profile}" asks for is there`, async () => {
    const asks = (text) => ({ body }) => JSON.stringify(body?.messages).includes(text);
    stack.upstream.queue(
      { where: asks("compatcanary_echo"), text: '<tool_call>\n{"name": "compatcanary_echo", "arguments": {"value": "CANARY_OK"}}\n</tool_call>' },
      { where: asks("compatibility status"), text: 'Here it is: {"status": "ok"}' },
    );
    const { results, score } = await scanEndpoint({ baseUrl: stack.openai, apiKey: KEY, model: MODEL, profile });
    assert.deepEqual(results.filter(({ status }) => status !== "pass"), []);
    assert.deepEqual([results.length, score], [probes, 100]);
  });
}
