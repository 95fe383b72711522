/** The Workers that are measured, in the same rounds and over the same upstream. */
import { startWorker } from "../../scripts/workerd.mjs";
import { KEY } from "./measure.mjs";

/** The built Worker, itself without spacing its reads, and three that do less: see workers/. */
export const SERVERS = {
  passthrough: { folder: "tests/bench/workers/passthrough" },
  noop: { folder: "tests/bench/workers/noop" },
  smallest: { folder: "tests/bench/workers/smallest" },
  gateway: { folder: "build" },
  ungathered: { folder: "build", vars: { GATHER_MS: "0" } },
  /** Once more, so that a process serves one dialect alone. */
  anthropic: { folder: "build" },
  responses: { folder: "build" },
  /** A key with a policy: each answer asks the key's ledger first. Of short answers alone. */
  limited: { folder: "build", vars: { KEY_POLICIES: JSON.stringify({ "*": { requests_per_minute: 1_000_000, concurrent: 1_000 } }) } },
};

/** Those that are programs of their own. */
export const PROGRAMS = ["passthrough", "noop", "smallest", "gateway"];

/** A function that starts one of them by its name, with further options of startWorker. */
export const starter = (upstream) => (name, more) => {
  const { folder, vars } = SERVERS[name];
  // At Cloudflare the page's files are no part of the Worker; in workerd they are one more, which has to start.
  return startWorker({ folder, hasPage: false, vars: { API_KEYS: KEY, DEGPT_API_KEY: "degpt-of-the-bench", DEGPT_ORIGINS: upstream.url, ...vars }, ...more });
};
