/**
 * The response to a request whose body is not read to its end. The response is sent at once, but the
 * connection stays open a little longer, and some of the rest of the body is read and discarded. If
 * the connection closed too soon, a client that is still sending would get a connection error and
 * never see the response.
 *
 * A request's body can be read only while its response is being written. So all bytes of the response
 * are written at once, but its stream stays open meanwhile.
 */
const LONGEST_MS = 2_000;
/** How many connections are kept open at once. Each takes about as much memory as is read of it. */
const MOST_AT_ONCE = 64;
/** How much is read of one body. Each read leaves a buffer to the garbage collector, which does not run soon. */
const MOST_BYTES = 64 << 10;
const VIEW_BYTES = 16 << 10;

/** The latest end of each open connection. This is needed because nothing reports that a client has left. */
let ends = [];

/** How much the runtime itself reads and discards after a response. */
const SMALL_BYTES = 64 << 10;

/** The response body to use instead of `bytes`. The body of `request` may still be arriving; `reader` may have locked it. */
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
  speak(writer, bytes, reader?.input ?? reader ?? request.body.getReader({ mode: "byob" }))
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
