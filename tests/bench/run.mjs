/**
 * `npm run bench [-- --publish] [-- --rounds 7]`: what the gateway costs at the edge, in workerd.
 *
 * Beside the built Worker, in the same rounds and over the same upstream, run a Worker that hands
 * the answer on (`passthrough`), one that leads each chunk through JavaScript (`noop`), the
 * smallest one in JavaScript that does the gateway's work (`smallest`), and the gateway with
 * `GATHER_MS=0` (`ungathered`). A figure by itself says how fast a machine is; what counts is its
 * ratio to one of those within the run. CPU is what Linux accounts to workerd's threads. Everything
 * is on this machine; about seven minutes.
 *
 * Prints tables. The figures go to `.tools/bench/results.json` and the chart beside it, with
 * `--publish` to tests/bench/ and docs/images/, and the tables into docs/performance.md.
 */

import { args } from "../../scripts/args.mjs";
import { build } from "../../scripts/build.mjs";
import { Failure, command, seconds } from "../../scripts/process.mjs";
import { bundleSize, programSize } from "../../scripts/size.mjs";
import { ofBursts, ofPaced, ofShort } from "./cpu.mjs";
import { delays } from "./delays.mjs";
import { entered } from "./entered.mjs";
import { IMAGE_BYTES, idleStreams, imagePeak } from "./memory.mjs";
import { report } from "./report.mjs";
import { BURST_CHUNKS, PACED_CHUNKS, PACES } from "./requests.mjs";
import { SERVERS, starter } from "./servers.mjs";
import { starts } from "./starts.mjs";
import { startFastUpstream } from "./upstream.mjs";
import { visitors } from "./visitors.mjs";

const SLOW = PACES[0];
const FAST = PACES[1];

async function bench() {
  const { rounds, publish } = args({
    command: "npm run bench",
    about: "Measures what an answer costs, beside Workers that do less.",
    options: {
      rounds: { value: "N", number: [1, 50], default: 7, about: "how often each is measured" },
      publish: { about: "writes the tables of docs/performance.md anew" },
    },
  });
  if (process.platform !== "linux") throw new Failure("This reads /proc, which only Linux has.");
  await build();

  const upstream = await startFastUpstream();
  const results = { bundle: { bytes: bundleSize(), programBytes: programSize() } };
  try {
    await measure(results, upstream, rounds);
  } finally {
    upstream.close();
  }
  report(results, { publish, rounds, burstChunks: BURST_CHUNKS, pacedChunks: PACED_CHUNKS, imageBytes: IMAGE_BYTES });
}

async function measure(results, upstream, rounds) {
  const start = starter(upstream);
  const workers = {};
  for (const name of Object.keys(SERVERS)) workers[name] = await start(name);
  const { anthropic, responses, limited, ...others } = workers;
  const servers = { direct: upstream, ...others };
  const few = Math.ceil(rounds / 3);
  const parts = [
    ["CPU of answers that come at once", async () => (results.cpuMs = await ofBursts(workers, rounds))],
    ["short answers", async () => (results.short = await ofShort({ ...servers, limited }, rounds))],
    [
      `CPU of answers of ${SLOW.aSecond} and ${FAST.aSecond} chunks a second`,
      async () => (results.paced = { [FAST.aSecond]: await ofPaced(workers, FAST, few), [SLOW.aSecond]: await ofPaced(workers, SLOW, Math.ceil(few / 3)) }),
    ],
    [
      "what their chunks are late by",
      async () => {
        results.delayMs = {
          [FAST.aSecond]: await delays(servers, FAST, { streams: 1, rounds: few }),
          [SLOW.aSecond]: await delays(servers, SLOW, { streams: 4, rounds: Math.ceil(few / 3) }),
        };
      },
    ],
    ["what enters the isolate", async () => (results.entries = await entered(start, Object.keys(others)))],
    [
      "memory",
      async () => {
        await Promise.all(Object.values(workers).map((worker) => worker.close()));
        results.idleStreamBytes = await idleStreams(start);
        results.imagePeak = await imagePeak(start);
      },
    ],
    ["a visitor's daily number", async () => (results.visitor = await visitors(upstream, few))],
    ["starts", async () => (results.startMs = await starts(start, Math.max(rounds, 9)))],
  ];
  for (const [what, part] of parts) {
    const from = performance.now();
    await part();
    console.log(`${what} (${seconds(from)})`);
  }
}

await command(bench);
