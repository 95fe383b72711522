/**
 * The store behind the Cache API in workerd, which brings none of its own: a Worker that keeps
 * entries in memory. `cache.put` arrives as a PUT whose body is a whole HTTP response, `match` as a
 * GET that expects `CF-Cache-Status`, `delete` as a PURGE.
 *
 * An entry lives for the `s-maxage` or `max-age` of its `Cache-Control`.
 */
const entries = new Map();

export default {
  async fetch(request) {
    const key = request.url;
    switch (request.method) {
      case "GET":
        return match(key);
      case "PUT":
        put(key, new Uint8Array(await request.arrayBuffer()));
        return new Response(null, { status: 204 });
      case "PURGE":
        return new Response(null, { status: entries.delete(key) ? 200 : 404 });
      default:
        return new Response(null, { status: 405 });
    }
  },
};

function match(key) {
  const entry = entries.get(key);
  if (!entry || entry.expiresMs <= Date.now()) {
    return new Response(null, { status: 504, headers: { "CF-Cache-Status": "MISS" } });
  }
  const headers = new Headers(entry.headers);
  headers.set("CF-Cache-Status", "HIT");
  return new Response(entry.body, { status: entry.status, headers });
}

function put(key, message) {
  const text = new TextDecoder("latin1").decode(message);
  const end = text.indexOf("\r\n\r\n");
  const [statusLine, ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  const control = new Headers(headers).get("Cache-Control") ?? "";
  const lifetime = /s-maxage=(\d+)/.exec(control) ?? /max-age=(\d+)/.exec(control);
  if (/no-store|private/.test(control) || !lifetime) return;
  entries.set(key, {
    status: Number(statusLine.split(" ")[1]),
    headers,
    body: message.slice(end + 4),
    expiresMs: Date.now() + Number(lifetime[1]) * 1000,
  });
}
