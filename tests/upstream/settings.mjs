// What the endpoints beside the chat are to answer, as a test has set it; it
// stays until the next reset.
//
//   config    fields of GET /api/config, over the stand-in's own
//   limits    how many chats an account may have of a model: a number for each,
//             or {model: number, '*': number}; without one, any number
//   searches  by keyword, '*' for every other: a list of results, {web, images}, or null
//   pages     by address, '*' for every other: {title, content}, or null when it cannot be read
//
// Does not: answer (config.mjs, allowance.mjs, web.mjs).
// Called by: server.mjs makes it.

const none = { config: {}, limits: {}, searches: {}, pages: {} };

export class Settings {
  #all = none;

  /** Adds to what was set before, name by name. */
  configure(settings) {
    const unknown = Object.keys(settings).filter((name) => !(name in none));
    if (unknown.length > 0) throw new TypeError(`unknown settings: ${unknown.join(', ')}`);
    const merged = Object.entries(settings).map(([name, value]) => {
      const given = typeof value === 'number' ? { '*': value } : value;
      return [name, { ...this.#all[name], ...given }];
    });
    this.#all = { ...this.#all, ...Object.fromEntries(merged) };
  }

  clear() {
    this.#all = none;
  }

  get config() {
    return this.#all.config;
  }

  /** What is set for `key` in `limits`, `searches` or `pages`; undefined when nothing is. */
  of(name, key) {
    const all = this.#all[name];
    return Object.hasOwn(all, key) ? all[key] : all['*'];
  }
}
