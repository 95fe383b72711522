/**
 * What a browser asks before it lets a page of another origin call (the Fetch standard's CORS preflight).
 */
import assert from "node:assert/strict";

/** Which a browser sends without asking first. (`content-type` too, but not with this value.) */
const SAFELISTED = ["accept", "accept-language", "content-language"];

/** Asks for a page of `origin` that would send these headers, and fails where a browser would not let it. */
export async function preflight(url, method, origin, headers) {
  const names = Object.keys(headers).filter((name) => !SAFELISTED.includes(name)).sort();
  const asked = { origin, "access-control-request-method": method };
  if (names.length > 0) asked["access-control-request-headers"] = names.join(",");
  const response = await fetch(url, { method: "OPTIONS", headers: asked });
  const list = (name) => (response.headers.get(name) ?? "").split(",").map((item) => item.trim().toLowerCase());
  assert.ok(response.ok, `${response.status}`);
  assert.ok(["*", origin].includes(response.headers.get("access-control-allow-origin")));
  assert.ok(list("access-control-allow-methods").includes(method.toLowerCase()));
  // A `*` here would not let `authorization` pass.
  const allowed = list("access-control-allow-headers");
  assert.deepEqual(names.filter((name) => !allowed.includes(name)), []);
}
