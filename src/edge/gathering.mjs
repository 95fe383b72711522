/**
 * Reads the body of an upstream, and takes what comes fast together.
 *
 * A read of a body gives one chunk of the network's, however many have come, and costs much the
 * same for each: it enters the isolate. So a body that comes fast is read a little less often than
 * its chunks come, and what comes in the meantime is gathered by the runtime, outside of JavaScript.
 * What does that is `tee()`, the one stream of the runtime that keeps what it has until it is read:
 * one branch is read here, and the other is pumped natively to nowhere, so that both are filled. It
 * is held back where it would run ahead by more than SIZE_BYTES: a slow client slows the upstream down.
 */

/** The most that one read gives, and the most that is gathered beyond it, in bytes. */
const SIZE_BYTES = 16 << 10;

export class Gathering {
  #reader;
  #view = new Uint8Array(SIZE_BYTES);
  #ahead;
  #aheadView = new Uint8Array(SIZE_BYTES);
  #isAhead = false;
  #isFull = false;
  #readAt = 0;
  #sinceLastMs = Infinity;

  constructor(body) {
    const [branch, ahead] = body.tee();
    this.#reader = branch.getReader({ mode: "byob" });
    const nowhere = new IdentityTransformStream();
    ahead.pipeTo(nowhere.writable).catch(() => {});
    this.#ahead = nowhere.readable.getReader({ mode: "byob" });
  }

  /**
   * Resolves to what has come since the last read, as soon as that is anything: a view that is
   * valid until the next read. To `undefined` at the end of the body, to `null` when it breaks.
   *
   * If the last two reads were less than `gapMs` apart, this one waits so long first.
   */
  async read(gapMs) {
    if (this.#sinceLastMs < gapMs && !this.#isFull) await scheduler.wait(gapMs);
    this.#goAhead();
    try {
      const { value, done } = await this.#reader.readAtLeast(1, this.#view);
      if (done) return undefined;
      const now = Date.now();
      this.#sinceLastMs = now - this.#readAt;
      this.#readAt = now;
      this.#isFull = value.byteLength === SIZE_BYTES;
      this.#view = new Uint8Array(value.buffer);
      return value;
    } catch {
      return null;
    }
  }

  /** Lets the other branch run on. It is ahead by SIZE_BYTES at most when the read that follows is done. */
  async #goAhead() {
    if (this.#isAhead) return;
    this.#isAhead = true;
    try {
      const { value, done } = await this.#ahead.readAtLeast(SIZE_BYTES, this.#aheadView);
      if (done) return;
      this.#aheadView = new Uint8Array(value.buffer);
      this.#isAhead = false;
    } catch {
      // The branch that is read tells.
    }
  }
}
