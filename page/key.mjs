/** The key: kept in this tab's session storage and nowhere else. */
import { storage } from "./storage.mjs";

const STORED = "key";
const listeners = new Set();

export const key = () => storage.getItem(STORED) ?? "";

export function setKey(value) {
  const trimmed = value.trim();
  if (trimmed) storage.setItem(STORED, trimmed);
  else storage.removeItem(STORED);
  for (const listener of listeners) listener();
}

/**
 * Takes the key of a link that ends in `#key=…`, as the demo prints one, and removes it from the address.
 * What is after `#` never leaves the browser. A key that the tab has already stays.
 */
export function takeFromLink() {
  const [, given] = /^#key=(.+)$/.exec(location.hash) ?? [];
  if (given === undefined) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (!key()) setKey(new URLSearchParams(`key=${given}`).get("key"));
}

/** Calls `listener` whenever the key has changed. */
export const onKey = (listener) => listeners.add(listener);
