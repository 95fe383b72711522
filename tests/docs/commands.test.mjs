/**
 * The commands of README.md, run by a shell as they stand; README.zh-CN.md has the same
 * (languages.test.mjs). What a test must not do stands in for itself: `npm install`, which was done before any test;
 * what signs in at Cloudflare, of which the help is asked for; and a container engine, which few machines have.
 * Ports and DeGPT are the test's own.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { build } from "../../scripts/build.mjs";
import { devVars, ensureDevVars } from "../../scripts/dev-vars.mjs";
import { ROOT, inProject } from "../../scripts/process.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { blocks, read, withoutComments } from "./pages.mjs";

const DEMO = "http://localhost:7860";

ensureDevVars();
/** Whether this machine's file is not as README says: whoever has it has put keys of their own there. */
const skip = !devVars().API_KEYS?.split(",").includes("YOUR_API_KEY") && ".dev.vars has other keys";

const folder = mkdtempSync(path.join(tmpdir(), "degpt-edge-readme-"));
let upstream;
before(async () => {
  await build(); // Or the first command would take as long.
  upstream = await startUpstream();
});
after(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const shell = blocks(read("README.md")).filter(({ language }) => language === "sh").map(({ text }) => withoutComments(text).trim());
/** Its commands: a block that is one, or the lines of a list. */
const commands = shell.flatMap((text) => (/\\\n|^export /.test(text) ? [text] : text.split("\n")));

/** Those that are run below, each once. */
const left = new Set(commands);
function command(pattern) {
  const [text, ...more] = [...left].filter((each) => pattern.test(each));
  assert.ok(text && more.length === 0, `README.md has ${more.length + (text ? 1 : 0)} commands like ${pattern}`);
  left.delete(text);
  return text;
}

const real = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).stdout.trim();

/** A PATH on which `npm` and `npx` add `options` to what they are asked for, and `npm install` has been done. */
function pathWith(options) {
  const bin = mkdtempSync(path.join(folder, "bin-"));
  const added = options.map((option) => ` '${option}'`).join("");
  const programs = {
    npm: `[ "$*" = install ] && exit 0\nexec "${real("npm")}" "$@"${added}`,
    npx: `exec "${real("npx")}" "$@"${added}`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  return `${bin}${path.delimiter}${process.env.PATH}`;
}

const environment = (options, env) => ({ ...process.env, NO_PROXY: "127.0.0.1,localhost", ...env, PATH: pathWith(options) });

/** Runs a command to its end, and returns what it printed. */
function ran(text, options = [], env = {}) {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", text], { cwd: ROOT, env: environment(options, env), encoding: "utf8" });
  assert.equal(status, 0, `${text}\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Starts a command that serves, and resolves once it says so: `{ said() }`. It ends with the test. */
async function serving(t, text, ready, options = [], env = {}) {
  const child = spawn("sh", ["-c", text], { cwd: ROOT, env: environment(options, env), stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding("utf8").on("data", (piece) => (said += piece));
  const ended = new Promise((resolve) => child.on("close", resolve));
  t.after(async () => {
    try {
      process.kill(-child.pid, "SIGTERM"); // The shell, npm and what they started.
    } catch {} // It ended by itself.
    await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
  });
  for (const deadline = Date.now() + 120_000; !ready.test(said); await sleep(50)) {
    assert.ok(child.exitCode === null && Date.now() < deadline, `${text}\n${said}`);
  }
  return { said: () => said };
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const status = async (url, options) => (await fetch(url, options)).status;
const chat = (key) => ({
  method: "POST",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Hello!" }] }),
});

describe("the commands of README.md", () => {
  test("npm run demo answers the curl below it", { skip, timeout: 180_000 }, async (t) => {
    const port = await freePort();
    await serving(t, command(/npm run demo/), /Ctrl-C/, ["--", "--port", String(port)]);
    const curl = command(/^curl /);
    assert.ok(curl.includes(`${DEMO}/api/v1/`), "the demo's own address");
    assert.match(ran(curl.replace(DEMO, `http://localhost:${port}`)), /data: \{.*"content":"[^"]+".*data: \[DONE\]\n/s);
  });

  test("npm run dev serves", { skip, timeout: 180_000 }, async (t) => {
    const port = await freePort();
    const options = ["--", "--port", port, "--inspector-port", await freePort(), "--persist-to", path.join(folder, "dev"), "--var", `DEGPT_ORIGINS:${upstream.url}`];
    await serving(t, command(/npm run dev/), /Ready on/, options.map(String));
    assert.equal(await status(`http://127.0.0.1:${port}/api/v1/chat/completions`, chat("nobody's key")), 401);
    assert.equal(await status(`http://127.0.0.1:${port}/api/v1/chat/completions`, chat("YOUR_API_KEY")), 200);
  });

  test("npm test runs tests", { timeout: 180_000 }, () => {
    assert.match(ran(command(/npm test/), ["--", "--only", "format"]), /1 passed, 0 failed/);
  });

  test("npm start serves with the key that was made", { timeout: 180_000 }, async (t) => {
    const port = await freePort();
    const env = { PORT: String(port), HOST: "127.0.0.1", DATA_DIR: path.join(folder, "data"), DEGPT_ORIGINS: upstream.url };
    const { said } = await serving(t, command(/npm start/), /serves on/, [], env);
    const [key] = said().split("\n");
    assert.match(key, /^[0-9a-f]{64}$/);
    const url = `http://127.0.0.1:${port}/api/v1/chat/completions`;
    assert.deepEqual([await status(url, chat(key)), await status(url, chat("nobody's key"))], [200, 401]);
  });

  test("npm run deploy would upload the worker", { timeout: 180_000 }, () => {
    const said = ran(command(/npm run deploy/), ["--", "--dry-run"], { CLOUDFLARE_API_TOKEN: "", WRANGLER_SEND_METRICS: "false" });
    assert.match(said, /index_bg\.wasm/);
    assert.match(said, /--dry-run: exiting now/);
  });

  test("wrangler knows its commands, and the gateway the secrets", { timeout: 180_000 }, () => {
    assert.match(ran(command(/wrangler login/), ["--help"]), /wrangler login/);
    const settings = readFileSync(inProject("src/config.rs"), "utf8");
    for (const name of ["API_KEYS", "DEGPT_API_KEY"]) {
      assert.match(ran(command(new RegExp(`secret put ${name}$`)), ["--help"]), /wrangler secret put <key>/);
      assert.ok(settings.includes(`"${name}"`), name);
    }
  });

  test("docker compose finds its file in the release", () => {
    command(/^docker compose up -d$/); // tests/release/docker.test.mjs takes the steps of the image.
    assert.ok(existsSync(inProject("release/compose.yaml")));
  });

  test("all of them were run", { skip }, () => assert.deepEqual([...left], []));
});
