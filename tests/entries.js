/**
 * Runs in workerd in front of a Worker (`front` of startWorker) and counts what enters its isolate,
 * for every entry costs about the same, however little is done in it. `GET /entries` tells the
 * counts since it was last asked, and no Worker sees that request:
 *
 *     reads        of an upstream's body, or of a stream that it is piped to
 *     asideReads   of the second branch of such a body that was teed
 *     otherReads   of any other stream but the request's body
 *     transforms   calls of a transformer's `transform`
 *     pulls        calls of a source's `pull`
 *     enqueued     chunks given to the controller of a stream
 *     written      chunks given to the writer of a stream
 *     timers       timers that ran, and waits
 */
const NONE = { reads: 0, asideReads: 0, otherReads: 0, transforms: 0, pulls: 0, enqueued: 0, written: 0, timers: 0 };
let counts = { ...NONE };

/** What the reads of a stream count as; undefined for those that do not. */
const kinds = new WeakMap();
/** The readable side of a pair, by its writable side. */
const otherEnds = new WeakMap();

/** Has `owner[name]` call `around` with the original and the arguments. */
function wrap(owner, name, around) {
  const original = owner[name];
  owner[name] = function (...given) {
    return around.call(this, (...taken) => original.apply(this, taken), ...given);
  };
}

function counted(owner, name, kind) {
  wrap(owner, name, (original, ...given) => {
    counts[kind] += 1;
    return original(...given);
  });
}

/** What a stream is made from, with the calls of its callback `name` counted. */
function withCounted(made, name, kind) {
  const get = (_, key) => {
    const value = made[key];
    if (typeof value !== "function") return value;
    return (...given) => {
      if (key === name) counts[kind] += 1;
      return value.apply(made, given);
    };
  };
  return made && new Proxy(made, { get });
}

// Which stream has what of the upstream.
wrap(globalThis, "fetch", async (fetch, ...given) => {
  const response = await fetch.apply(undefined, given);
  if (response.body) kinds.set(response.body, "reads");
  return response;
});
wrap(ReadableStream.prototype, "tee", function (tee) {
  const branches = tee();
  if (kinds.has(this)) branches.forEach((branch, index) => kinds.set(branch, index === 0 ? kinds.get(this) : "asideReads"));
  return branches;
});
wrap(ReadableStream.prototype, "pipeTo", function (pipeTo, writable, ...options) {
  const readable = otherEnds.get(writable);
  if (readable && kinds.has(this)) kinds.set(readable, kinds.get(this));
  return pipeTo(writable, ...options);
});
wrap(ReadableStream.prototype, "pipeThrough", function (pipeThrough, pair, ...options) {
  if (kinds.has(this)) kinds.set(pair.readable, kinds.get(this));
  return pipeThrough(pair, ...options);
});
for (const name of ["TransformStream", "IdentityTransformStream", "FixedLengthStream"]) {
  globalThis[name] = new Proxy(globalThis[name], {
    construct(kind, [transformer, ...more], target) {
      const pair = Reflect.construct(kind, [withCounted(transformer, "transform", "transforms"), ...more], target);
      otherEnds.set(pair.writable, pair.readable);
      return pair;
    },
  });
}
globalThis.ReadableStream = new Proxy(ReadableStream, {
  construct: (kind, [source, ...more], target) => Reflect.construct(kind, [withCounted(source, "pull", "pulls"), ...more], target),
});

// What is done with them.
wrap(ReadableStream.prototype, "getReader", function (getReader, ...options) {
  const reader = getReader(...options);
  kinds.set(reader, kinds.has(this) ? kinds.get(this) : "otherReads");
  return reader;
});
for (const { prototype } of [ReadableStreamBYOBReader, ReadableStreamDefaultReader]) {
  for (const name of ["read", "readAtLeast"].filter((name) => prototype[name])) {
    wrap(prototype, name, function (read, ...given) {
      const kind = kinds.get(this);
      if (kind) counts[kind] += 1;
      return read(...given);
    });
  }
}
for (const kind of [ReadableStreamDefaultController, ReadableByteStreamController, TransformStreamDefaultController]) {
  counted(kind.prototype, "enqueue", "enqueued");
}
counted(WritableStreamDefaultWriter.prototype, "write", "written");
wrap(globalThis, "setTimeout", (setTimeout, callback, ...given) => {
  const run = (...values) => {
    counts.timers += 1;
    return callback(...values);
  };
  return setTimeout(run, ...given);
});
counted(Object.getPrototypeOf(scheduler), "wait", "timers");

const { default: worker, ...built } = await import("./index.js");
/** The Durable Object's class, which is looked for here. Not every Worker has one. */
export const Ledger = built.Ledger ?? class {};

export default {
  fetch(request, ...more) {
    if (new URL(request.url).pathname !== "/entries") {
      if (request.body) kinds.set(request.body, undefined);
      return worker.fetch(request, ...more);
    }
    const answer = Response.json(counts);
    counts = { ...NONE };
    return answer;
  },
};
