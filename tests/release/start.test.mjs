/**
 * `npm start`: how it begins, what it takes its settings from, and how it ends. It is started as it is in
 * a release, which has nothing to build.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { NAMES } from "../../scripts/names.mjs";
import { inProject } from "../../scripts/process.mjs";
import { release } from "../../scripts/release.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { KEY, chat, folderFor, freePort, running, saidIn } from "./running.mjs";

const READY = /degpt-edge serves on/;

const top = mkdtempSync(path.join(tmpdir(), "degpt-edge-"));
let program;
let upstream;
before(async () => {
  const { folder } = await release(top);
  symlinkSync(inProject("node_modules"), path.join(folder, "node_modules"));
  program = path.join(folder, "scripts/start.mjs");
  upstream = await startUpstream({ defaults: { text: "Hi there" } });
});
after(async () => {
  await upstream.close();
  rmSync(top, { recursive: true, force: true });
});

/** The environment of whoever runs the tests, without the gateway's settings. */
const SETTINGS = [...NAMES, "HOST", "PORT", "DATA_DIR", "DRAIN_MS"];
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name)));

/** Starts it in a folder of its own. */
async function started(t, env = {}, { cwd = folderFor(t), waits = true } = {}) {
  const port = await freePort();
  const settings = { PORT: String(port), API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, ...env };
  const run = running(t, process.execPath, [program], { cwd, env: { ...ENVIRONMENT, ...settings } });
  if (waits) await run.until(READY);
  return { ...run, port, cwd, url: `http://127.0.0.1:${port}` };
}

/** The processes that a process has started. */
const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

const hasProc = process.platform === "linux";

describe("npm start", { concurrency: true }, () => {
  it("answers, and its standard output has the lines of the log alone", async (t) => {
    const gateway = await started(t);
    assert.equal(saidIn(await (await chat(gateway.url)).text()), "Hi there");
    await gateway.until(/"route":"answer"/);
    const lines = gateway.out().trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(lines.some(({ route, status, ended }) => route === "answer" && status === 200 && ended === "complete"));
    assert.ok(!(gateway.out() + gateway.err()).includes(KEY), "no key is told");
  });

  it("takes settings from .dev.vars where the environment has none", async (t) => {
    const cwd = folderFor(t);
    const port = await freePort();
    writeFileSync(path.join(cwd, ".dev.vars"), `PORT=${port}\nAPI_KEYS="${KEY}"\r\nDEGPT_API_KEY=\nDEGPT_ORIGINS=http://127.0.0.1:1\n`);
    const gateway = await started(t, { PORT: undefined, API_KEYS: undefined }, { cwd });
    const response = await chat(`http://127.0.0.1:${port}`);
    assert.equal(saidIn(await response.text()), "Hi there", "DEGPT_ORIGINS is that of the environment, API_KEYS that of the file");
    assert.match(gateway.err(), new RegExp(`:${port},`));
  });

  it("reads .dev.vars as wrangler does: comments, quotes, export, values of several lines", async (t) => {
    const cwd = folderFor(t);
    const lines = [`export API_KEYS=alice=${KEY} # hers`, "KEY_POLICIES='{", '  "alice": {"requests_per_minute": 1}', "}' # one", "MODELS_EXTRA= # none", "# LOG_REQUESTS=off"];
    writeFileSync(path.join(cwd, ".dev.vars"), lines.join("\n"));
    const gateway = await started(t, { API_KEYS: undefined }, { cwd });
    for (const status of [200, 429]) {
      const response = await chat(gateway.url);
      await response.text();
      assert.equal(response.status, status);
    }
    await gateway.until(/"route":"answer"/);
  });

  it("says that the placeholder keys are known to everybody", async (t) => {
    const gateway = await started(t, { API_KEYS: "YOUR_API_KEY" });
    assert.match(gateway.err(), /^API_KEYS has placeholders that everybody knows.* API_KEYS=[0-9a-f]{48}$/m);
    assert.doesNotMatch((await started(t)).err(), /placeholders/);
  });

  it("keeps what the ledger knows from one start to the next", async (t) => {
    const cwd = folderFor(t);
    const policy = { API_KEYS: `alice=${KEY}`, KEY_POLICIES: JSON.stringify({ alice: { requests_per_minute: 2 } }) };
    const statuses = [];
    for (const _ of [1, 2, 3]) {
      const gateway = await started(t, policy, { cwd });
      const response = await chat(gateway.url);
      await response.text();
      statuses.push(response.status);
      gateway.kill("SIGTERM");
      assert.deepEqual(await gateway.ended, { code: 0, signal: null });
    }
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  it("says in a sentence what it cannot do, with exit status 1", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    t.after(() => taken.close());
    const held = await started(t);
    const table = [
      [{ PORT: String(taken.address().port) }, /^Port \d+ is in use\. Free it, or set PORT to another one\.$/m],
      [{ PORT: "http" }, /^PORT takes a number from 1 to 65535, not "http"\.$/m],
      [{ HOST: "example.org" }, /^HOST takes an IP address/m],
      [{ HOST: "192.0.2.1" }, /^HOST=192\.0\.2\.1 is no address of this machine\.$/m],
      [{ DRAIN_MS: "soon" }, /^DRAIN_MS takes a number/m],
      [{ GATHER_MS: "banana" }, /^The variable GATHER_MS of this deployment is not valid/m],
      [{ HOST: "0.0.0.0", API_KEYS: `${KEY}, me=YOUR_API_KEY` }, /^API_KEYS has the placeholders/m],
      [{ DATA_DIR: "/dev/null/data" }, /^The folder for data cannot be made/m],
      [{ DATA_DIR: path.join(held.cwd, "data") }, new RegExp(`^Process ${held.pid} keeps its data in`, "m")],
    ];
    for (const [env, says] of table) {
      const run = await started(t, env, { waits: false });
      assert.deepEqual(await run.ended, { code: 1, signal: null }, JSON.stringify(env));
      assert.match(run.err(), says);
      assert.doesNotMatch(run.err(), /^\s+at /m, "no stack");
    }
  });

  it("without API_KEYS says so, and refuses chats", async (t) => {
    const gateway = await started(t, { API_KEYS: undefined });
    assert.match(gateway.err(), /API_KEYS is not set: every chat is refused/);
    assert.equal((await chat(gateway.url)).status, 401);
  });

  it("takes over a folder whose process is gone", async (t) => {
    const cwd = folderFor(t);
    const first = await started(t, {}, { cwd });
    const workers = hasProc ? childrenOf(first.pid) : [];
    first.kill("SIGKILL");
    await sleep(50);
    workers.forEach((pid) => process.kill(pid, "SIGKILL"));
    await first.ended;
    const second = await started(t, {}, { cwd });
    assert.equal((await chat(second.url)).status, 200);
  });

  for (const signal of ["SIGTERM", "SIGINT"]) {
    it(`on ${signal} an open answer comes to its end, and nobody new is let in`, async (t) => {
      const gateway = await started(t);
      const question = `A long one, until ${signal}`;
      upstream.queue({ chunkCount: 40, paceMs: 50, where: ({ body }) => body?.messages?.at(-1).content === question });
      const response = await chat(gateway.url, { text: question });
      const reader = response.body.getReader();
      await reader.read();
      gateway.kill(signal);
      await gateway.until(/Ending:/);
      gateway.kill(signal); // npm passes on what the terminal has sent to both.
      await sleep(200);
      for (const _ of [1, 2]) {
        const refused = await chat(gateway.url);
        assert.equal(refused.status, 503);
        assert.equal(refused.headers.get("retry-after"), "1");
        assert.equal((await refused.json()).error.message, "This gateway is ending. Try again.");
      }
      let text = "";
      for (let part; !(part = await reader.read()).done; ) text += Buffer.from(part.value).toString();
      assert.match(text, /"finish_reason":"stop"[\s\S]*data: \[DONE\]\s*$/);
      assert.deepEqual(await gateway.ended, { code: 0, signal: null });
      assert.match(gateway.out(), /"ended":"complete"/);
    });
  }

  it("cuts off an answer that hangs after DRAIN_MS", async (t) => {
    const gateway = await started(t, { DRAIN_MS: "700" });
    const question = "One that hangs";
    upstream.queue({ silentAfter: 2, where: ({ body }) => body?.messages?.at(-1).content === question });
    const response = await chat(gateway.url, { text: question });
    const cut = assert.rejects(response.text());
    const start = Date.now();
    gateway.kill("SIGTERM");
    assert.deepEqual(await gateway.ended, { code: 0, signal: null });
    const took = Date.now() - start;
    assert.ok(took >= 600 && took < 5_000, `it took ${took} ms`);
    await cut;
    assert.match(gateway.err(), /cut off after DRAIN_MS=700/);
  });

  it("cuts it off at once on a later signal", async (t) => {
    const gateway = await started(t);
    const question = "Another that hangs";
    upstream.queue({ silentAfter: 2, where: ({ body }) => body?.messages?.at(-1).content === question });
    const response = await chat(gateway.url, { text: question });
    const cut = assert.rejects(response.text());
    gateway.kill("SIGINT");
    await gateway.until(/Ending:/);
    await sleep(600);
    gateway.kill("SIGINT");
    assert.deepEqual(await gateway.ended, { code: 0, signal: null });
    await cut;
  });

  it("a crash of workerd is told, with exit status 1", { skip: !hasProc }, async (t) => {
    const gateway = await started(t);
    const [workerd] = childrenOf(gateway.pid);
    process.kill(workerd, "SIGKILL");
    assert.deepEqual(await gateway.ended, { code: 1, signal: null });
    assert.match(gateway.err(), /^workerd ended by itself \(SIGKILL\)/m);
  });
});
