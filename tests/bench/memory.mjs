/** What servers take of memory. */
import { setTimeout as sleep } from "node:timers/promises";

import { ask, cpuMs, forgetPeak, memoryBytes, open } from "./measure.mjs";
import { OPENAI, request } from "./requests.mjs";
import { PROGRAMS } from "./servers.mjs";

const IDLE_STREAMS = 500;
export const IMAGE_BYTES = 5_000_000;

/** What a stream takes while nothing comes, in bytes. */
export async function idleStreams(start) {
  const bytes = {};
  for (const name of PROGRAMS) {
    const worker = await start(name);
    const openSome = (count) => Promise.all(Array.from({ length: count }, () => open(worker, request(OPENAI, "idle"))));
    const ends = await openSome(20);
    await sleep(500);
    const before = memoryBytes(worker.pid, "VmRSS");
    ends.push(...(await openSome(IDLE_STREAMS)));
    await sleep(1_000);
    bytes[name] = (memoryBytes(worker.pid, "VmRSS") - before) / IDLE_STREAMS;
    ends.forEach((end) => end());
    await worker.close();
  }
  return bytes;
}

/**
 * By how much a request with a picture raises the memory of a process, in bytes. It has served many
 * with small ones before: else most of it would be the compiler's, which is at work then.
 */
export async function imagePeak(start) {
  const withPicture = (bytes) => {
    const url = `data:image/png;base64,iVBORw0K${Buffer.alloc((bytes * 3) / 4, 7).toString("base64")}`;
    const content = [{ type: "image_url", image_url: { url } }, { type: "text", text: "burst 1" }];
    return request(OPENAI, "", { model: "doubao-seed-1-6-250615", messages: [{ role: "user", content }] });
  };
  const [small, asked] = [withPicture(IMAGE_BYTES / 25), withPicture(IMAGE_BYTES)];
  const peaks = {};
  for (const name of ["gateway", "passthrough", "smallest"]) {
    const worker = await start(name);
    for (let time = 0; time < 40; time += 1) await ask(worker, small);
    await sleep(500);
    const before = memoryBytes(worker.pid, "VmRSS");
    forgetPeak(worker.pid);
    await ask(worker, asked);
    const bytes = memoryBytes(worker.pid, "VmHWM") - before;
    const cpuBefore = cpuMs(worker.pid);
    for (let time = 0; time < 5; time += 1) await ask(worker, asked);
    peaks[name] = { bytes, cpuMs: (cpuMs(worker.pid) - cpuBefore) / 5 };
    await worker.close();
  }
  return peaks;
}
