/** The addresses of the gateway, and the settings of apps with them filled in. */
import { appsFor } from "./apps.mjs";
import { byId, copyButton, make, saying } from "./dom.mjs";
import { ORIGIN } from "./gateway.mjs";
import { key, onKey } from "./key.mjs";
import { current } from "./language.mjs";

/** What stands for the key until it is asked for. */
const PLACEHOLDER = "YOUR_API_KEY";

const DIALECTS = [
  ["openai", "openaiUse", `${ORIGIN}/api/v1`],
  ["responses", "responsesUse", `${ORIGIN}/api/v1`],
  ["anthropic", "anthropicUse", `${ORIGIN}/api`],
];

let chosen = 0;

export function startConnect() {
  byId("addresses").append(...DIALECTS.map(address));
  byId("tabs").append(...appsFor(ORIGIN, PLACEHOLDER).map(tab));
  byId("tabs").addEventListener("keydown", moveByKey);
  byId("with-key").addEventListener("change", drawPanel);
  onKey(drawPanel);
  show(0);
}

function address([name, use, base]) {
  const what = make("dt", {}, saying("span", {}, name), saying("small", {}, use));
  return make("div", {}, what, make("dd", {}, make("code", { textContent: base }), copyButton(() => base, base)));
}

function tab({ name }, index) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${index}`, textContent: name });
  button.setAttribute("aria-controls", "panel");
  button.addEventListener("click", () => show(index));
  return button;
}

/** The arrows go from tab to tab, as WAI-ARIA has it. */
function moveByKey(event) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const count = byId("tabs").childElementCount;
  const next = { Home: 0, End: count - 1 }[event.key] ?? (event.key in steps ? (chosen + steps[event.key] + count) % count : undefined);
  if (next === undefined) return;
  event.preventDefault();
  show(next);
  byId("tabs").children[next].focus();
}

function show(index) {
  chosen = index;
  for (const [place, button] of [...byId("tabs").children].entries()) {
    button.setAttribute("aria-selected", place === index);
    button.tabIndex = place === index ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${index}`);
  drawPanel();
}

/** Draws the settings of the chosen app, in the page's language. */
export function drawPanel() {
  const shownKey = (byId("with-key").checked && key()) || PLACEHOLDER;
  const { name, where, rows = [], code } = appsFor(ORIGIN, shownKey)[chosen];
  const heading = make("div", { className: "heading" }, make("h3", { textContent: name }));
  const parts = [heading, make("p", { className: "hint", textContent: where[current()] })];
  if (rows.length > 0) parts.push(make("dl", { className: "rows" }, ...rows.map(row)));
  if (code) {
    heading.append(copyButton(() => code, name));
    parts.push(make("pre", { tabIndex: 0, className: "code-block" }, make("code", { textContent: code })));
  }
  byId("panel").replaceChildren(...parts);
}

const row = ([name, value]) =>
  make("div", {}, make("dt", { textContent: name }), make("dd", {}, make("code", { textContent: value }), copyButton(() => value, name)));
