/**
 * An answer to a request that nobody reads to its end: it goes out at once, and the connection is
 * kept for a little while, in which some of what is still sent is taken and forgotten. Where it ends
 * too soon, a client that still sends is told of that, and never sees the answer.
 *
 * The body of a request can be read for as long as its answer is being written. So the answer is
 * whole at once, but its stream stays open meanwhile.
 */
const LONGEST_MS = 2_000;
/** How many are kept at once. Each takes about as much memory as what is read of it. */
const MOST_AT_ONCE = 64;
/** What is read of one. Each read leaves a buffer to the garbage collector, which is in no hurry. */
const MOST_BYTES = 64 << 10;
const VIEW_BYTES = 16 << 10;

/** When each of those that go on is over at the latest: nobody tells of a client that left. */
let ends = [];

/** What the runtime itself takes and forgets after an answer. */
const SMALL_BYTES = 64 << 10;

/** The body to answer `request` with, in place of `bytes`. Its own may still come; `reader` may have locked that. */
export function lastWords(bytes, request, reader) {
  const length = request.headers.get("content-length");
  if (!request.body || (length !== null && length <= SMALL_BYTES)) return bytes;
  const now = Date.now();
  ends = ends.filter((end) => end > now);
  if (ends.length >= MOST_AT_ONCE) return bytes;
  const end = now + LONGEST_MS;
  ends.push(end);
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  const writer = writable.getWriter();
  speak(writer, bytes, reader ?? request.body.getReader({ mode: "byob" }))
    .catch(() => {}) // The client has left.
    .then(() => {
      ends.splice(ends.indexOf(end), 1);
      return writer.close();
    })
    .catch(() => {});
  return readable;
}

async function speak(writer, bytes, reader) {
  await writer.write(bytes);
  const late = scheduler.wait(LONGEST_MS);
  let view = new Uint8Array(VIEW_BYTES);
  for (let left = MOST_BYTES; left > 0; left -= VIEW_BYTES) {
    const read = await Promise.race([reader.readAtLeast(VIEW_BYTES, view), late]);
    if (!read || read.done) return;
    view = new Uint8Array(read.value.buffer);
  }
  await late;
}
