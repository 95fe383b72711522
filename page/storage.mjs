/** What lasts as long as the tab: its session storage, or memory where the browser denies that, as it does cookies. */
export const storage = given() ?? inMemory();

function given() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

function inMemory() {
  const items = new Map();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => items.set(name, value),
    removeItem: (name) => items.delete(name),
  };
}
