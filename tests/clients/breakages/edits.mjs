/**
 * What a breakage does to an answer of the gateway: see table.mjs. An answer has `status`,
 * `headers`, `body` and `holdOpenMs`, and is changed in place.
 */
export const isStream = ({ headers }) => headers["content-type"]?.startsWith("text/event-stream");
export const isJson = ({ headers }) => headers["content-type"] === "application/json";
export const isPath = (exchange, end) => new URL(exchange.url, "http://gateway").pathname.endsWith(end);

/** Rewrites a JSON answer. */
export const json = (edit) => (exchange) => {
  if (!isJson(exchange) || exchange.body === "") return;
  const value = JSON.parse(exchange.body);
  exchange.body = JSON.stringify(edit(value, exchange) ?? value);
};

/** Rewrites the objects of a stream: `edit` returns one, a list, or nothing for no change. */
export const events = (edit) => (exchange) => {
  if (!isStream(exchange)) return;
  exchange.body = exchange.body.replace(/(event: [\w.]+\n)?data: (\{.*\})\n\n/g, (whole, event = "", data) => {
    const value = JSON.parse(data);
    const edited = [edit(value, exchange) ?? value].flat();
    return edited.map((one) => `${event && `event: ${one.type}\n`}data: ${JSON.stringify(one)}\n\n`).join("");
  });
};

export const status = (from, to) => (exchange) => {
  if (exchange.status === from) exchange.status = to;
};

export const withoutHeaders = (...names) => (exchange) => {
  for (const name of names) delete exchange.headers[name];
};
