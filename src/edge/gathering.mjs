/**
 * Reads the body of an upstream, and takes what comes fast together.
 *
 * A read of a body gives one chunk of the network's, however many have come, and costs much the
 * same for each: it enters the isolate. So a body that comes fast is read a little less often than
 * its chunks come, and what comes in the meantime is gathered by the runtime, outside of JavaScript.
 * What does that is `tee()`, the one stream of the runtime that keeps what it has until it is read:
 * one branch is read here, and the other is pumped natively to nowhere, so that both are filled. It
 * is held back where it would run ahead by more than a view: a slow client slows the upstream down.
 */

/** The most that one read gives, at first and of a body that fills it, in bytes. */
const SMALL = 2 << 10;
const LARGE = 64 << 10;

/** Reads in fast succession after which it pays to gather. */
const MANY = 4;

export class Gathering {
  #body;
  #reader;
  #view = new Uint8Array(SMALL);
  #isFull = false;
  #readAt = 0;
  #isFast = false;
  #fastReads = 0;
  /** The reader at the end of the other branch, once there are two, and what it reads into. */
  #ahead;
  #aheadView;
  #isAhead = false;

  constructor(body) {
    this.#body = body;
    this.#reader = byobReader(body);
  }

  /**
   * Resolves to what has come since the last read, as soon as that is anything: a view that is
   * valid until the next read. To `undefined` at the end of the body, to `null` when it breaks.
   *
   * If the body comes fast, that is, the last two reads were less than `gapMs` apart, this one
   * waits so long first.
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

  /** Lets the other branch run on, by a view at most. */
  async #goAhead() {
    this.#isAhead = true;
    try {
      const view = this.#aheadView;
      const { value, done } = await this.#ahead.readAtLeast(view.byteLength, view);
      if (done) return;
      this.#aheadView = nextView(value);
      this.#isAhead = false;
    } catch {
      // The branch that is read tells.
    }
  }
}

const byobReader = (stream) => stream.getReader({ mode: "byob" });

/** The view for the read after the one that gave `value`: of the same memory, or of more if it was filled. */
function nextView({ byteLength, buffer }) {
  const size = buffer.byteLength;
  return byteLength === size && size < LARGE ? new Uint8Array(2 * size) : new Uint8Array(buffer);
}
