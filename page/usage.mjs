/** What the key has taken in the last 30 days, where the gateway keeps count of that. */
import { byId, make, saying } from "./dom.mjs";
import { usage } from "./gateway.mjs";
import { key, onKey } from "./key.mjs";
import { current, label, say } from "./language.mjs";

/** How long a key that is being typed is waited for. */
const TYPED_MS = 500;

const COUNTS = ["requests", "failures", "prompt_tokens", "completion_tokens", "reasoning_tokens"];

/** In units of the chart's view box. */
const [BAR, GAP, HEIGHT] = [24, 8, 120];
const SVG = "http://www.w3.org/2000/svg";

let rows = [];
let days = [];

export function startUsage() {
  let timer;
  onKey(() => {
    clearTimeout(timer);
    timer = setTimeout(load, TYPED_MS);
  });
  byId("usage-heads").append(...["model", ...COUNTS.map((name) => `counts.${name}`)].map((name) => saying("th", { scope: "col" }, name)));
  byId("usage-again").addEventListener("click", load);
  load();
}

/** A gateway without ledgers has no usage, nor has a key that it does not know: then there is no such section. */
async function load() {
  const asked = key();
  const found = asked ? await usage().catch(() => undefined) : undefined;
  if (asked !== key()) return;
  byId("usage").hidden = byId("to-usage").hidden = !found;
  if (!found) return;
  rows = found.data;
  days = daysBetween(found.start_date, found.end_date);
  drawUsage();
}

function daysBetween(first, last) {
  const all = [];
  for (const day = new Date(first); day <= new Date(last); day.setUTCDate(day.getUTCDate() + 1)) all.push(day.toISOString().slice(0, 10));
  return all;
}

/** Draws it, in the page's language. */
export function drawUsage() {
  if (days.length === 0) return;
  const all = sum(rows);
  say(byId("usage-sum"), "usageSum", number(all.requests), number(all.prompt_tokens + all.completion_tokens));
  byId("usage-days").replaceChildren(chart());
  const models = [...new Set(rows.map(({ model }) => model))].map((model) => ({ model, ...sum(rows.filter((row) => row.model === model)) }));
  models.sort((one, other) => other.requests - one.requests);
  byId("usage-models").replaceChildren(...models.map(line));
}

const sum = (rows) => Object.fromEntries(COUNTS.map((name) => [name, rows.reduce((total, row) => total + row[name], 0)]));

const number = (value) => value.toLocaleString(current());

function line({ model, ...counts }) {
  const cells = COUNTS.map((name) => make("td", { textContent: number(counts[name]) }));
  return make("tr", {}, make("th", { scope: "row", textContent: model }), ...cells);
}

/** A bar of tokens for each day. */
function chart() {
  const tokens = days.map((day) => sum(rows.filter((row) => row.day === day))).map((row) => row.prompt_tokens + row.completion_tokens);
  const most = Math.max(...tokens, 1);
  const svg = drawn("svg", { viewBox: `0 0 ${days.length * (BAR + GAP) - GAP} ${HEIGHT}`, role: "img" });
  label(svg, "usageDays", days[0], days.at(-1), number(Math.max(...tokens, 0)));
  tokens.forEach((value, index) => {
    const height = value && Math.max((value / most) * HEIGHT, 4);
    const bar = drawn("rect", { x: index * (BAR + GAP), y: HEIGHT - height, width: BAR, height, rx: Math.min(4, height / 2) });
    const title = drawn("title", {});
    title.textContent = `${days[index]}: ${number(value)}`;
    bar.append(title);
    svg.append(bar);
  });
  return svg;
}

function drawn(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
