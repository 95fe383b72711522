/** What the tables share: names, and how figures are compared and written. */
import { median } from "./measure.mjs";

/** The servers, as tables call them. */
export const NAMES = {
  direct: "no gateway",
  passthrough: "pass-through",
  noop: "no-op",
  smallest: "smallest JavaScript",
  gateway: "**gateway**",
  anthropic: "**gateway**, Anthropic",
  responses: "**gateway**, Responses",
  ungathered: "`GATHER_MS=0`",
  limited: "**gateway**, with a policy",
};

export const least = (values) => Math.min(...values);

/** How `list[name]` compares to `list[base]`: the ratio of the medians and that of the minima; undefined where it was not measured. */
export const ratio = (list, name, base) => list[name] && [median(list[name]) / median(list[base]), least(list[name]) / least(list[base])];

/** Likewise their difference. */
export const difference = (list, name, base) => list[name] && [median(list[name]) - median(list[base]), least(list[name]) - least(list[base])];

export const count = (number) => number.toLocaleString("en");
export const kilobytes = (bytes) => `${(bytes / 1e3).toFixed(0)} kB`;

/** A table of Markdown: of texts, and of numbers with so many `digits`. What is not there is left empty. */
export function table(head, rows, digits = 2) {
  const cell = (value) => (typeof value === "number" ? value.toFixed(digits) : (value ?? ""));
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
