/**
 * The Worker's entry: the Rust one, and around it an answer for when that fails. A panic in wasm
 * ends the instance, so no Rust code can answer it; the next request gets a new instance.
 *
 * It says what `Error::Internal` says, in the caller's dialect as far as the address tells.
 */
import { fetch as handle } from "./index.js";

// Rust's futures are woken by microtasks, and the runtime's own way to one takes much longer.
const resolved = Promise.resolve();
globalThis.queueMicrotask = (task) => void resolved.then(task);

const MESSAGE = "The gateway failed. The request id helps its operator to find out.";

export default {
  async fetch(request, env, context) {
    try {
      return await handle(request, env, context);
    } catch {
      return lastResort(request);
    }
  },
};

function lastResort(request) {
  const id = crypto.randomUUID().replaceAll("-", "");
  const isAnthropic = request.headers.has("anthropic-version") || new URL(request.url).pathname.includes("/messages");
  const body = isAnthropic
    ? { type: "error", error: { type: "api_error", message: MESSAGE }, request_id: id }
    : { error: { message: MESSAGE, type: "server_error", param: null, code: "internal_error" } };
  const headers = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, request-id",
    "cache-control": "no-store",
    "request-id": id,
    "x-request-id": id,
  };
  return Response.json(body, { status: 500, headers });
}
