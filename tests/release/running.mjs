/** Starts the program `npm start` and its like as a person would, and looks at what becomes of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A key that is nobody's. */
export const KEY = "a-key-of-the-tests-0123456789";

/** Only root can become somebody else; elsewhere the tests' own user is without rights. */
export const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** A Node that they may run: the project may stand in a folder that is its owner's alone. */
export function nodeForAll() {
  if (!NOBODY.uid) return process.execPath;
  const folder = mkdtempSync(path.join(tmpdir(), "degpt-edge-"));
  chmodSync(folder, 0o755);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "node");
  copyFileSync(process.execPath, file);
  chmodSync(file, 0o755);
  return file;
}

/** A folder that is gone when the test is. */
export function folderFor(t) {
  const folder = mkdtempSync(path.join(tmpdir(), "degpt-edge-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Runs a program until it ends or the test does: `out()` and `err()` is what it wrote, `ended` how it ended. */
export function running(t, program, args, { cwd, env, ...options }) {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], ...options });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (piece) => (texts[name] += piece));
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("close", (code, signal) => resolve({ code, signal })));
  t.after(async () => {
    child.kill("SIGTERM");
    if (await Promise.race([ended, sleep(3_000, "late", { ref: false })]) === "late") child.kill("SIGKILL");
  });
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    out: () => texts.stdout,
    err: () => texts.stderr,
    ended,
    /** Waits until it has written this. */
    async until(pattern, withinMs = 30_000) {
      for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(20)) {
        if (pattern.test(texts.stdout + texts.stderr)) return;
        if (child.exitCode !== null) break;
      }
      assert.fail(`It did not say ${pattern}:\n${texts.stdout}${texts.stderr}`);
    },
  };
}

/** A streamed chat: its response, whose body is still to come. */
export const chat = (url, { key = KEY, text = "Hello!", signal } = {}) =>
  fetch(`${url}/api/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: text }], stream: true }),
    signal,
  });

/** The words of a streamed chat. */
export const saidIn = (stream) =>
  [...stream.matchAll(/^data: (\{.*\})$/gm)].map(([, event]) => JSON.parse(event).choices[0]?.delta?.content ?? "").join("");
