/**
 * Pipes the body of an upstream into the writable side of the client's TransformStream.
 *
 * This is what `pipeTo` does, with two differences: it reads when the Rust part says so, and it leaves
 * the writable side open, because another upstream may be piped into it. One piece is in the writable
 * side at a time, so backpressure reaches the upstream.
 */
import { Gathering } from "./gathering.mjs";

export class Piping {
  #call;
  #number;
  #abort;
  #gathering;

  /** The upstream of that `number` for the client of `call`. `abort` is the AbortController of its request. */
  constructor(call, number, body, abort) {
    this.#call = call;
    this.#number = number;
    this.#abort = abort;
    this.#gathering = new Gathering(body);
  }

  /** Reads a piece, `waitMs` from now, and writes it. */
  read(waitMs) {
    this.#gathering.read(waitMs).then((piece) => {
      if (this.#call.source !== this) return;
      if (!piece) return this.#call.ended(this.#number);
      if (this.#call.writer.desiredSize > 0) return this.#write(piece);
      // A piece of the upstream before is still in there.
      this.#call.writer.ready.then(() => this.#write(piece), ignore);
    });
  }

  /** Ends the connection to the upstream. */
  abort() {
    this.#abort.abort();
  }

  #write(piece) {
    this.#call.piped = this.#number;
    this.#call.writer.write(piece).then(() => this.#call.ready(this.#number), ignore);
  }
}

/** The client's body has ended, or the client has left. The Rust part knows. */
function ignore() {}
