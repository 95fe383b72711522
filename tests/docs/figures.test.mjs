/** The figures of both READMEs are those of their sources. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { wrangler } from "../../scripts/workerd.mjs";
import { SIZE } from "../worker/fault-table.mjs";
import { headings, read, section } from "./pages.mjs";

const count = (number) => number.toLocaleString("en-US");

/** The first match's groups, as they stand on the page. */
function found(page, pattern) {
  const match = read(page).match(pattern);
  assert.ok(match, `${page} has nothing like ${pattern}`);
  return match.slice(1);
}

/** The gateway's figure in a row of the first table of the page. */
const measured = (what) => found("docs/performance.md", new RegExp(`^\\| ${what} \\| [^|]* \\| ([\\d.]+) \\|`, "m"));
const goal = (what) => found("docs/performance.md", new RegExp(`^\\| ${what} \\| ≤ ([\\d.]+)`, "m"));

/** The apps of the table of clients, and how many of them are only replayed. */
function apps() {
  const rows = [...read("docs/clients.md").matchAll(/^\| \[.+\]\(#.+\) \| .+ \| (run|replayed)\b.* \|$/gm)].map(([, how]) => how);
  const run = rows.filter((how) => how === "run").length;
  return [rows.length, run, rows.length - run].map(String);
}

const FAST = "CPU at 200 chunks a second for 5 s, to the no-op's";
const SLOW = "CPU at 50 chunks a second for 20 s, to the no-op's";

for (const [what, figures] of [
  ["faults", () => [count(SIZE.faults), count(SIZE.cells)]],
  ["forms of tool calls", () => found("docs/tool-forms.md", /^\| \*\*this gateway\*\* \| (\d+)\/(\d+) \| .* \| (\d+)\/\3 \| 0 \|$/m)],
  ["apps", apps],
  ["CPU", () => [...measured(FAST), ...measured(SLOW), ...goal(FAST), ...goal(SLOW)]],
  ["delay", () => measured("delay added later, median")],
  ["price", () => found("docs/costs.md", /Together (\$[\d.]+) for a thousand long answers/)],
]) {
  test(`the figures of the READMEs are right: ${what}`, () => {
    for (const page of ["README.md", "README.zh-CN.md"]) {
      const text = read(page);
      const special = headings(text).findIndex(({ title }) => /special|特点/.test(title));
      const numbers = section(text, special).match(/\$?\d[\d.,]*\d|\d/g);
      for (const figure of figures()) assert.ok(numbers.includes(figure), `${page} has no ${figure}`);
    }
  });
}

test("CONTRIBUTING.md has the size of the matrix of faults", () => {
  assert.match(read("CONTRIBUTING.md"), new RegExp(`matrix of ${SIZE.faults} faults of DeGPT in ${count(SIZE.cells)} cells`));
});

test("the defaults of docs/configuration.md are those of wrangler.toml", () => {
  const { vars } = wrangler();
  const rows = read("docs/configuration.md").matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm);
  const defaults = new Map([...rows].map(([, name, cell]) => [name, [...cell.matchAll(/`(.+?)`/g)].map(([, value]) => value).join(", ")]));
  for (const [name, value] of Object.entries(vars)) {
    if (value !== "" && name !== "MODEL_ALIASES") assert.equal(defaults.get(name), value, name);
  }
});
