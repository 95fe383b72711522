/**
 * A proxy in front of the gateway that breaks one thing in its answers: by it each client check is
 * seen to fail when what it guards is broken.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { BREAKAGES } from "./table.mjs";

/** Starts one that does what BREAKAGES has under `name`. */
export async function startBreakingProxy(gatewayUrl, name) {
  const breakage = BREAKAGES.find((one) => one.name === name);
  if (!breakage) throw new Error(`there is no breakage "${name}"`);
  const server = createServer((req, res) => {
    forward(gatewayUrl, breakage, req, res).catch((error) => {
      console.error("breaking proxy:", error);
      res.destroy();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(gatewayUrl, breakage, req, res) {
  const requestBody = Buffer.concat(await req.toArray());
  const { host, connection, "content-length": _, "transfer-encoding": __, ...headers } = req.headers;
  const answer = await fetch(gatewayUrl + req.url, {
    method: req.method,
    headers,
    body: requestBody.length > 0 ? requestBody : undefined,
  });
  const body = await answer.text();
  const exchange = {
    method: req.method,
    url: req.url,
    requestHeaders: req.headers,
    request: requestBody.length > 0 ? JSON.parse(requestBody) : undefined,
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body,
    holdOpenMs: 0,
  };
  await breakage.apply(exchange);
  delete exchange.headers["content-length"];
  res.writeHead(exchange.status, exchange.headers);
  if (exchange.body !== "") res.write(exchange.body);
  if (exchange.holdOpenMs > 0) await sleep(exchange.holdOpenMs);
  res.end();
}
