/** The build that a first demo runs: see buildForDemo in scripts/build.mjs. */
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { test } from "node:test";

import { HASTY_FOLDER, build } from "../../scripts/build.mjs";
import { inProject } from "../../scripts/process.mjs";
import { startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";

test("a build in haste answers, with the page, and leaves the whole one alone", async (t) => {
  const before = existsSync(inProject("build/stamp")) ? statSync(inProject("build/stamp")).mtimeMs : undefined;
  await build({ output: inProject(HASTY_FOLDER), isHasty: true });
  const upstream = await startUpstream({ defaults: { answers: "demo" } });
  const gateway = await startGateway({ folder: HASTY_FOLDER, vars: { API_KEYS: "test-key-of-twenty-chars", DEGPT_ORIGINS: upstream.url } });
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  const ask = (stream) =>
    fetch(`${gateway.url}/api/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer test-key-of-twenty-chars" },
      body: JSON.stringify({ model: "deepseek-chat", stream, messages: [{ role: "user", content: "Reply with exactly: pong" }] }),
    });
  assert.equal((await (await ask(false)).json()).choices[0].message.content, "pong");
  const text = await (await ask(true)).text();
  assert.match(text, /"content":"p/);
  assert.ok(text.trimEnd().endsWith("data: [DONE]"));
  const page = await fetch(gateway.url, { headers: { accept: "text/html" } });
  assert.match(page.headers.get("content-type"), /^text\/html/);
  await page.text();
  const now = existsSync(inProject("build/stamp")) ? statSync(inProject("build/stamp")).mtimeMs : undefined;
  assert.equal(now, before);
});
