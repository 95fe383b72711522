/**
 * `npm run demo [-- --port N]`: the gateway with a stand-in for DeGPT behind it, on this machine
 * alone; no account and no network are needed.
 *
 * It builds what is out of date, starts the stand-in on a free port and the Worker in workerd, and
 * ends both when it is told to end or when either of them does.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";

import { args } from "./args.mjs";
import { buildForDemo } from "./build.mjs";
import { NEW_DEV_VARS, devVars, ensureDevVars } from "./dev-vars.mjs";
import { PORT, ensureFree } from "./ports.mjs";
import { Failure, NODE, atExit, command, inProject, onEndAsked } from "./process.mjs";
import { startWorker, wrangler } from "./workerd.mjs";

/** Between two pieces of an answer: fifty a second, about what a model needs. */
const PACE_MS = 20;

const COMMAND = "npm run demo";

async function demo() {
  onEndAsked(() => process.exit(0)); // What was started ends with this process.
  const { port } = args({
    command: COMMAND,
    about: "Builds the gateway where it is out of date and serves it on this machine, with a stand-in for DeGPT behind it.",
    options: { port: { ...PORT, default: wrangler().dev.port } },
  });
  await ensureFree(port, COMMAND); // Before the build too, so that nobody waits for a port that is taken.
  ensureDevVars();
  const folder = await buildForDemo();
  await ensureFree(port, COMMAND); // A build can take minutes.

  const standIn = await startStandIn();
  const local = devVars();
  local.API_KEYS ||= NEW_DEV_VARS.API_KEYS; // `.dev.vars.example` of a release has none, and none would refuse everybody.
  const key = local.API_KEYS.split(",")[0].replace(/^[\w.-]+=(?!=*$)/, "").trim();
  const gateway = await startWorker({
    port,
    storage: storageFolder(),
    folder,
    vars: { ...local, DEGPT_ORIGINS: standIn.url },
    onOutput: (text) => process.stdout.write(text),
  });

  const url = `http://localhost:${port}`;
  console.log(`
Open ${url}/#key=${encodeURIComponent(key)}

The gateway is ready there, with a stand-in for DeGPT behind it. Or try:

  curl ${url}/api/v1/chat/completions \\
    -H 'Authorization: Bearer ${key}' \\
    -H 'Content-Type: application/json' \\
    -d '{"model": "auto", "messages": [{"role": "user", "content": "Hello!"}], "stream": true}'

Ctrl-C ends it.`);

  await Promise.race([standIn.ended, gateway.ended]);
  throw new Failure("The gateway or the stand-in behind it ended by itself.");
}

/** Where ledgers stay until the next demo; `undefined` where the project is not to be written to. */
function storageFolder() {
  const folder = inProject(".wrangler", "demo");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** Starts tests/upstream/server.mjs on a free port; it prints one line when it is ready. */
async function startStandIn() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");

  const server = inProject("tests/upstream/server.mjs");
  const child = spawn(NODE, [server, "--port", String(port), "--pace", String(PACE_MS), "--demo"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  atExit(() => child.kill());
  const ended = once(child, "exit");
  const ready = await Promise.race([once(child.stdout, "data"), ended.then(() => undefined)]);
  if (!ready) throw new Failure("The stand-in for DeGPT did not start.");
  child.stdout.resume(); // Not read, it would stop at a full pipe.
  return { url: `http://127.0.0.1:${port}`, ended };
}

await command(demo);
