/**
 * Reads the body of an upstream, and combines chunks that arrive fast.
 *
 * A read of a body returns one network chunk, however many have arrived, and every read costs
 * about the same: it enters the isolate. So a body that arrives fast is read less often than its
 * chunks arrive, and the runtime collects the chunks in the meantime, outside of JavaScript. This
 * uses `tee()`, the only stream of the runtime that buffers data until it is read. One branch is
 * read here. The other is piped natively to an unused stream, so that both are filled. That pipe
 * waits if it would run ahead by more than one view, so a slow client slows the upstream down.
 */

/** The most that one read returns, in bytes: at first, and for a body that keeps filling it. */
const SMALL = 2 << 10;
const LARGE = 64 << 10;

/** How many fast reads it takes before collecting chunks is worth it. */
const MANY = 4;

export class Gathering {
  #body;
  #reader;
  #view = new Uint8Array(SMALL);
  #isFull = false;
  #readAt = 0;
  #isFast = false;
  #fastReads = 0;
  /** The reader at the end of the other branch, once there is one, and the view it reads into. */
  #ahead;
  #aheadView;
  #isAhead = false;

  constructor(body) {
    this.#body = body;
    this.#reader = byobReader(body);
  }

  /**
   * Resolves to the bytes that have arrived since the last read, as soon as there are any: a view
   * that is valid until the next read. Resolves to `undefined` at the end of the body, and to
   * `null` if the body breaks off.
   *
   * If the body arrives fast, that is, the last two reads were less than `gapMs` apart, this read
   * first waits for that time.
   */
  async read(gapMs) {
    try {
      if (this.#isFast && this.#fastReads >= MANY) {
        if (!this.#ahead) this.#gather();
        if (!this.#isFull) await scheduler.wait(gapMs);
      }
      if (this.#ahead && !this.#isAhead) this.#goAhead();
      const { value, done } = await this.#reader.readAtLeast(1, this.#view);
      if (done) return undefined;
      const now = Date.now();
      this.#isFast = now - this.#readAt < gapMs;
      this.#readAt = now;
      if (this.#isFast) this.#fastReads += 1;
      this.#isFull = value.byteLength === value.buffer.byteLength;
      this.#view = nextView(value);
      return value;
    } catch {
      return null;
    }
  }

  #gather() {
    this.#reader.releaseLock();
    const [branch, ahead] = this.#body.tee();
    this.#reader = byobReader(branch);
    const nowhere = new IdentityTransformStream();
    ahead.pipeTo(nowhere.writable).catch(() => {});
    this.#ahead = byobReader(nowhere.readable);
    this.#aheadView = new Uint8Array(SMALL);
  }

  /** Lets the other branch advance, by one view at most. */
  async #goAhead() {
    this.#isAhead = true;
    try {
      const view = this.#aheadView;
      const { value, done } = await this.#ahead.readAtLeast(view.byteLength, view);
      if (done) return;
      this.#aheadView = nextView(value);
      this.#isAhead = false;
    } catch {
      // The branch that is read reports the error.
    }
  }
}

const byobReader = (stream) => stream.getReader({ mode: "byob" });

/** The view for the read after the one that returned `value`: the same memory, or twice as much if it was filled. */
function nextView({ byteLength, buffer }) {
  const size = buffer.byteLength;
  return byteLength === size && size < LARGE ? new Uint8Array(2 * size) : new Uint8Array(buffer);
}
