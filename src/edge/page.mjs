/**
 * The page at `/`, for browsers, and its files in `/assets/`. The runtime keeps them, apart from the
 * program, behind the binding ASSETS: Workers static assets at Cloudflare, scripts/assets.js in workerd.
 * A deployment without that binding has no page, and `/` is the JSON that other clients get.
 */

/** The page loads nothing from elsewhere, sends nothing elsewhere, and runs no script but its own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // HTML becomes part of the page through DOMPurify alone.
  "require-trusted-types-for 'script'",
  "trusted-types dompurify",
].join("; ");

const HEADERS = {
  "cache-control": "no-cache",
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "vary": "accept",
  "x-content-type-options": "nosniff",
};

/**
 * A promise of the response, if a file of the page may be meant: of `undefined` if there is none.
 * `undefined` for all other requests, which do not wait.
 */
export function page(request, { ASSETS }) {
  const { method } = request;
  if (!ASSETS || (method !== "GET" && method !== "HEAD")) return;
  const { url, headers } = request;
  const { pathname } = new URL(url);
  if (pathname === "/" ? !prefersHtml(headers.get("accept")) : !pathname.startsWith("/assets/")) return;
  const known = headers.get("if-none-match");
  const asked = new Request(new URL(pathname, url), { method, headers: known ? { "if-none-match": known } : {} });
  return ASSETS.fetch(asked).then(dressed, () => undefined);
}

/** The file as the page needs it; `undefined` unless there is one. */
function dressed(found) {
  if (found.status !== 200 && found.status !== 304) return;
  const response = new Response(found.body, found);
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}

/** Whether an `Accept` header names HTML, and JSON with no more weight. */
function prefersHtml(accept) {
  const weights = { "text/html": 0, "application/json": 0 };
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    weights[type] = weight ? Number(weight.slice(2)) : 1;
  }
  return weights["text/html"] > 0 && weights["text/html"] >= weights["application/json"];
}
