/** Reads server-sent events. */

/** The data of each event of a body. `onBytes` is called whenever bytes have come. */
export async function* events(body, onBytes) {
  let text = "";
  for await (const piece of pieces(body, onBytes)) {
    const lines = (text + piece).split(/\r?\n/);
    text = lines.pop();
    // What this gateway sends has one line of data in each event.
    for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trimStart();
  }
}

/** Not every browser can iterate over a stream. */
async function* pieces(body, onBytes) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(broken);
      if (done) return;
      onBytes();
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A connection that breaks ends the text; that its end mark is missing says so. */
function broken(error) {
  if (error.name !== "TypeError") throw error; // It was stopped.
  return { done: true };
}
