/** The key: kept in this tab's session storage and nowhere else. */
const STORED = "key";
const listeners = new Set();

export const key = () => sessionStorage.getItem(STORED) ?? "";

export function setKey(value) {
  const trimmed = value.trim();
  if (trimmed) sessionStorage.setItem(STORED, trimmed);
  else sessionStorage.removeItem(STORED);
  for (const listener of listeners) listener();
}

/** Calls `listener` whenever the key has changed. */
export const onKey = (listener) => listeners.add(listener);
