/** How long servers take to start. */
import { ask } from "./measure.mjs";
import { OPENAI, request } from "./requests.mjs";
import { PROGRAMS } from "./servers.mjs";

/** The milliseconds from the start of workerd to the end of its first answer. */
export async function starts(start, rounds) {
  const startMs = Object.fromEntries(PROGRAMS.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of PROGRAMS) {
      const worker = await start(name, { compiled: true });
      await ask(worker, request(OPENAI, "burst 1"));
      startMs[name].push(performance.now() - worker.spawnedAt);
      await worker.close();
    }
  }
  return startMs;
}
