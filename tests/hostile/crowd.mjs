/**
 * A crowd of attackers in a thread of its own: what their requests take to make must not be taken
 * for the slowness of the gateway. Posts how many attacks it made, when the time is over.
 */
import { parentPort, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";

import { ATTACKS } from "./attacks.mjs";

const { url, names, count, ms } = workerData;
const end = performance.now() + ms;
let attacks = 0;

async function attacker() {
  await sleep(Math.random() * 1_000);
  while (performance.now() < end) {
    attacks += 1;
    await ATTACKS[names[Math.floor(Math.random() * names.length)]]({ url });
  }
}

await Promise.all(Array.from({ length: count }, attacker));
parentPort.postMessage(attacks);
