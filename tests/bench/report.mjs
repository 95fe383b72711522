/** Shows what the bench measured: as tables, as JSON and as a chart. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { TOOLS, inProject } from "../../scripts/process.mjs";
import { chart } from "./chart.mjs";
import { count } from "./figures.mjs";
import { goalTable, leadingTable } from "./goals.mjs";
import { tables } from "./tables.mjs";

const PAGE = "docs/performance.md";
const START = "<!-- Written by `npm run bench -- --publish`. -->";
const END = "<!-- To here. -->";

/** What the page's first table has. */
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
  const pictures = publish ? inProject("docs/images") : folder;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(path.join(pictures, "cpu.svg"), chart(results, about));
  console.log(`written: ${[path.join(folder, "results.json"), path.join(pictures, "cpu.svg")].map((file) => path.relative(inProject(), file)).join(" and ")}`);
  if (!publish) return;
  publishTables([`${how()} ${WHAT}\n\n${leading}`, `${how()} ${amounts(about)}\n\n${whole}`]);
}

const today = () => new Date().toISOString().slice(0, 10);
const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);

const how = () => `Measured on ${today()} with \`npm run bench\` on ${os.cpus().length} cores of ${os.cpus()[0].model}.`;
const amounts = ({ rounds, burstChunks, pacedChunks }) =>
  `${rounds} rounds; bursts have ${count(burstChunks)} chunks, answers at a pace ${count(pacedChunks)}.`;

/** Puts the texts where the page has its places for them, in this order. */
function publishTables(texts) {
  const file = inProject(PAGE);
  writeFileSync(file, withTables(readFileSync(file, "utf8"), texts));
  console.log(`${PAGE} has the tables now; compare the figures in README.md and README.zh-CN.md`);
}

/** The page with `texts` in its places for tables, of which it must have as many. */
export function withTables(page, texts) {
  const [head, ...places] = page.split(START);
  if (places.length !== texts.length) throw new Error(`${PAGE} has ${places.length} places for ${texts.length} tables`);
  const filled = places.map((place, index) => {
    const end = place.indexOf(END);
    if (end < 0) throw new Error(`${PAGE} has a place without an end: ${END}`);
    return `${START}\n\n${texts[index]}\n\n${place.slice(end)}`;
  });
  return [head, ...filled].join("");
}
