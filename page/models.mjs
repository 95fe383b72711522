/** The list of models, with what each can do, and whether DeGPT offers it now. */
import { byId, copyButton, make, saying } from "./dom.mjs";
import { label, say, text } from "./language.mjs";

export const takesPictures = ({ architecture }) => architecture?.input_modalities?.includes("image") ?? false;

/** A model of which nobody knows counts as offered: it can be asked. */
export const isOffered = ({ live }) => live !== false;

const KINDS = {
  pictures: takesPictures,
  reasons: ({ thinking }) => thinking,
  live: isOffered,
  open: ({ tier }) => tier === 1,
};

let models = [];
const wanted = new Set();

/** Sets the filters up; `use` is called with the id of a model that is to be used. */
export function startModels(use) {
  byId("filter").addEventListener("input", draw);
  for (const button of document.querySelectorAll(".filters .chip")) {
    button.addEventListener("click", () => {
      const isWanted = !wanted.delete(button.value) && Boolean(wanted.add(button.value));
      button.setAttribute("aria-pressed", isWanted);
      draw();
    });
  }
  byId("list").addEventListener("click", ({ target }) => target.value && target.matches("button.use") && use(target.value));
}

export function showModels(found) {
  models = found;
  draw();
}

/** There is no list: `told` says why. */
export function showNoModels(told) {
  say(byId("models-count"), "modelsGone");
  byId("list").replaceChildren(make("li", {}, told));
}

function draw() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (model) => {
    const about = `${model.id} ${model.name} ${model.owned_by}`.toLowerCase();
    return words.every((word) => about.includes(word)) && [...wanted].every((kind) => KINDS[kind](model));
  };
  const shown = models.filter(fits);
  say(byId("models-count"), "modelsCount", shown.length, models.length);
  byId("list").replaceChildren(...shown.map(entry));
}

function entry(model) {
  const use = label(saying("button", { type: "button", className: "quiet use", value: model.id }, "use"), "useOf", model.name);
  return make(
    "li",
    { className: isOffered(model) ? "" : "off" },
    make("div", { className: "who" }, make("strong", { textContent: model.name }), make("code", { textContent: model.id })),
    make("div", { className: "marks" }, ...marks(model)),
    make("div", { className: "does" }, copyButton(() => model.id, model.id), use),
  );
}

function marks(model) {
  const mark = (kind, ...said) => saying("span", { className: `mark ${kind}` }, ...said);
  const status = { true: ["is-live", "live"], false: ["is-off", "offline"] }[model.live] ?? ["", "unknown"];
  const tier = mark("", "tier", model.tier);
  tier.title = text("tierMeaning")[model.tier] ?? "";
  return [
    mark(`status ${status[0]}`, status[1]),
    tier,
    ...(takesPictures(model) ? [mark("", "takesPictures")] : []),
    ...(model.thinking ? [mark("", "reasons")] : []),
  ];
}
