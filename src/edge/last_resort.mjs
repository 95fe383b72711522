/**
 * The Worker's entry: the Rust one, and around it an answer for when that fails, which no Rust code
 * can give. See calls.mjs.
 */
import { Call } from "./calls.mjs";
import { fetch as handle } from "./index.js";

// Rust's futures are woken by microtasks, and the runtime's own way to one takes much longer.
const resolved = Promise.resolve();
globalThis.queueMicrotask = (task) => void resolved.then(task);

export default {
  fetch: (request, env) => new Call(request, env).answer(handle),
};
