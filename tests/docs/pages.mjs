/** Reads the project's pages in Markdown: their headings, links, tables and code. */
import { globSync, readFileSync } from "node:fs";

import { ROOT, inProject } from "../../scripts/process.mjs";

/** Folders whose pages are other people's, or copies. */
const FOREIGN = /(^|[\\/])(node_modules|target|build|dist|\.[^\\/]+|__pycache__)$/;

/** All pages of the project, as paths in it. */
export const pages = () => globSync("**/*.md", { cwd: ROOT, exclude: (name) => FOREIGN.test(name.name ?? name) }).sort();

/** A page's text, with line ends as they are in git. */
export const read = (page) => readFileSync(inProject(page), "utf8").replaceAll("\r\n", "\n");

const FENCED = /^( *)```(\w*)\n(.*?)^\1```$/gms;
const INLINE = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/gs;

/** The fenced blocks, in order: `[{ language, text }]`. */
export const blocks = (text) => [...text.matchAll(FENCED)].map(([, , language, code]) => ({ language, text: code }));

/** A block of shell commands as it is run: without comments. */
export const withoutComments = (code) => code.replace(/(^|[ \t]+)#.*$/gm, "").replace(/\n{2,}/g, "\n");

const withoutBlocks = (text) => text.replace(FENCED, "");

/** What stands in backticks within the text, in order. */
export const inlineCode = (text) => [...withoutBlocks(text).matchAll(INLINE)].map(([, , code]) => code.trim());

/** The headings: `[{ level, title }]`. */
export const headings = (text) =>
  [...withoutBlocks(text).matchAll(/^(#{1,6}) +(.+)$/gm)].map(([, marks, title]) => ({ level: marks.length, title }));

/** What GitHub calls the places of the headings. */
export function anchors(text) {
  const seen = new Map();
  return headings(text).map(({ title }) => {
    const shown = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const name = shown.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "").replaceAll(" ", "-");
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before}`;
  });
}

/** The targets of links and pictures, in order. */
export const links = (text) =>
  [...withoutBlocks(text).replace(INLINE, "").matchAll(/\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)/g)].map(([, target]) => target);

/** The tables, each as the numbers of cells of its rows. */
export const tables = (text) =>
  [...withoutBlocks(text).matchAll(/(?:^\|.*\|$\n?)+/gm)].map(([table]) =>
    table.trim().split("\n").map((row) => row.replaceAll("\\|", "").replace(INLINE, "").split("|").length - 2),
  );

/** The part of a page under the heading with this number, from 0 on, without its subheadings' parts. */
export const section = (text, number) => text.split(/^#{1,6} .+$/m)[number + 1];
