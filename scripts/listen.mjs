/**
 * A listening socket that outlives the readiness of the program that serves it.
 *
 * workerd, told to end, accepts no connection any more but keeps its socket open until the last answer
 * has ended: who connects meanwhile would wait for that and then be cut off. So the socket is opened
 * here and handed to workerd, and once workerd is told to end, who connects gets a 503 at once.
 *
 * A thread holds the socket: Node has no other way not to accept connections on it. The thread sleeps
 * until it is to refuse them.
 */
import { createServer } from "node:http";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

import { Failure } from "./process.mjs";

/**
 * Listens on `port` of `host`. Resolves to `{ fd, refuse }`: the socket, for a child process to inherit
 * (`undefined` where there is no such thing: on Windows), and what has every new connection refused.
 */
export async function listen(host, port) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL(import.meta.url), { workerData: { host, port, gate } });
  const { fd, code, message } = await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
  if (message) throw new Failure((WHY[code] ?? ((_host, port) => `Port ${port} cannot be used: ${message}`))(host, port));
  thread.unref();
  const refuse = () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  };
  return { fd, refuse };
}

const WHY = {
  EADDRINUSE: (_host, port) => `Port ${port} is in use. Free it, or set PORT to another one.`,
  EACCES: (_host, port) => `Port ${port} is not open to this user. Set PORT to one from 1024 on.`,
  EADDRNOTAVAIL: (host) => `HOST=${host} is no address of this machine.`,
};

/** In the thread. */
function hold({ host, port, gate }) {
  const server = createServer(refuse);
  server.on("error", ({ code, message }) => parentPort.postMessage({ code, message }));
  server.listen(port, host, () => {
    // Without a number it cannot be handed on.
    const { fd } = server._handle;
    if (!(fd > 0)) return server.close(() => parentPort.postMessage({}));
    parentPort.postMessage({ fd });
    Atomics.wait(gate, 0, 0);
  });
}

/** In the form of each API: clients of both try again after a 503. */
function refuse(request, response) {
  const error = { type: "overloaded_error", message: "This gateway is ending. Try again.", param: null, code: null };
  response.writeHead(503, { "content-type": "application/json", "retry-after": "1", connection: "close" });
  response.end(JSON.stringify({ type: "error", error }));
  request.resume();
}

if (!isMainThread && workerData?.gate) hold(workerData);
