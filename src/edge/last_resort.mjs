/**
 * The Worker's entry: the Rust part, and around it the responses for when that fails, which Rust
 * code cannot give. See calls.mjs.
 */
import { Call } from "./calls.mjs";
import { fetch as handle } from "./index.js";

// Rust's futures are woken by microtasks, and the runtime's own `queueMicrotask` is much slower.
const resolved = Promise.resolve();
globalThis.queueMicrotask = (task) => void resolved.then(task);

export default {
  fetch: (request, env, context) => new Call(request, env, context).answer(handle),
};

export { Ledger } from "./ledger.mjs";
