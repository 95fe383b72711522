/**
 * The settings of apps, as docs/clients.md has them in each language, where tests run them: its parts with a
 * heading of the third level. There the gateway is the demo's; here it is the one that the page came from.
 */
import en from "../docs/clients.md";
import zh from "../docs/zh/clients.md";

const DOCS = { en, zh };
const DEMO = "http://localhost:7860";

/** What stands for a key there: not where it is the name of a variable. */
const KEY = /\b(?:YOUR|ANTHROPIC)_API_KEY\b(?!=)/g;
const CODE = /^```[^]*?^```$/gm;
/** A link to another page of the docs, which is not served here. */
const LINK = /\[([^\]]+)\]\((?!https?:)[^)]*\)/g;

/** The apps in their order: `group`, `name`, and `text`, which is Markdown, with `origin` and `key` in it. */
export function appsFor(language, { origin, key }) {
  return DOCS[language].split(/^## /m).flatMap((part) => {
    const [head, ...sections] = part.split(/^### /m);
    const [group] = head.split("\n");
    return sections.map((section) => {
      const [, name, text] = /^(.*)\n([^]*)$/.exec(section);
      return { group, name, text: filled(text, origin, key) };
    });
  });
}

const filled = (text, origin, key) =>
  text
    .replaceAll(CODE, (code) => code.replaceAll(KEY, () => key))
    .replaceAll(LINK, "$1")
    .replaceAll(DEMO, () => origin);
