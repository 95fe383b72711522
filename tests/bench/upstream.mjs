/**
 * DeGPT as the bench needs it: it answers at once, with the same chunks every time, each an HTTP
 * chunk of its own. How they come is the text of the last message: steps with commas between them.
 *
 *     burst N             N chunks as fast as they are taken
 *     paced N EVERY LATE  N chunks, one every EVERY milliseconds, each with the time it was sent, and
 *                         up to LATE later, at random; without a LATE by the clock
 *     pause MS            nothing for so many milliseconds
 *     idle                one chunk, and then silence
 *     break               the connection breaks
 *
 * After the last step comes DeGPT's end mark.
 */
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { paths } from "../upstream/paths.mjs";

/** In Python's spelling, as DeGPT has it. */
const line = (content) =>
  'data: {"id": "23c1e5ec-0e48-40be-8803-4b2701c1b4b0", "object": "chat.completion.chunk", "created": 1755954793, ' +
  `"model": "deepseek-chat", "choices": [{"index": 0, "delta": {"content": "${content}"}, "logprobs": null, "finish_reason": null}]}\n\n`;

/** Pieces of at most five characters, as DeGPT cuts them. */
const PIECES = ["\\u6211\\u662f", " **", "Deep", "Seek", "\\uff0c\\u7531", " the ", "\\n\\n- ", "model", " can ", "write"];
const LINES = PIECES.map((piece) => Buffer.from(line(piece)));
const DONE = "data: [DONE]\n\n";

/** What a visitor asks beside the chat: its sign-in, and its daily number. */
const OF_VISITORS = {
  [paths.signIn]: '{"token": "token-of-the-bench", "token_type": "Bearer", "id": "visitor-of-the-bench"}',
  [paths.refresh]: '{"passed": true, "data": [{"passed": true, "model": "deepseek-chat", "num": 1, "message": "ok"}]}',
};

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
  if (request.method === "GET") return void response.end("{}");
  if (request.url in OF_VISITORS) return void response.end(OF_VISITORS[request.url]);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const end = Buffer.concat(pieces).subarray(-400).toString();
  const [, order] = /"((?:burst|paced|idle)[a-z0-9, ]*)"/.exec(end) ?? [, "burst 1"];
  for (const step of order.split(", ")) {
    const [name, ...numbers] = step.split(" ");
    await STEPS[name](response, ...numbers.map(Number));
    if (response.destroyed) return;
  }
  response.end(DONE);
}

const STEPS = {
  async burst(response, count) {
    for (let index = 0; index < count; index += 1) {
      if (!response.write(LINES[index % LINES.length])) await once(response, "drain");
    }
  },
  /** What a busy machine was late with is sent at once. */
  async paced(response, count, every, late = 0) {
    const start = performance.now();
    for (let index = 0; index < count && !response.destroyed; index += 1) {
      const leftMs = start + index * every + Math.random() * late - performance.now();
      if (leftMs > 0) await sleep(leftMs);
      response.write(line(`@${process.hrtime.bigint()}@`));
    }
    await sleep(every);
  },
  pause: (_, ms) => sleep(ms),
  async idle(response) {
    response.write(LINES[0]);
    await once(response, "close");
  },
  break: (response) => void response.destroy(),
};
