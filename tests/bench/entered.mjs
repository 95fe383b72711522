/** What enters the isolate of each Worker for one answer at the pace of real ones. */
import { ENTRIES, entries } from "../harness.mjs";
import { ask } from "./measure.mjs";
import { OPENAI, PACES, paced } from "./requests.mjs";

/** By pace and Worker, the counts of entries.js. All of them at once; see servers.mjs for `start`. */
export async function entered(start, names) {
  const counts = await Promise.all(names.map((name) => ofOne(start, name)));
  return Object.fromEntries(
    PACES.map(({ aSecond }, pace) => [aSecond, Object.fromEntries(names.map((name, index) => [name, counts[index][pace]]))]),
  );
}

async function ofOne(start, name) {
  const worker = await start(name, { front: ENTRIES, isolates: PACES.length });
  const counts = PACES.map(async (pace, index) => {
    const url = worker.urls[index];
    await ask({ url }, paced(OPENAI, pace));
    return entries(url);
  });
  const found = await Promise.all(counts);
  await worker.close();
  return found;
}
