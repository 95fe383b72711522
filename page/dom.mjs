/** Small helpers for the document. */
import { label, say, text } from "./language.mjs";

export const byId = (id) => document.getElementById(id);

/** A new element with these properties and children: elements, and texts that are shown as they are. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A new element with a text of the page in it. */
export const saying = (tag, properties, ...said) => say(make(tag, properties), ...said);

/** A button that copies what `give` returns; `what` names it for those who do not see what it stands beside. */
export function copyButton(give, what) {
  const button = saying("button", { type: "button", className: "quiet copy" }, "copy");
  if (what) label(button, "copyOf", what);
  onCopy(button, give);
  return button;
}

/** Has a button copy what `give` returns, and say so for a moment. */
export function onCopy(button, give) {
  let timer;
  button.addEventListener("click", async () => {
    const isCopied = await copied(give());
    const named = button.getAttribute("aria-label");
    clearTimeout(timer);
    say(button, isCopied ? "copied" : "copyFailed");
    announce(text(isCopied ? "copied" : "copyFailed"));
    button.classList.toggle("done", isCopied);
    timer = setTimeout(() => {
      say(button, "copy");
      button.classList.remove("done");
      if (named) button.setAttribute("aria-label", named);
    }, 1_600);
  });
}

async function copied(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copiedBySelection(value); // A page that came over plain HTTP from another machine has no clipboard.
  }
}

function copiedBySelection(value) {
  const from = document.activeElement;
  const area = make("textarea", { value, className: "unseen" });
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  from?.focus();
  return isCopied;
}

/** Tells those who do not see the page what has changed on it. */
export function announce(message) {
  byId("spoken").textContent = message;
}
