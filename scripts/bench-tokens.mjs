/**
 * `npm run bench:tokens`: what counting tokens costs at the edge, in workerd.
 *
 * Speed: the CPU time workerd itself takes for `count_tokens` over texts of a million bytes, less
 * what it takes for the same bytes in a field that is read and not counted. Start-up: from the start
 * of the process to the first count, beside a worker built without the tables; the two take turns.
 * Loopback only; about two minutes, and once two more for the build without the tables.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { args } from "./args.mjs";
import { build } from "./build.mjs";
import { Failure, command, inProject } from "./process.mjs";
import { startWorker } from "./workerd.mjs";

const KEY = "key-of-the-bench";
const TEXT_BYTES = 1_000_000;
const ROUNDS = 7;
/** Requests of a round: enough for the clock of the process accounting, which ticks every 10 ms. */
const REQUESTS = 8;
const STARTS = 9;

const WITHOUT = ".tools/worker-without-tables";

async function bench() {
  args({ command: "npm run bench:tokens", about: "Measures what counting tokens costs in workerd." });
  if (process.platform !== "linux") throw new Failure("This reads /proc, which only Linux has.");
  await build();
  await build({
    output: inProject(WITHOUT),
    env: { BENCH_WITHOUT_TABLES: "1", CARGO_TARGET_DIR: inProject(".tools/target-without-tables") },
  });
  sizes();
  await speeds();
  await startUp();
}

function sizes() {
  const files = ["index.js", "index_bg.wasm"].map((name) => readFileSync(inProject("build", name)));
  const kib = files.reduce((sum, file) => sum + gzipSync(file).length, 0) / 1024;
  console.log(`\nbundle: ${kib.toFixed(0)} KiB gzipped`);
}

/** Texts of TEXT_BYTES bytes. */
function texts() {
  const english = readFileSync(inProject("docs/behaviour.md"), "utf8");
  const code = readFileSync(inProject("src/answer/limits.rs"), "utf8");
  const chinese =
    "大语言模型是一种基于深度学习的人工智能技术，它通过学习海量的文本来理解和生成自然语言。" +
    "在过去的几年里，这项技术发展得非常快，已经被用于翻译、写作、编程和教育等许多方面。";
  let state = 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647);
  const letters = Array.from({ length: 50_000 }, () => String.fromCharCode(97 + (random() % 26))).join("");
  const repeat = (text) => {
    const bytes = Buffer.byteLength(text);
    return text.repeat(Math.ceil(TEXT_BYTES / bytes));
  };
  return {
    English: repeat(english),
    Chinese: repeat(chinese),
    code: repeat(code),
    "mixed (a third of each)": repeat(english.slice(0, 4_000) + chinese.repeat(16) + code.slice(0, 4_000)),
    "one word of one letter": repeat("a"),
    "one word of random letters": repeat(letters),
    spaces: repeat(" "),
    "one character of Chinese": repeat("好"),
    emoji: repeat("😊👍🏽👨‍👩‍👧"),
  };
}

async function speeds() {
  const worker = await startWorker({ vars: { API_KEYS: KEY } });
  console.log(`\ncounting, MB/s of CPU time: median of ${ROUNDS} rounds (and the best)`);
  for (const [name, text] of Object.entries(texts())) {
    const counted = JSON.stringify({ messages: [{ role: "user", content: text }] });
    const passedOver = JSON.stringify({ messages: [{ role: "user", content: "x" }], metadata: { text } });
    const megabytes = (Buffer.byteLength(text) * REQUESTS) / 1e6;
    const rates = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const spent = (await cpuOf(worker, counted)) - (await cpuOf(worker, passedOver));
      if (round > 0) rates.push(megabytes / Math.max(spent, 0.01)); // The first is for warming up.
    }
    rates.sort((one, other) => one - other);
    console.log(`  ${name.padEnd(28)}${rates[ROUNDS >> 1].toFixed(1).padStart(7)}  (${rates.at(-1).toFixed(1)})`);
  }
  await worker.close();
}

/** The CPU time workerd takes for REQUESTS requests with `body`, in seconds. */
async function cpuOf(worker, body) {
  const before = cpuSeconds(worker.pid);
  for (let request = 0; request < REQUESTS; request++) await count(worker, body);
  return cpuSeconds(worker.pid) - before;
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function count(worker, body) {
  const response = await fetch(`${worker.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body,
  });
  const { input_tokens } = await response.json();
  if (!(input_tokens > 0)) throw new Failure(`count_tokens answered ${response.status}`);
}

async function startUp() {
  const body = JSON.stringify({ messages: [{ role: "user", content: "Hello, world! 你好" }] });
  const times = { "with the tables": [], "without them": [] };
  for (let round = 0; round < STARTS; round++) {
    for (const [name, folder] of [["with the tables", "build"], ["without them", WITHOUT]]) {
      const start = performance.now();
      const worker = await startWorker({ folder, vars: { API_KEYS: KEY } });
      await count(worker, body);
      times[name].push(performance.now() - start);
      await worker.close();
    }
  }
  console.log(`\nstart of the process to the first count: median of ${STARTS} (and the best)`);
  for (const [name, list] of Object.entries(times)) {
    list.sort((one, other) => one - other);
    console.log(`  ${name.padEnd(28)}${list[STARTS >> 1].toFixed(0).padStart(5)} ms  (${list[0].toFixed(0)})`);
  }
}

await command(bench);
