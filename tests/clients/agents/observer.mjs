/**
 * Stands between an agent and the gateway, and notes how each request was answered: an agent that
 * is refused tries again without what was refused, and nobody would see it.
 */
import { once } from "node:events";
import http from "node:http";

/** Returns `url`; `answers`, a list of `{method, path, status, isStream}`; `reset()`; `close()`. */
export async function startObserver(target) {
  const observer = { answers: [] };
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = http.request(new URL(url, target), { method, headers }, (answer) => {
      const { statusCode: status, headers } = answer;
      observer.answers.push({ method, path: url, status, isStream: headers["content-type"]?.startsWith("text/event-stream") });
      response.writeHead(status, headers);
      answer.pipe(response);
      response.on("close", () => answer.destroy());
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(observer, {
    url: `http://127.0.0.1:${server.address().port}`,
    reset: () => (observer.answers = []),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
