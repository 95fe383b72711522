/**
 * Pipes the body of an upstream into the writable side of the client's TransformStream.
 *
 * This is what `pipeTo` does, with two differences: it reads when the Rust part says so, and it leaves
 * the writable side open, because other upstreams are piped into it. One piece of each upstream is in
 * the writable side at a time, so backpressure reaches the upstream.
 */
import { Gathering } from "./gathering.mjs";

export class Piping {
  /** The number of the upstream, and its piece in the writable side. */
  number;
  piece;
  #call;
  #abort;
  #gathering;
  #isOver = false;

  /** The upstream of that `number` for the client of `call`. `abort` is the AbortController of its request. */
  constructor(call, number, body, abort) {
    this.number = number;
    this.#call = call;
    this.#abort = abort;
    this.#gathering = new Gathering(body);
    call.pipe(this);
  }

  /** Reads a piece, `waitMs` from now, and writes it. */
  read(waitMs) {
    this.#gathering.read(waitMs).then((piece) => {
      if (this.#isOver) return;
      if (!piece) return this.#call.ended(this.number);
      this.piece = piece;
      this.#call.writer.write(this).then(() => this.#call.ready(this.number), ignore);
    });
  }

  /** Ends the connection to the upstream. */
  abort() {
    this.#isOver = true;
    this.#abort.abort();
  }
}

/** The client's body has ended, or the client has left. The Rust part knows. */
function ignore() {}
