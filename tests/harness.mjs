/**
 * What the tests against the built Worker share.
 *
 *     const gateway = await startGateway({ vars: { DEGPT_ORIGINS: upstream.url } });
 *     await fetch(`${gateway.url}/api/v1/models`);
 *     await gateway.close();
 */
import { startWorker } from "../scripts/workerd.mjs";

/**
 * Starts the gateway in workerd. The options are startWorker's: `vars`, its variables and secrets,
 * `port`, `isolates`, `front`, `v8Flags`. Returns `url` and `urls`; `pid`, workerd's process id, for
 * measuring; `log()`, all that it has written; `ended`, a promise of its end; and `close()`.
 */
export const startGateway = (options) => startWorker(options);

/** In front of a Worker it counts what enters the isolate: `front` of startWorker. */
export const ENTRIES = "tests/entries.js";

/** What has entered the isolate at `url` since the last time this was asked; see entries.js. */
export const entries = async (url) => (await fetch(`${url}/entries`)).json();
