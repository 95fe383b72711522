/** The references of a JSON schema to parts of the same document, in drafts 4 to 2020-12. */

import { urlCost } from "./formats.mjs";

/** The URL of a schema that has none. */
const NOWHERE = "https://schema.invalid/";

/** In characters. */
const MAX_ADDRESS = 1_000;
const MAX_DEPTH = 500;

/** Lists under these keywords hold values, not schemas. What is not a list there is a property of that name. */
const VALUES = ["const", "default", "enum", "examples"];

/** In 2019-09 and 2020-12 their target depends on the path that led to them. They are not supported here. */
const DYNAMIC = ["$dynamicRef", "$recursiveRef"];

/**
 * Scans the schema `root`. Returns `target`, a function that returns the part that a part with a
 * reference refers to, and whether any part has an `unevaluated…` keyword. Both throw if something
 * is ambiguous or not supported. `draft` is 4, 6 or 7, or undefined for later ones.
 */
export function references(root, { draft, spend }) {
  const idKeyword = draft === "4" ? "id" : "$id";
  const [named, bases, targets] = [new Map(), new Map(), new Map()];
  let hasUnevaluated = false;
  let depth = 0;

  const resolve = (reference, base) => {
    spend(urlCost(reference));
    if (reference.length > MAX_ADDRESS) throw new Error("too long for an address");
    return new URL(reference, base);
  };

  const name = (address, part) => {
    if (named.has(address)) throw new Error("two parts of one name");
    named.set(address, part);
  };

  const look = (part, outer) => {
    spend(8);
    if (typeof part !== "object" || part === null) return;
    if (++depth > MAX_DEPTH) throw new Error("too deep");
    let base = outer;
    if (!Array.isArray(part)) {
      hasUnevaluated ||= part.unevaluatedItems !== undefined || part.unevaluatedProperties !== undefined;
      if (DYNAMIC.some((name) => typeof part[name] === "string")) throw new Error("a dynamic reference");
      const isReference = typeof part.$ref === "string";
      // Up to draft 7, keywords beside a reference are ignored.
      if (typeof part[idKeyword] === "string" && !(isReference && draft)) {
        const url = resolve(part[idKeyword], base);
        const address = url.href.replace(/#$/, "");
        name(address, part);
        // Up to draft 7, an anchor was written as an id that is only a fragment.
        if (url.hash === "") base = address;
      }
      if (typeof part.$anchor === "string") name(resolve(`#${part.$anchor}`, base).href, part);
      if (isReference) bases.set(part, base);
    }
    for (const key of Object.keys(part)) {
      if (!(Array.isArray(part[key]) && VALUES.includes(key))) look(part[key], base);
    }
    depth -= 1;
  };

  const find = (part) => {
    if (!bases.has(part)) throw new Error("a reference among values");
    const url = resolve(part.$ref, bases.get(part));
    const [address, hash] = [url.href.replace(/#.*/, ""), decodeURIComponent(url.hash.slice(1))];
    if (hash !== "" && !hash.startsWith("/")) return named.get(url.href);
    const inside = hash.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    return inside.reduce((found, key) => (Object.hasOwn(found, key) ? found[key] : undefined), named.get(address));
  };

  named.set(NOWHERE, root);
  look(root, NOWHERE);
  const target = (part) => {
    if (!targets.has(part)) targets.set(part, find(part));
    return targets.get(part);
  };
  return { target, hasUnevaluated };
}
