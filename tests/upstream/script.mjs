// The script of a test: a queue of behaviours, first in first out among those
// that match a request, over defaults that hold for every chat request. Ahead
// of them come the behaviours of what is down, which stay until it is up again.
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
  #down = new Map();
  #firstDefaults;
  #defaults;

  constructor(defaults = {}) {
    this.#firstDefaults = checkBehaviour(defaults);
    this.#defaults = this.#firstDefaults;
  }

  queue(...behaviours) {
    const entries = behaviours.flat().map((given) => {
      const behaviour = checkBehaviour(given);
      const { times = 1 } = behaviour;
      return { behaviour, left: times === 'always' ? Infinity : times };
    });
    this.#queue.push(...entries);
  }

  /** Replaces the defaults until the next clear(). */
  setDefaults(behaviour) {
    this.#defaults = checkBehaviour(behaviour);
  }

  /** Sets the behaviour of all requests of a model, a credential, an account or a path, or of these together. */
  down(behaviour) {
    const { times, ...standing } = checkBehaviour(behaviour);
    const name = nameOf(standing);
    if (name === nameOf({})) throw new TypeError('down() needs a model, a credential, an account or a path');
    const everywhere = standing.model === undefined && standing.path === undefined;
    this.#down.set(name, everywhere ? { ...standing, path: 'any' } : standing);
  }

  /** Ends what down() set for the same names; without any, all of it. */
  up(named = {}) {
    if (nameOf(named) === nameOf({})) this.#down.clear();
    else this.#down.delete(nameOf(named));
  }

  clear() {
    this.#queue = [];
    this.#down.clear();
    this.#defaults = this.#firstDefaults;
  }

  get waiting() {
    return this.#queue.map(({ behaviour, left }) => ({ ...behaviour, times: left === Infinity ? 'always' : left }));
  }

  /** What this request is to get, what it gets unscripted, and `spend()`, which uses up the former. */
  lookUp(record) {
    const standing = [...this.#down.values()].find((behaviour) => matches(behaviour, record));
    const entry = standing === undefined ? this.#queue.find(({ behaviour }) => matches(behaviour, record)) : undefined;
    const defaults = matches(this.#defaults, record) ? this.#defaults : {};
    return {
      behaviour: { ...defaults, ...(standing ?? entry?.behaviour) },
      defaults,
      spend: () => {
        if (entry === undefined) return;
        entry.left -= 1;
        if (entry.left <= 0) this.#queue = this.#queue.filter((other) => other !== entry);
      },
    };
  }
}

function nameOf({ model, credential, account, path }) {
  return JSON.stringify([model, credential, account, path]);
}

function matches({ path = paths.chat, method, model, credential, account, where }, record) {
  return (
    (path === 'any' || path === record.path) &&
    (method === undefined || method === record.method) &&
    (model === undefined || model === record.body?.model) &&
    (credential === undefined || credential === record.credential) &&
    (account === undefined || account === record.account) &&
    (where === undefined || where(record))
  );
}
