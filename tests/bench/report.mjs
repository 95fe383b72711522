/** Shows what the bench measured: as tables, as JSON and as a chart. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { TOOLS, inProject } from "../../scripts/process.mjs";
import { chart } from "./chart.mjs";
import { median } from "./measure.mjs";

const START = "<!-- Written by `npm run bench -- --publish`. -->";
const END = "<!-- To here. -->";

/** Prints the tables, and writes them where `publish` says. */
export function report(results, { publish, ...about }) {
  const tables = [goals(results, about), answers(results, about), others(results, about)].join("\n\n");
  console.log(`\n${tables}\n`);
  const folder = publish ? inProject("tests/bench") : path.join(TOOLS, "bench");
  mkdirSync(folder, { recursive: true });
  const machine = { cores: os.cpus().length, model: os.cpus()[0].model, node: process.version, linux: os.release() };
  writeFileSync(path.join(folder, "results.json"), `${JSON.stringify({ date: today(), machine, about, results }, rounded, 1)}\n`);
  writeFileSync(path.join(folder, "cpu.svg"), chart(bars(results, about)));
  console.log(`written to ${path.relative(inProject(), folder)}: results.json and cpu.svg`);
  if (publish) intoReadme(tables, about);
}

const today = () => new Date().toISOString().slice(0, 10);
const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);
const least = (values) => Math.min(...values);

/** The goals, and whether they are met: by the medians, and by the minima in brackets. */
function goals({ cpuMs, firstByteMs, startMs, imagePeak, bundle }, { chunks, imageBytes }) {
  const ratio = (one, other, read) => read(one) / read(other);
  const ofCpu = (name, base) => [ratio(cpuMs[name], cpuMs[base], median), ratio(cpuMs[name], cpuMs[base], least)];
  const difference = (one, other) => [median(one) - median(other), least(one) - least(other)];
  const rows = [
    ["CPU, streamed to OpenAI's clients, against the no-op TransformStream", 1.08, ofCpu("openai", "noop"), "×"],
    ["likewise, to Anthropic's", 1.1, ofCpu("anthropic", "noop"), "×"],
    ["likewise, with token counts, stop sequences and tools", 1.25, ofCpu("openai, all of these and max_tokens", "noop"), "×"],
    ["likewise, to Anthropic's with all of these", 1.25, ofCpu("anthropic, stop and tools", "noop"), "×"],
    ["CPU, streamed, against the smallest JavaScript", 0.9, ofCpu("openai", "smallest"), "×"],
    [`CPU, ${count(chunks)} chunks as one JSON answer, against the native pass-through`, 1.6, ofCpu("json: openai", "passthrough"), "×"],
    ["peak memory of a request with a picture of 5 MB, against its size", 4, [imagePeak.gateway.bytes / imageBytes], "×"],
    ["time to the first byte, against no gateway", 1, difference(firstByteMs.gateway, firstByteMs.direct), " ms"],
    ["start of the isolate to the first answer, against the no-op's", 15, difference(startMs.gateway, startMs.noop), " ms"],
    ["bundle without the token tables, gzipped", 200, [bundle.programBytes / 1e3], " kB"],
  ];
  const lines = rows.map(([what, most, [value, smallest], unit]) => {
    const digits = unit === "×" ? 2 : 1;
    const figure = [value.toFixed(digits), smallest === undefined ? "" : ` (${smallest.toFixed(digits)})`].join("");
    return `| ${what} | ≤ ${most}${unit} | ${figure} | ${value <= most ? "met" : "**not met**"} |`;
  });
  return ["| what | goal | of medians (of minima) | |", "|---|---|---|---|", ...lines].join("\n");
}

const NAMES = {
  passthrough: "native pass-through",
  noop: "no-op TransformStream",
  smallest: "smallest JavaScript",
  openai: "**gateway**, OpenAI",
  "openai, include_usage": "**gateway**, OpenAI, `include_usage`",
  "openai, stop": "**gateway**, OpenAI, `stop`",
  "openai, tools": "**gateway**, OpenAI, `tools`",
  "openai, all of these and max_tokens": "**gateway**, OpenAI, `include_usage`, `stop`, `tools`, `max_tokens`",
  anthropic: "**gateway**, Anthropic",
  "anthropic, stop and tools": "**gateway**, Anthropic, `stop_sequences` and `tools`",
  "json: smallest": "smallest JavaScript, as JSON",
  "json: openai": "**gateway**, OpenAI, as JSON",
  "json: anthropic": "**gateway**, Anthropic, as JSON",
};

/** What an answer costs. */
function answers({ cpuMs, steadyCpuMs }, { chunks, steadyChunks }) {
  const rows = Object.entries(NAMES).map(([name, shown]) => {
    const each = 1e6 / 1e3 / chunks;
    return `| ${shown} | ${least(cpuMs[name]).toFixed(1)} | ${median(cpuMs[name]).toFixed(1)} | ${(median(cpuMs[name]) * each).toFixed(0)} | ${(median(cpuMs[name]) / median(cpuMs.noop)).toFixed(2)} |`;
  });
  const steady = Object.entries(steadyCpuMs).map(([name, values]) => {
    const shown = NAMES[name.replace("steady: ", "")];
    const ratio = median(values) / median(steadyCpuMs["steady: noop"]);
    return `| ${shown}, ${steadyChunks} chunks at 50 a second | ${least(values).toFixed(1)} | ${median(values).toFixed(1)} | ${((median(values) * 1e3) / steadyChunks).toFixed(0)} | ${ratio.toFixed(2)} |`;
  });
  const head = ["| CPU of one answer | min ms | median ms | µs a chunk | to the no-op |", "|---|---|---|---|---|"];
  return [...head, ...rows, ...steady].join("\n");
}

/** Time, memory and start. */
function others({ cpuMs, latencyMs, firstByteMs, idleStreamBytes, imagePeak, startMs, bundle }, { imageBytes }) {
  const servers = ["direct", "passthrough", "noop", "smallest", "gateway"];
  const row = (what, figure) => `| ${what} | ${servers.map((server) => figure(server) ?? "").join(" | ")} |`;
  const of = (figures, digits, read = (value) => value) => (server) => (figures[server] === undefined ? undefined : read(figures[server]).toFixed(digits));
  const table = [
    "| | no gateway | pass-through | no-op | smallest JavaScript | **gateway** |",
    "|---|---|---|---|---|---|",
    row("delay of a chunk at 50 a second, median, ms", of(latencyMs, 2, ({ p50 }) => p50)),
    row("likewise, 99th percentile, ms", of(latencyMs, 2, ({ p99 }) => p99)),
    row("first byte, median, ms", of(firstByteMs, 2, median)),
    row("memory of an idle stream, KiB", of(idleStreamBytes, 0, (bytes) => bytes / 1024)),
    row(`peak memory of a picture of ${imageBytes / 1e6} MB, MB`, of(imagePeak, 1, ({ bytes }) => bytes / 1e6)),
    row("CPU of such a request, ms", of(imagePeak, 1, ({ cpuMs: spent }) => spent)),
    row("start of workerd to the first answer, median, ms", of(startMs, 0, median)),
  ];
  const models = `The list of models takes ${(median(cpuMs.models) * 1e3).toFixed(0)} µs of CPU. The bundle is ${kb(bundle.bytes)} gzipped, ${kb(bundle.programBytes)} of it the program.`;
  return `${table.join("\n")}\n\n${models}`;
}

const kb = (bytes) => `${(bytes / 1e3).toFixed(0)} kB`;
const count = (number) => number.toLocaleString("en");

/** CPU of a thousand chunks, in milliseconds. */
function bars({ cpuMs }, { chunks }) {
  const shown = Object.keys(NAMES).filter((name) => name !== "openai, include_usage" && name !== "openai, stop" && name !== "openai, tools");
  return shown.map((name) => ({ name: NAMES[name].replaceAll(/[*`]/g, ""), value: (median(cpuMs[name]) * 1e3) / chunks, isOurs: NAMES[name].includes("**") }));
}

function intoReadme(tables, { rounds, chunks }) {
  const file = inProject("README.md");
  const readme = readFileSync(file, "utf8");
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error("README.md has no place for the tables");
  const { model } = os.cpus()[0];
  const how = `Measured on ${today()} with \`npm run bench\`, ${rounds} rounds, streams of ${count(chunks)} chunks, on ${os.cpus().length} cores of ${model}. Ratios are what counts: milliseconds are the machine's.`;
  const text = `${START}\n\n${how}\n\n${tables}\n\n`;
  writeFileSync(file, readme.slice(0, start) + text + readme.slice(end));
  console.log("README.md has the tables now");
}
