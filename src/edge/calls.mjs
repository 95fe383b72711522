/**
 * The requests that are being answered, and what becomes of them when the Rust part fails.
 *
 * A trap (a panic, memory that is used up, whatever else ends a call into wasm) ends the instance
 * and with it every request that it was answering. Each of them is told here, in its own context,
 * for the runtime lets no other write its answer: who waits for a response gets a 500, a stream ends
 * with the dialect's error event, and the upstream is let go. The next request has a new instance.
 *
 * It says what `Error::Internal` says, in the caller's dialect as far as the address tells.
 */
const MESSAGE = "The gateway failed. The request id helps its operator to find out.";

/**
 * By number. Weak, for a request whose client has left may just be dropped by the runtime: then
 * nobody says that it is over.
 */
const running = new Map();
const collected = new FinalizationRegistry((number) => running.delete(number));
let lastNumber = 0;

/** Where the panic was that is about to end the instance. */
let panicPlace;

export function panickedAt(place) {
  panicPlace = place;
}

/**
 * A call into wasm ended by `error`, at work on the request of that `number`. `restart` makes the
 * next instance. Logs one line, with nothing of a request in it.
 */
export function trapped(error, number, restart) {
  const place = panicPlace ?? placeOf(error);
  panicPlace = undefined;
  const failed = running.get(number)?.deref();
  console.error(`degpt-edge: internal fault at ${place}${failed ? `, request ${failed.id}` : ""}`);
  const calls = [...running.values()].map((call) => call.deref());
  running.clear();
  for (const call of calls) call?.end();
  // Not at once, for this may be a call from within another one. If it fails, the next request
  // tries again.
  Promise.resolve().then(restart).catch(() => {});
}

/** The kind of a trap and where in the wasm it was. An error of JavaScript's may quote a request. */
function placeOf(error) {
  const cause = error?.cause ?? error;
  const kind = cause instanceof WebAssembly.RuntimeError ? cause.message : cause?.name;
  const frames = String(error?.stack).match(/wasm-function\[\d+\]:0x[0-9a-f]+/g) ?? [];
  return [...frames.slice(0, 4), `(${kind})`].join(" ");
}

/** A request that is being answered. */
export class Call {
  id = crypto.randomUUID().replaceAll("-", "");
  number = (lastNumber += 1);
  /** The client's body, if it goes out piece by piece; a stream of events has a timer and an upstream that flows in. */
  controller = undefined;
  tick = undefined;
  source = undefined;
  /** The index of the block of an Anthropic stream that has begun and not ended. */
  openBlock = undefined;
  /** Has the request answered for a trap; may be called from any other's context. */
  end;
  #request;
  #env;

  constructor(request, env) {
    this.#request = request;
    this.#env = env;
    running.set(this.number, new WeakRef(this));
    collected.register(this, this.number);
  }

  /** The response, which `handle` makes unless the instance fails meanwhile. */
  async answer(handle) {
    const ended = new Promise((resolve) => (this.end = resolve)).then(() => this.#fail());
    try {
      const handled = handle(this.#request, this.#env, this);
      const response = (await Promise.race([handled, ended])) ?? (await ended);
      if (!this.controller || response.status !== 200) this.forget();
      return response;
    } catch (error) {
      console.error(`degpt-edge: internal fault at ${placeOf(error)}, request ${this.id}`);
      this.forget();
      return this.#fail();
    }
  }

  /** Ends the client's stream in order. */
  close() {
    this.forget();
    try {
      this.controller.close();
    } catch {
      // The client has gone, of which the runtime tells.
    }
  }

  /** The request is over, and no trap concerns it any more. */
  forget() {
    running.delete(this.number);
  }

  /** Ends what is there of the answer, and returns what to answer if there is nothing yet. */
  #fail() {
    this.source?.abort.abort();
    try {
      // What has begun as JSON can only be seen to break off.
      if (!this.tick) this.controller?.error(new Error(MESSAGE));
      this.controller?.enqueue(new TextEncoder().encode(this.#errorEvents()));
      this.controller?.close();
    } catch {
      // It had its end, or the client has gone.
    }
    return this.#response();
  }

  #errorEvents() {
    const data = JSON.stringify(this.#body());
    if (!this.#isAnthropic()) return `data: ${data}\n\n`;
    const index = this.openBlock;
    const stop = JSON.stringify({ type: "content_block_stop", index });
    const ended = index === undefined ? "" : `event: content_block_stop\ndata: ${stop}\n\n`;
    return `${ended}event: error\ndata: ${data}\n\n`;
  }

  #response() {
    const headers = { "cache-control": "no-store", "request-id": this.id, "x-request-id": this.id };
    return Response.json(this.#body(), { status: 500, headers: { ...headers, ...this.#corsHeaders() } });
  }

  #body() {
    return this.#isAnthropic()
      ? { type: "error", error: { type: "api_error", message: MESSAGE }, request_id: this.id }
      : { error: { message: MESSAGE, type: "server_error", param: null, code: "internal_error" } };
  }

  #isAnthropic() {
    const { headers, url } = this.#request;
    const { pathname } = new URL(url);
    return pathname.includes("/messages") || (headers.has("anthropic-version") && !pathname.includes("/chat/completions"));
  }

  /** As `cors_headers` in gateway.rs has them. */
  #corsHeaders() {
    const exposed = { "access-control-expose-headers": "x-request-id, request-id" };
    const allowed = String(this.#env.CORS_ORIGINS ?? "*").trim();
    if (allowed === "*") return { "access-control-allow-origin": "*", ...exposed };
    const origin = this.#request.headers.get("origin") ?? "";
    const isAllowed = allowed.split(",").some((item) => item.trim().toLowerCase() === origin.toLowerCase());
    return isAllowed && origin ? { vary: "origin", "access-control-allow-origin": origin, ...exposed } : { vary: "origin" };
  }
}
