/**
 * What the tests against the built Worker share.
 *
 *     const gateway = await startGateway({ vars: { DEGPT_ORIGINS: upstream.url } });
 *     await fetch(`${gateway.url}/api/v1/models`);
 *     await gateway.close();
 */
import { startWorker } from "../scripts/workerd.mjs";

/**
 * Starts the gateway in workerd on a free loopback port (or `port`), or in several `isolates` that
 * share one cache, each at one of `urls`.
 *
 * `vars` are its variables and secrets, laid over the `[vars]` of wrangler.toml; `undefined`
 * unsets one. Returns `url`; `pid`, workerd's process id, for measuring; `log()`, all that it has
 * written; `ended`, a promise of its end; and `close()`.
 */
export function startGateway({ vars, port, isolates } = {}) {
  return startWorker({ vars, port, isolates });
}
