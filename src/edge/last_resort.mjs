/**
 * The Worker's entry: the Rust part, and around it the responses for when that fails, which Rust
 * code cannot give. See calls.mjs.
 */
import { Call } from "./calls.mjs";
import { fetch as handle } from "./index.js";
import { page } from "./page.mjs";

// Rust's futures are woken by microtasks, and the runtime's own `queueMicrotask` is much slower.
const resolved = Promise.resolve();
globalThis.queueMicrotask = (task) => void resolved.then(task);

const answer = (request, env, context) => new Call(request, env, context).answer(handle);

export default {
  fetch: (request, env, context) =>
    page(request, env)?.then((found) => found ?? answer(request, env, context)) ?? answer(request, env, context),
};

export { Ledger } from "./ledger.mjs";
