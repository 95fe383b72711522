/**
 * Reads the body of an upstream, and combines the chunks that arrive between two reads.
 *
 * A read of a body returns one network chunk, however many have arrived, and every read costs
 * about the same: it enters the isolate. So a body that flows is read at intervals, and the runtime
 * collects the chunks in the meantime, outside of JavaScript. This uses `tee()`, the only stream of
 * the runtime that buffers data until it is read. One branch is read here. The other is piped
 * natively to an unused stream, so that both are filled. That pipe waits if it would run ahead by
 * more than one view, so a slow client slows the upstream down.
 */

/** The most that one read returns, in bytes: at first, and for a body that keeps filling it. */
const SMALL = 2 << 10;
const LARGE = 64 << 10;

/** How far the other branch may run ahead, in bytes. */
const AHEAD = 16 << 10;

export class Gathering {
  #body;
  #reader;
  #view = new Uint8Array(SMALL);
  #isFull = false;
  /** The reader at the end of the other branch, once there is one, and the view it reads into. */
  #ahead;
  #aheadView;
  #isAhead = false;
  #hasEnded = false;
  /** Ends the wait for the next read. */
  #wake;

  constructor(body) {
    this.#body = body;
    this.#reader = byobReader(body);
  }

  /**
   * Waits for `waitMs`, and then resolves as soon as there are any bytes that have not been read: to a
   * view of them that is valid until the next read. Resolves to `undefined` at the end of the body,
   * and to `null` if the body breaks off. Never rejects.
   *
   * The wait is over early when the body ends, or when there is much to read.
   */
  read(waitMs) {
    if (waitMs > 0 && !this.#ahead) this.#gather();
    if (this.#ahead && !this.#isAhead) this.#goAhead();
    if (waitMs === 0 || this.#isFull || this.#hasEnded) return this.#readNow();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => this.#readNow());
  }

  #readNow() {
    this.#wake = undefined;
    return this.#reader.readAtLeast(1, this.#view).then(
      ({ value, done }) => {
        if (done) return undefined;
        this.#isFull = value.byteLength === value.buffer.byteLength;
        this.#view = nextView(value);
        return value;
      },
      () => null,
    );
  }

  #gather() {
    this.#reader.releaseLock();
    const [branch, ahead] = this.#body.tee();
    this.#reader = byobReader(branch);
    const nowhere = new IdentityTransformStream();
    ahead.pipeTo(nowhere.writable).catch(() => {});
    this.#ahead = byobReader(nowhere.readable);
    this.#aheadView = new Uint8Array(AHEAD);
  }

  /** Lets the other branch advance, by one view at most. */
  #goAhead() {
    this.#isAhead = true;
    const view = this.#aheadView;
    this.#ahead.readAtLeast(view.byteLength, view).then(
      ({ value, done }) => {
        this.#hasEnded = done || value.byteLength < value.buffer.byteLength;
        if (!this.#hasEnded) this.#aheadView = nextView(value);
        this.#isAhead = this.#hasEnded;
        this.#wake?.();
      },
      () => {
        // The branch that is read reports the error.
        this.#hasEnded = true;
        this.#wake?.();
      },
    );
  }
}

const byobReader = (stream) => stream.getReader({ mode: "byob" });

/** The view for the read after the one that returned `value`: the same memory, or twice as much if it was filled. */
function nextView({ byteLength, buffer }) {
  const size = buffer.byteLength;
  return byteLength === size && size < LARGE ? new Uint8Array(2 * size) : new Uint8Array(buffer);
}
