/**
 * The page's language: the browser's, until another is chosen. Every text is put in its place by
 * `say`, `label` or `hint`, and is said anew when the language changes.
 */
import { storage } from "./storage.mjs";
import { TEXTS } from "./texts.mjs";

const CHOSEN = "language";

/** What is said in which attribute of the document marks it, and how it is put into the element. */
const PLACES = {
  text: (element, text) => (element.textContent = text),
  label: (element, text) => element.setAttribute("aria-label", text),
  placeholder: (element, text) => (element.placeholder = text),
};

/** The facts in the texts of an element, by place. */
const facts = new WeakMap();
let language = storage.getItem(CHOSEN) ?? preferred();

function preferred() {
  const known = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((tag) => tag in TEXTS) ?? "en";
}

/** The text of this name, which may be within another (`troubles.network`), with `args` in it. */
export function text(name, ...args) {
  const found = name.split(".").reduce((texts, part) => texts?.[part], TEXTS[language]);
  return typeof found === "function" ? found(...args) : found;
}

export const current = () => language;

const put = (place) => (element, name, ...args) => {
  element.dataset[place] = name;
  facts.set(element, { ...facts.get(element), [place]: args });
  PLACES[place](element, text(name, ...args));
  return element;
};

/** Makes a text the content of an element. */
export const say = put("text");

/** Makes it the name of an element for those who do not see it. */
export const label = put("label");

/** Empties what `say` has filled. */
export function hush(element) {
  delete element.dataset.text;
  element.textContent = "";
}

/** Says everything in the document in the language that is chosen now. */
function sayAll() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  for (const [place, fill] of Object.entries(PLACES)) {
    for (const element of document.querySelectorAll(`[data-${place}]`)) {
      fill(element, text(element.dataset[place], ...(facts.get(element)?.[place] ?? [])));
    }
  }
}

/** Sets the language up, with the buttons in `group` to choose another; `changed` draws what is no text alone. */
export function startLanguage(group, changed) {
  const show = () => {
    sayAll();
    for (const button of group.children) button.setAttribute("aria-pressed", button.value === language);
  };
  group.addEventListener("click", ({ target }) => {
    if (!(target.value in TEXTS)) return;
    language = target.value;
    storage.setItem(CHOSEN, language);
    show();
    changed();
  });
  show();
}
