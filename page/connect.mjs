/** The addresses of the gateway, and the settings of apps with them filled in. */
import { appsFor } from "./apps.mjs";
import { byId, copyButton, make, saying } from "./dom.mjs";
import { ORIGIN } from "./gateway.mjs";
import { key, onKey } from "./key.mjs";
import { current } from "./language.mjs";
import { Markdown } from "./markdown.mjs";

/** What stands for the key until it is asked for. */
const PLACEHOLDER = "YOUR_API_KEY";

const DIALECTS = [
  ["openai", "openaiUse", `${ORIGIN}/api/v1`],
  ["responses", "responsesUse", `${ORIGIN}/api/v1`],
  ["anthropic", "anthropicUse", `${ORIGIN}/api`],
];

/** A field of a form and what goes into it, as the docs write it: `API Host: http://…`. */
const FIELD = /^([^:]+): +(.+)$/;

let chosen = 0;

export function startConnect() {
  byId("addresses").append(...DIALECTS.map(address));
  byId("tabs").addEventListener("keydown", moveByKey);
  byId("with-key").addEventListener("change", drawPanel);
  onKey(drawPanel);
}

/** Draws the apps, in the page's language. */
export function drawApps() {
  let last;
  const parts = apps().flatMap(({ group, name }, index) => {
    const isFirst = group !== last;
    last = group;
    return isFirst ? [groupName(group), tab(name, index)] : [tab(name, index)];
  });
  byId("tabs").replaceChildren(...parts);
  show(chosen);
}

const apps = () => appsFor(current(), { origin: ORIGIN, key: (byId("with-key").checked && key()) || PLACEHOLDER });

const tabs = () => [...byId("tabs").querySelectorAll("[role=tab]")];

/** For the eye: between tabs there may be nothing but tabs. */
function groupName(textContent) {
  const name = make("span", { className: "group", textContent });
  name.setAttribute("aria-hidden", "true");
  return name;
}

function address([name, use, base]) {
  const what = make("dt", {}, saying("span", {}, name), saying("small", {}, use));
  return make("div", {}, what, make("dd", {}, make("code", { textContent: base }), copyButton(() => base, base)));
}

function tab(name, index) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${index}`, textContent: name });
  button.setAttribute("aria-controls", "panel");
  button.addEventListener("click", () => show(index));
  return button;
}

/** The arrows go from tab to tab, as WAI-ARIA has it. */
function moveByKey(event) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const count = tabs().length;
  const next = { Home: 0, End: count - 1 }[event.key] ?? (event.key in steps ? (chosen + steps[event.key] + count) % count : undefined);
  if (next === undefined) return;
  event.preventDefault();
  show(next);
  tabs()[next].focus();
}

function show(index) {
  chosen = index;
  for (const [place, button] of tabs().entries()) {
    button.setAttribute("aria-selected", place === index);
    button.tabIndex = place === index ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${index}`);
  drawPanel();
}

function drawPanel() {
  const { name, text } = apps()[chosen];
  const body = make("div", { className: "markdown" });
  new Markdown(body).show(text);
  for (const block of body.querySelectorAll(".code-block")) {
    const lines = block.querySelector("pre").textContent.trimEnd().split("\n").map((line) => FIELD.exec(line));
    if (lines.every(Boolean)) block.replaceWith(make("dl", { className: "rows" }, ...lines.map(row)));
  }
  byId("panel").replaceChildren(make("h3", { textContent: name }), body);
}

const row = ([, name, value]) =>
  make("div", {}, make("dt", { textContent: name }), make("dd", {}, make("code", { textContent: value }), copyButton(() => value, name)));
