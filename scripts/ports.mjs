/** Whether a port of this machine can be had. */
import { once } from "node:events";
import { createServer } from "node:net";

import { Failure } from "./process.mjs";

/** The option `--port` of a command that serves. */
export const PORT = { value: "N", number: [1, 65535], about: "the port it listens on" };

/** Rejects if the port is taken; `command` is what the user would call with another. */
export async function ensureFree(port, command, host = "127.0.0.1") {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), "listening");
  } catch (error) {
    const other = port < 65535 ? port + 1 : port - 1;
    throw new Failure(
      error.code === "EADDRINUSE"
        ? `Port ${port} is in use. Free it, or take another: ${command} -- --port ${other}`
        : `Port ${port} cannot be used: ${error.message}`,
    );
  }
  probe.close();
  await once(probe, "close");
}
