/**
 * The running requests, and what happens to them when the Rust part fails.
 *
 * A trap (a panic, exhausted memory, or any other error that ends a call into wasm) ends the
 * instance and every request in it. This ends each of those requests in its own context, because
 * the runtime does not let another request write its response: a client that waits for a response
 * gets a 500, a stream ends with the dialect's error event, and the upstream is aborted. The next
 * request gets a new instance.
 *
 * The clients get the message of `Error::Internal` in their dialect. The Rust part stores it here
 * in advance, and updates it whenever a stream needs other events to end properly.
 */
const MESSAGE = "The gateway failed. The request id helps its operator to find out.";

/**
 * By number. The references are weak: the runtime may drop a request whose client has left,
 * without calling `forget`.
 */
const running = new Map();
const collected = new FinalizationRegistry((number) => running.delete(number));
let lastNumber = 0;

/** The place of the panic that is about to end the instance. */
let panicPlace;

export function panickedAt(place) {
  panicPlace = place;
}

/**
 * Call this when a call into wasm, for the request of that `number`, ended with `error`.
 * `restart` creates the next instance. Logs one line, with no content of a request in it.
 */
export function trapped(error, number, restart) {
  const place = panicPlace ?? placeOf(error);
  panicPlace = undefined;
  const failed = running.get(number)?.deref();
  console.error(`degpt-edge: internal fault at ${place}${failed ? `, request ${failed.id}` : ""}`);
  const calls = [...running.values()].map((call) => call.deref());
  running.clear();
  for (const call of calls) call?.end();
  // Not immediately: this may run inside another call into wasm. If it fails, the next request
  // tries again.
  Promise.resolve().then(restart).catch(() => {});
}

/** 122 random bits, and six that are not. */
export const randomId = () => crypto.randomUUID().replaceAll("-", "");

/** The kind of a trap and its place in the wasm. The message of a JavaScript error may quote a request, so it is left out. */
function placeOf(error) {
  const cause = error?.cause ?? error;
  const kind = cause instanceof WebAssembly.RuntimeError ? cause.message : cause?.name;
  const frames = String(error?.stack).match(/wasm-function\[\d+\]:0x[0-9a-f]+/g) ?? [];
  return [...frames.slice(0, 4), `(${kind})`].join(" ");
}

/** Ends a body normally: one that is sent piece by piece, or one that is transformed. */
const end = (controller) => (controller.terminate ?? controller.close).call(controller);

/** What can happen to a stream of events, as `outlet.rs` numbers it. */
const [PIECE, ENDED, READY, DRAINED, LEFT, TIME] = [0, 1, 2, 3, 4, 5];

/** The choice that the upstream of that number is for, as `exchange.rs` numbers them, and all choices. */
const choiceOf = (number) => number >>> 16;
const ALL = ~0;

/** How long a ledger has for its answer, and when a settlement is sent: after the response, and again as long as the ledger does not take it. */
const LEDGER_MS = 5_000;
const SETTLE_AFTER_MS = [1, 200, 1_000, 5_000];

/** A request that is being answered. */
export class Call {
  id = randomId();
  number = (lastNumber += 1);
  /** Controls the client's body, if that is sent piece by piece. */
  controller = undefined;
  /** Tells the Rust part what happened to a stream of events; there is one once the stream is open. */
  act = undefined;
  /** The writable side of a stream of events, and the upstreams that are piped into it, by choice. */
  writer = undefined;
  sources = [];
  /** The body of the response if the gateway fails, and the events that end its stream then. */
  failureBody = undefined;
  lastEvents = "";
  /** A JSON object of what it asks for, for the log, if the gateway fails. */
  question = "{}";
  /** Ends the request after a trap. It may be called from the context of another request. */
  end;
  /** Sends the ledger that the request is lost, and what ends its stay after its client has left. */
  #lose = () => {};
  #release = () => {};
  /** The message that reserves: a settlement must not come before it. */
  #reserving;
  #request;
  #env;
  #since = Date.now();
  #status = 500;
  #isLogged = false;
  #context;

  constructor(request, env, context) {
    this.#request = request;
    this.#env = env;
    this.#context = context;
    running.set(this.number, new WeakRef(this));
    collected.register(this, this.number);
  }

  /** The response: from `handle`, unless the instance fails first. */
  async answer(handle) {
    const ended = new Promise((resolve) => (this.end = resolve)).then(() => this.#fail());
    try {
      const handled = handle(this.#request, this.#env, this);
      const response = (await Promise.race([handled, ended])) ?? (await ended);
      this.#status = response.status;
      if (!this.controller || response.status !== 200) this.forget();
      return response;
    } catch (error) {
      console.error(`degpt-edge: internal fault at ${placeOf(error)}, request ${this.id}`);
      this.forget();
      return this.#fail();
    }
  }

  /** Logs the line of the request: a JSON object, with when it came and its id. */
  log(line) {
    this.#isLogged ||= line.includes('"ended":');
    console.log(`{"time":"${new Date(this.#since).toISOString()}","id":"${this.id}",${line.slice(1)}`);
  }

  /** Unless it has its line: a large JSON body is sent after that. */
  #logCrash() {
    if (this.#isLogged) return;
    const end = { status: this.#status, error: "internal_error", ms: Date.now() - this.#since, ended: "crashed" };
    this.log(JSON.stringify({ ...JSON.parse(this.question), ...end }));
  }

  /** Closes the client's stream normally. */
  close() {
    this.forget();
    try {
      end(this.controller);
    } catch {
      // The client has left, and the runtime reports that.
    }
  }

  /**
   * Sends `message` to the ledger of `label`; resolves to its answer, or to nothing if none comes in
   * time. Until `settle`, the request goes on when its client has left. If the Rust part fails before
   * that, the ledger gets `lost`.
   */
  async reserve(label, message, lost) {
    this.#context.waitUntil(new Promise((resolve) => (this.#release = resolve)));
    this.#lose = () => this.settle(label, lost);
    this.#reserving = this.#tell(label, message);
    return this.#inTime(this.#reserving);
  }

  /**
   * Runs a statement of ledger.mjs with `values` in each of `objects`, both lists as JSON. Resolves to a list of
   * rows for each, as JSON, or to nothing if one gives no answer in time.
   */
  query(objects, statement, values) {
    const ask = async (name) => await this.#env.LEDGER.getByName(name).query(statement, JSON.parse(values));
    return this.#inTime(Promise.all(JSON.parse(objects).map(ask)).then((rows) => `[${rows}]`));
  }

  /** The answer of ledgers; nothing if it does not come in time. */
  async #inTime(asked) {
    let late;
    const answer = await Promise.race([asked.catch(() => {}), new Promise((resolve) => (late = setTimeout(resolve, LEDGER_MS)))]);
    clearTimeout(late);
    if (answer === undefined) console.error(`degpt-edge: the ledger gives no answer, request ${this.id}`);
    return answer;
  }

  /** Sends `message`, if there is one, to the ledger of `label`, several times if it must. */
  async settle(label, message) {
    this.#lose = () => {};
    if (message) await this.#reserving?.catch(() => {});
    for (const waitMs of message ? SETTLE_AFTER_MS : []) {
      await scheduler.wait(waitMs);
      const isDone = await this.#tell(label, message).then(() => true, () => false);
      if (isDone) return this.#release();
    }
    if (message) console.error(`degpt-edge: the ledger takes no settlement, request ${this.id}`);
    this.#release();
  }

  /** Sends `message` to the ledger of `label`, without a `reserve` before. */
  note(label, message) {
    this.#context.waitUntil(this.settle(label, message));
  }

  async #tell(label, message) {
    return await this.#env.LEDGER.getByName(label).act(message);
  }

  /**
   * Opens the client's body: the readable side of a TransformStream. The transformer is the Rust part,
   * `act`. There is room for one chunk, so the upstream is read before the client reads: the client's
   * status depends on the answer.
   */
  open(act) {
    this.act = act;
    const transformer = {
      start: (controller) => void (this.controller = controller),
      transform: ({ number, piece }) => this.act(this, PIECE, number, piece),
      flush: () => this.act(this, DRAINED, 0),
      cancel: () => this.act(this, LEFT, 0),
    };
    const { readable, writable } = new TransformStream(transformer, undefined, { highWaterMark: 1 });
    this.writer = writable.getWriter();
    return readable;
  }

  /** The client's body has taken the piece of the upstream of that number. */
  ready(number) {
    this.act(this, READY, number);
  }

  /** The body of the upstream of that number has ended. */
  ended(number) {
    this.act(this, ENDED, number);
  }

  /** Takes an upstream, in place of the one before for the same choice. */
  pipe(source) {
    this.sources[choiceOf(source.number)] = source;
  }

  /** Reads the next piece of the upstream of that number. */
  read(number, waitMs) {
    this.sources[choiceOf(number)].read(waitMs);
  }

  /** Ends the connections to the upstreams of these choices: a bit for each. */
  abort(choices) {
    this.sources.forEach((source, choice) => {
      if (!(choices & (1 << choice))) return;
      delete this.sources[choice];
      source.abort();
    });
  }

  wakeAfter(waitMs) {
    setTimeout(() => this.act(this, TIME, 0), waitMs);
  }

  /** Closes the writable side of the client's body, once it has taken what was written. */
  drain() {
    this.writer.close().catch(() => {});
  }

  /** The request is over: a later trap does not concern it, and nothing is reported any more. */
  forget() {
    running.delete(this.number);
    if (this.act) this.act = () => {};
    this.sources = [];
  }

  /** Ends the client's body, if there is one, and returns the response for the case that there is none yet. */
  #fail() {
    this.#logCrash();
    this.#lose();
    this.abort(ALL);
    try {
      // A JSON body that has begun can only be broken off.
      if (!this.act) this.controller?.error(new Error(MESSAGE));
      this.controller?.enqueue(new TextEncoder().encode(this.lastEvents));
      if (this.controller) end(this.controller);
    } catch {
      // The body has already ended, or the client has left.
    }
    return this.#response();
  }

  #response() {
    const ids = { "request-id": this.id, "x-request-id": this.id };
    const headers = { "content-type": "application/json", "cache-control": "no-store", ...ids, ...this.#corsHeaders() };
    return new Response(this.#body(), { status: 500, headers });
  }

  /** A default for failures before the Rust part has stored a body, in a form that all clients read. */
  #body() {
    const error = { type: "api_error", message: MESSAGE, param: null, code: "internal_error" };
    return this.failureBody ?? JSON.stringify({ type: "error", error, request_id: this.id });
  }

  /** The same headers as in `gateway/cors.rs`. */
  #corsHeaders() {
    const exposed = { "access-control-expose-headers": "x-request-id, request-id" };
    const allowed = String(this.#env.CORS_ORIGINS ?? "*").trim();
    if (allowed === "*") return { "access-control-allow-origin": "*", ...exposed };
    const origin = this.#request.headers.get("origin") ?? "";
    const isAllowed = allowed.split(",").some((item) => item.trim().toLowerCase() === origin.toLowerCase());
    return isAllowed && origin ? { vary: "origin", "access-control-allow-origin": origin, ...exposed } : { vary: "origin" };
  }
}
