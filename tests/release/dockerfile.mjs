/** Reads a Dockerfile, as far as ours goes. */

/** `{ name, rest, words }` of each instruction. Lines that end with a backslash go on. */
export const instructions = (text) =>
  text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() && !line.startsWith("#"))
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line))
    .map(([, name, rest]) => ({ name, rest, words: rest.split(/\s+/) }));

/** The variables of `NAME=value` words. */
export const variables = (words) => Object.fromEntries(words.map((word) => /^(\w+)=(.*)$/.exec(word).slice(1)));
