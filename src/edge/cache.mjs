/**
 * Small values that the isolates of one data center share, in the cache of the runtime. It keeps
 * responses to URLs: this host does not exist, and only this worker uses it.
 */
const ORIGIN = "https://degpt-edge.invalid/";

/** Resolves to the `Uint8Array` that was kept under `key`, or to `undefined`. */
export async function recall(key) {
  const response = await caches.default.match(ORIGIN + key);
  return response && new Uint8Array(await response.arrayBuffer());
}

/** Keeps `value` for so many seconds. It is copied at once: it is a view of wasm memory. */
export async function remember(key, value, seconds) {
  const response = new Response(value, { headers: { "cache-control": `max-age=${seconds}` } });
  await caches.default.put(ORIGIN + key, response);
}
