// The faults that have a name: what each comes to in the fields of a behaviour.
// `fault` is one of these names, or an HTTP status.
//
// Does not: carry them out.
// Called by: behaviours.mjs.

const hugeBytes = 32 * 1024 * 1024;

export const namedFaults = {
  // For every endpoint.
  silent: { neverAnswer: true },
  refused: { refuseConnection: true },
  breaks: { breakAfter: 0 }, // a chat before its first word, another answer in the middle of its body
  notJson: { status: 200, body: '<html><body>Just a moment…</body></html>' },
  cutJson: { endAfter: 0 }, // not for the chat: JSON that ends in its middle, in a body that ends well
  huge: { hugeBody: hugeBytes },
  notAnObject: { status: 200, body: [] },

  // For chats.
  fakeSuccess: { fakeSuccess: true },
  declined: { fakeSuccess: true }, // the same, as it is called of an account
  reasoningAlone: { reasoningAlone: true },
  empty: { empty: true },

  // For the search and for pages.
  noData: { noData: true }, // {"ok": true, "data": null}
  notOk: { status: 200, body: { ok: false, data: null } },
  noResults: { results: [] },
  noPage: { page: null },

  // For the daily number.
  failed: { status: 200, body: { passed: false, message: 'Failed' } },
  overLimit: { overLimit: true },

  // For the configuration.
  noDefaultModels: { withoutKeys: ['default_models'] },
  brokenDefaultModels: { config: { default_models: 42 } },
};

/** Returns the fields for `{fault, retryAfter, …}`, or throws. */
export function expandFault({ fault, retryAfter, ...fields }) {
  const headers = retryAfter === undefined ? fields.headers : { ...fields.headers, 'retry-after': String(retryAfter) };
  const more = headers === undefined ? {} : { headers };
  if (fault === undefined) return { ...fields, ...more };
  const named = typeof fault === 'number' ? { status: fault } : Object.hasOwn(namedFaults, fault) && namedFaults[fault];
  if (!named) throw new TypeError(`unknown fault ${JSON.stringify(fault)}; one of: a status, ${Object.keys(namedFaults).join(', ')}`);
  return { ...named, ...fields, ...more };
}
