/**
 * `npm start`: the gateway on a machine of one's own, in workerd, with live DeGPT behind it.
 *
 * Settings come from the environment, from `.dev.vars` in the current folder, and from `[vars]` of
 * wrangler.toml, in this order. The standard output has the lines of the log and nothing else.
 * docs/running.md describes it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";

import { build } from "./build.mjs";
import { holdFolder } from "./hold.mjs";
import { listen } from "./listen.mjs";
import { Failure, command } from "./process.mjs";
import { PLACEHOLDERS, isLoopback, startSettings } from "./settings.mjs";
import { startWorker, wrangler } from "./workerd.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Signals this close together are one: the terminal sends Ctrl-C to npm as well, which passes it on. */
const SAME_MS = 500;

async function start() {
  const settings = startSettings(process.env);
  const { host, port, vars, dataDir } = settings;
  refuseKnownKeys(settings);
  await buildQuietly();

  const storage = hasObjects() ? dataDir : undefined;
  if (storage) {
    makeFolder(storage);
    holdFolder(storage);
  }
  const { fd, refuse } = await listen(host, port);
  const gateway = await startWorker({ host, port, vars, storage, fd, serves: true });
  const isAsked = endWhenAsked({ ...gateway, refuse }, settings.drainMs);
  await ensureGoodSettings(gateway);
  if (!isAsked()) announce(gateway, settings, storage);

  const { code, signal } = await gateway.ended;
  if (isAsked()) process.exit(0);
  throw new Failure(`workerd ended by itself (${signal ?? `exit status ${code}`}). What it said stands above.`);
}

const say = (text) => console.error(text);

/** Keys that stand in the documentation are good for nobody but this machine. */
function refuseKnownKeys({ host, vars }) {
  if (isLoopback(host) || !hasPlaceholders(vars)) return;
  throw new Failure(
    `API_KEYS has the placeholders that everybody knows, and HOST=${host} is open to others.\n` +
      `Set keys of your own, for example API_KEYS=${newKey()}`,
  );
}

function hasPlaceholders({ API_KEYS = "" }) {
  const keys = API_KEYS.split(",").map((key) => key.replace(/^.*=/, "").trim());
  return keys.some((key) => PLACEHOLDERS.includes(key));
}

const newKey = () => randomBytes(24).toString("hex");

/** In a release there is nothing to build. What a build says is no line of the log. */
async function buildQuietly() {
  const { write } = process.stdout;
  process.stdout.write = (...args) => process.stderr.write(...args);
  try {
    await build();
  } finally {
    process.stdout.write = write;
  }
}

const hasObjects = () => (wrangler().durable_objects?.bindings ?? []).length > 0;

function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`The folder for data cannot be made: ${error.message}\nDATA_DIR=… takes another.`);
  }
}

/**
 * The first signal lets what is open come to its end, for at most `drainMs`; the second one ends it.
 * Returns how to ask whether there was one.
 */
function endWhenAsked(gateway, drainMs) {
  let askedAt;
  const cut = () => gateway.close();
  const end = () => {
    if (askedAt !== undefined) return performance.now() - askedAt > SAME_MS && cut();
    askedAt = performance.now();
    say("Ending: open answers may come to their end, new requests get a 503. A second signal cuts off what is open.");
    gateway.drain();
    gateway.refuse();
    setTimeout(() => {
      say(`Open answers were cut off after DRAIN_MS=${drainMs}.`);
      cut();
    }, drainMs);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  if (process.env.npm_command) whenParentEnds(end);
  return () => askedAt !== undefined;
}

/** npm has a shell start this, which does not pass on a signal: then all that is seen is that it is gone. */
function whenParentEnds(end) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 200);
}

/** The gateway tells a wrong setting in every response; better that nobody has to ask. */
async function ensureGoodSettings({ url, close }) {
  const response = await fetch(`${url}/api/hello`, { headers: { connection: "close" } }).catch(() => undefined);
  if (response?.status !== 500) return;
  const text = await response.text();
  await close();
  throw new Failure(messageIn(text));
}

function messageIn(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text;
  }
}

function announce({ url }, { host, vars, dataDir }, storage) {
  const lines = [`degpt-edge serves on ${url}${isLoopback(host) ? "" : ` (HOST=${host})`}, with ${vars.DEGPT_ORIGINS} behind it.`];
  if (storage) lines.push(`Data is in ${dataDir}.`);
  if (!vars.API_KEYS) lines.push(`API_KEYS is not set: every chat is refused. For example: API_KEYS=${newKey()}`);
  if (hasPlaceholders(vars)) lines.push(`API_KEYS has placeholders that everybody knows. Before a proxy lets others in, set keys of your own: API_KEYS=${newKey()}`);
  if (vars.LOG_PANICS === "full" && !isLoopback(host)) lines.push("LOG_PANICS is full: a fault of the gateway is logged with text of requests.");
  say(lines.join("\n"));
}

await command(start);
