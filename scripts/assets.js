/**
 * What Workers static assets are in workerd, which brings none: a Worker with a binding for each
 * file, named by its path. `/` is `/index.html`. An `ETag` is made of what the file holds, and a
 * client that has it gets a 304.
 */
const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

export default {
  async fetch(request, files) {
    const { pathname } = new URL(request.url);
    const name = pathname === "/" ? "/index.html" : pathname;
    const file = files[name];
    if (!(file instanceof ArrayBuffer)) return new Response(null, { status: 404 });
    const etag = await etagOf(file);
    const known = request.headers.get("if-none-match") ?? "";
    if (known.split(",").some((item) => item.trim().replace(/^W\//, "") === etag)) {
      return new Response(null, { status: 304, headers: { etag } });
    }
    const type = TYPES[name.split(".").at(-1)] ?? "application/octet-stream";
    const headers = { "content-type": type, "content-length": file.byteLength, etag };
    return new Response(request.method === "HEAD" ? null : file, { headers });
  },
};

async function etagOf(file) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file));
  return `"${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
}
