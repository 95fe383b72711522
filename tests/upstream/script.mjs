// The script of a test: a queue of behaviours, first in first out among those
// that match a request, over defaults that hold for every chat request.
//
// A request that the stand-in refuses by itself (a bad token, a 422, a shape
// the model does not take) uses up no behaviour, so that a test can script the
// answer to come after a new sign-in.
//
// Does not: know what the fields mean (behaviours.mjs).
// Called by: server.mjs, control.mjs.

import { checkBehaviour } from './behaviours.mjs';
import { paths } from './paths.mjs';

export class Script {
  #queue = [];
  #firstDefaults;
  #defaults;

  constructor(defaults = {}) {
    this.#firstDefaults = checkBehaviour(defaults);
    this.#defaults = this.#firstDefaults;
  }

  queue(...behaviours) {
    const entries = behaviours.flat().map((behaviour) => {
      const { times = 1 } = checkBehaviour(behaviour);
      return { behaviour, left: times === 'always' ? Infinity : times };
    });
    this.#queue.push(...entries);
  }

  /** Replaces the defaults until the next clear(). */
  setDefaults(behaviour) {
    this.#defaults = checkBehaviour(behaviour);
  }

  clear() {
    this.#queue = [];
    this.#defaults = this.#firstDefaults;
  }

  get waiting() {
    return this.#queue.map(({ behaviour, left }) => ({ ...behaviour, times: left === Infinity ? 'always' : left }));
  }

  /** What this request is to get, what it gets unscripted, and `spend()`, which uses up the former. */
  lookUp(record) {
    const entry = this.#queue.find(({ behaviour }) => matches(behaviour, record));
    const defaults = matches(this.#defaults, record) ? this.#defaults : {};
    return {
      behaviour: { ...defaults, ...entry?.behaviour },
      defaults,
      spend: () => {
        if (entry === undefined) return;
        entry.left -= 1;
        if (entry.left <= 0) this.#queue = this.#queue.filter((other) => other !== entry);
      },
    };
  }
}

function matches({ path = paths.chat, method, model, credential, where }, record) {
  return (
    (path === 'any' || path === record.path) &&
    (method === undefined || method === record.method) &&
    (model === undefined || model === record.body?.model) &&
    (credential === undefined || credential === record.credential) &&
    (where === undefined || where(record))
  );
}
