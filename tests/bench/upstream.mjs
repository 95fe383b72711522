/**
 * DeGPT as the bench needs it: it answers at once and as fast as it is read, with the same chunks
 * every time, each an HTTP chunk of its own. What it does is in the words of the last message:
 *
 *     burst N           N chunks as fast as they are taken
 *     paced N EVERY     N chunks, one every EVERY milliseconds, each with the time it was sent
 *     idle              one chunk, and then silence
 */
import http from "node:http";

/** In Python's spelling, as DeGPT has it. */
const line = (content) =>
  'data: {"id": "23c1e5ec-0e48-40be-8803-4b2701c1b4b0", "object": "chat.completion.chunk", "created": 1755954793, ' +
  `"model": "deepseek-chat", "choices": [{"index": 0, "delta": {"content": "${content}"}, "logprobs": null, "finish_reason": null}]}\n\n`;

/** Pieces of at most five characters, as DeGPT cuts them. */
const PIECES = ["\\u6211\\u662f", " **", "Deep", "Seek", "\\uff0c\\u7531", " the ", "\\n\\n- ", "model", " can ", "write"];
const LINES = PIECES.map((piece) => Buffer.from(line(piece)));
const DONE = "data: [DONE]\n\n";

/** The mark before and after the time at which a chunk was sent, in nanoseconds of this process. */
export const SENT = /@(\d+)@/g;

export async function startFastUpstream() {
  const server = http.createServer((request, response) => serve(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  if (request.method === "GET") return void response.end("{}");
  const order = /(burst|paced|idle)( \d+)?( \d+)?"/.exec(body.subarray(-400).toString());
  const [, mode, count, every] = order ?? [, "burst", "1"];
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  if (mode === "idle") return void response.write(LINES[0]);
  if (mode === "paced") return pace(response, Number(count), Number(every));
  for (let index = 0; index < Number(count); index += 1) {
    if (!response.write(LINES[index % LINES.length])) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end(DONE);
}

function pace(response, count, every) {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent++ < count) return void response.write(line(`@${process.hrtime.bigint()}@`));
    clearInterval(timer);
    response.end(DONE);
  }, every);
  response.on("close", () => clearInterval(timer));
}
