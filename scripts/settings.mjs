/**
 * What `npm start` is told: the gateway's settings and its own.
 */
import { isIP } from "node:net";
import path from "node:path";

import { NEW_DEV_VARS, devVars } from "./dev-vars.mjs";
import { NAMES } from "./names.mjs";
import { Failure } from "./process.mjs";
import { wrangler } from "./workerd.mjs";

/** How long open answers may go on after the end was asked for, in milliseconds. */
const DRAIN_MS = 30_000;

/** The keys of a new `.dev.vars`. */
export const PLACEHOLDERS = NEW_DEV_VARS.API_KEYS.split(",");

/**
 * `vars` for the gateway; `host` and `port` to listen on; the folder `dataDir`, absolute; and `drainMs`.
 * What `environment` has goes before what `.dev.vars` has. Throws a `Failure` about a value that is wrong.
 */
export function startSettings(environment) {
  const { vars: defaults, dev } = wrangler();
  const given = { ...devVars(path.resolve(".dev.vars")), ...environment };
  const named = NAMES.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
  return {
    vars: { ...defaults, ...Object.fromEntries(named) },
    host: hostOf(given.HOST || "127.0.0.1"),
    port: numberOf("PORT", given.PORT || dev.port, 1, 65_535),
    dataDir: path.resolve(given.DATA_DIR || "data"),
    drainMs: numberOf("DRAIN_MS", given.DRAIN_MS || DRAIN_MS, 0, 86_400_000),
  };
}

/** Whether only this machine reaches what listens on `host`. */
export const isLoopback = (host) => host === "localhost" || host === "::1" || host.startsWith("127.");

function hostOf(text) {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost") return "127.0.0.1";
  if (isIP(host)) return host;
  throw new Failure(`HOST takes an IP address (127.0.0.1, 0.0.0.0, ::) or localhost, not "${text}".`);
}

function numberOf(name, text, least, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Failure(`${name} takes a number from ${least} to ${most}, not "${text}".`);
}
