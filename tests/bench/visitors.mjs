/** What it costs to be a visitor of DeGPT, whose daily number is asked for before each chat. */
import { startWorker } from "../../scripts/workerd.mjs";
import { ofShort } from "./cpu.mjs";
import { KEY } from "./measure.mjs";

/** As what the gateway asks DeGPT. */
const AS = {
  "an account": { DEGPT_API_KEY: "degpt-of-the-bench" },
  "a visitor, `DEGPT_DAILY=off`": { DEGPT_DAILY: "off" },
  "a visitor": {},
};

/** The short answers of `ofShort` in cpu.mjs, by as what they were asked for. */
export async function visitors(upstream, rounds) {
  const started = Object.entries(AS).map(async ([name, vars]) => {
    const options = { folder: "build", vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url, DEGPT_VISITOR_ID: "visitor-of-the-bench", ...vars } };
    return [name, await startWorker(options)];
  });
  const servers = Object.fromEntries(await Promise.all(started));
  try {
    return await ofShort(servers, rounds);
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.close()));
  }
}
