/** Shows what the bench measured: as tables, as JSON and as a chart. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { TOOLS, inProject } from "../../scripts/process.mjs";
import { chart } from "./chart.mjs";
import { count } from "./figures.mjs";
import { goalTable, leadingTable } from "./goals.mjs";
import { tables } from "./tables.mjs";

const START = "<!-- Written by `npm run bench -- --publish`. -->";
const END = "<!-- To here. -->";

/** What README's table has. */
const WHAT =
  "Answers come as real models give them, with 50 and 200 chunks a second; a burst comes as fast as it is read. " +
  "Beside the gateway stand itself without spacing its reads, the smallest Worker in JavaScript that does its work, " +
  "a TransformStream that does nothing, and the runtime's own pass-through.";

/** Prints the tables, and writes them where `publish` says. */
export function report(results, { publish, ...about }) {
  const leading = leadingTable(results, about);
  const whole = [`### Goals\n\n${goalTable(results, about)}`, ...tables(results, about)].join("\n\n");
  console.log(`\n${leading}\n\n${whole}\n`);
  const folder = publish ? inProject("tests/bench") : path.join(TOOLS, "bench");
  mkdirSync(folder, { recursive: true });
  const machine = { cores: os.cpus().length, model: os.cpus()[0].model, node: process.version, linux: os.release() };
  writeFileSync(path.join(folder, "results.json"), `${JSON.stringify({ date: today(), machine, about, results }, rounded, 1)}\n`);
  writeFileSync(path.join(folder, "cpu.svg"), chart(results, about));
  console.log(`written to ${path.relative(inProject(), folder)}: results.json and cpu.svg`);
  if (!publish) return;
  intoFile("README.md", `${how()} ${WHAT}\n\n${leading}`);
  intoFile("docs/benchmarks.md", `${how()} ${amounts(about)}\n\n${whole}`);
}

const today = () => new Date().toISOString().slice(0, 10);
const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);

const how = () => `Measured on ${today()} with \`npm run bench\` on ${os.cpus().length} cores of ${os.cpus()[0].model}.`;
const amounts = ({ rounds, burstChunks, pacedChunks }) =>
  `${rounds} rounds; bursts have ${count(burstChunks)} chunks, answers at a pace ${count(pacedChunks)}.`;

/** Puts `text` where `name` has its place for it. */
function intoFile(name, text) {
  const file = inProject(name);
  const whole = readFileSync(file, "utf8");
  const [start, end] = [whole.indexOf(START), whole.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${name} has no place for the tables`);
  writeFileSync(file, `${whole.slice(0, start)}${START}\n\n${text}\n\n${whole.slice(end)}`);
  console.log(`${name} has the tables now`);
}
