/**
 * Shows a model's Markdown. What a model writes is not trusted: HTML in it is shown as text, pictures
 * from elsewhere become links, and what is made of the rest goes through DOMPurify.
 */
import DOMPurify from "dompurify";
import { Marked } from "marked";

import { copyButton, make } from "./dom.mjs";

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text, title }) =>
      PICTURE.test(href)
        ? `<img src="${escaped(href)}" alt="${escaped(text)}">`
        : `<a href="${escaped(href)}">${escaped(text || title || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** A picture that comes within the text itself. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/;

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li"],
    ...["ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
  ],
  ALLOWED_ATTR: ["align", "alt", "class", "href", "src", "start", "title"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  RETURN_DOM_FRAGMENT: true,
};

DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  const name = element.nodeName;
  if (name !== "CODE" || !/^language-[\w+#.-]+$/.test(element.className)) element.removeAttribute("class");
  if (name === "IMG" && !PICTURE.test(element.getAttribute("src") ?? "")) element.remove();
  if (name === "A") Object.assign(element, { target: "_blank", rel: "noopener noreferrer" });
});

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A text that grows in `element`. Of its blocks only those that have changed are made anew. */
export class Markdown {
  #element;
  #blocks = [];

  constructor(element) {
    this.#element = element;
  }

  /** Shows `text`, all of it. */
  show(text) {
    const tokens = marked.lexer(text);
    for (const [index, token] of tokens.entries()) {
      const block = this.#blocks[index];
      if (block?.raw === token.raw) continue;
      const fresh = make("div", { className: "block" }, blockOf(token));
      if (block) block.element.replaceWith(fresh);
      else this.#element.append(fresh);
      this.#blocks[index] = { raw: token.raw, element: fresh };
    }
    for (const { element } of this.#blocks.splice(tokens.length)) element.remove();
  }
}

function blockOf(token) {
  const fragment = DOMPurify.sanitize(marked.parser([token]), ALLOWED);
  for (const heading of fragment.querySelectorAll("h1, h2, h3, h4, h5, h6")) heading.replaceWith(belowTheName(heading));
  for (const pre of fragment.querySelectorAll("pre")) pre.replaceWith(codeBlock(pre));
  for (const table of fragment.querySelectorAll("table")) {
    const scroller = make("div", { className: "scroller", tabIndex: 0 });
    table.replaceWith(scroller);
    scroller.append(table);
  }
  return fragment;
}

/** The headings of the page end with the name of who answers: one of an answer is below that. */
function belowTheName(heading) {
  const below = make("h4", { className: `depth-${heading.localName.slice(1)}` });
  below.append(...heading.childNodes);
  return below;
}

/** Code with its language's name over it, and a button that copies it. */
function codeBlock(pre) {
  const code = pre.textContent;
  const language = /^language-(.+)$/.exec(pre.firstElementChild?.className ?? "")?.[1] ?? "";
  pre.tabIndex = 0;
  const head = make("div", { className: "code-head" }, make("span", {}, language), copyButton(() => code));
  const block = make("div", { className: "code-block" }, head);
  block.append(pre.cloneNode(true));
  return block;
}
