/**
 * A panic of the Rust part. None can be reached from outside, so the entry is bundled here around a
 * Worker that fails in its place, as a panic does: by an exception out of wasm.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";

import { build } from "esbuild";

import { inProject } from "../../scripts/process.mjs";
import { startWorker } from "../../scripts/workerd.mjs";
import { CHAT, MESSAGES, MODELS, post, send } from "./client.mjs";

const FAILING = `
let requests = 0;
export async function fetch() {
  if (++requests % 2 === 0) return new Response("fine");
  throw new WebAssembly.RuntimeError("unreachable");
}
export const ledger = () => undefined;`;

const folder = mkdtempSync(inProject(".tools/last-resort-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, "rust.js"), FAILING);
cpSync(inProject("build/index_bg.wasm"), path.join(folder, "index_bg.wasm"));
await build({
  entryPoints: [inProject("src/edge/last_resort.mjs")],
  outfile: path.join(folder, "index.js"),
  bundle: true,
  format: "esm",
  external: ["cloudflare:workers"],
  plugins: [{
    name: "failing",
    setup: (bundle) => bundle.onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: path.join(folder, "rust.js") })),
  }],
});
const gateway = await startWorker({ folder: path.relative(inProject(), folder) });
after(() => gateway.close());

const message = "The gateway failed. The request id helps its operator to find out.";
/** What clients of every dialect can read: nobody has spelled it in the caller's yet. */
const failure = (id) => ({
  type: "error",
  error: { type: "api_error", message, param: null, code: "internal_error" },
  request_id: id,
});

test("a failure before anything was spelled is a 500 that all clients can read, and the next request is answered", async () => {
  const table = [
    [() => post(gateway, CHAT, {}), failure],
    [() => post(gateway, MESSAGES, {}), failure],
    [() => send(gateway, "GET", MODELS), failure],
    [() => send(gateway, "GET", MODELS, { headers: { "anthropic-version": "2023-06-01" } }), failure],
  ];
  for (const [ask, expected] of table) {
    const failed = await ask();
    const id = failed.headers["request-id"];
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(failed.headers["x-request-id"], id);
    assert.equal(failed.headers["access-control-allow-origin"], "*");
    assert.deepEqual([failed.status, failed.json], [500, expected(id)]);
    assert.equal((await ask()).text, "fine");
  }
});
