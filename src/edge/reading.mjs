/**
 * Reads a request's body, decompressed if it has to be.
 *
 * `DecompressionStream` decompresses all that is written to it at once, whether anybody reads it or not,
 * and a byte can become 1,032. So it gets one small piece at a time, and only while a read waits for
 * more than there is. What is decompressed ahead stays below `AHEAD_BYTES` of src/upload.rs.
 */
const PIECE_BYTES = 1 << 10;

/** The reader of a body; `format` is one of `DecompressionStream`'s, if it is compressed. */
export function readerOf({ body }, format) {
  const reader = body?.getReader({ mode: "byob" });
  return reader && format ? new Decompressing(reader, new DecompressionStream(format)) : reader;
}

class Decompressing {
  #writer;
  #reader;
  /** A read of the next piece. */
  #next;
  #isOver = false;

  /** `input` is the reader of the body as it came. */
  constructor(input, { writable, readable }) {
    this.input = input;
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader({ mode: "byob" });
  }

  async readAtLeast(min, view) {
    let isRead = false;
    const read = this.#reader.readAtLeast(min, view);
    const settle = () => (isRead = true);
    const settled = read.then(settle, settle);
    // What is decompressed already comes first.
    if (this.#next) await Promise.race([settled, scheduler.wait(0)]);
    while (!isRead && !this.#isOver) {
      this.#next ??= this.input.read(new Uint8Array(PIECE_BYTES));
      const piece = await Promise.race([settled, this.#next]);
      if (isRead) break;
      this.#next = undefined;
      this.#isOver = piece.done;
      await (piece.done ? this.#writer.close() : this.#writer.write(piece.value));
    }
    return read;
  }
}
