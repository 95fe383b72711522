/** Whether `npm start` serves and DeGPT answers behind it, as an exit status: for a container's health check. */
import { isIP } from "node:net";

const host = process.env.HOST ?? "127.0.0.1";
const here = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[host] ?? (isIP(host) === 6 ? `[${host}]` : host);
const response = await fetch(`http://${here}:${process.env.PORT ?? 7860}/health`).catch(({ cause, message }) => ({
  text: () => cause?.message ?? message,
}));
console.log(response.status ?? "no answer", await response.text());
process.exit(response.ok ? 0 : 1);
