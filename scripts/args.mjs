/** What a command is asked for on its command line, and what is said to one that was mistyped. */
import { parseArgs } from "node:util";

import { Failure } from "./process.mjs";

/** The command was called in a way that it does not have. */
export class Misuse extends Failure {
  status = 2;
}

/**
 * The options' values. `--help` prints what the command takes and ends the process; a wrong option or
 * value is a `Misuse`.
 *
 * `command` is how it is called ("npm run demo"), `about` what it does. Each of `options` is
 * `{ value, about }`, and perhaps `default`, `multiple`, `oneOf` (a list) or `number` (`[least, most]`, and
 * `{ whole: false }` as a third): without `value`, which names what is given ("N"), it is a switch.
 * `operands` names the arguments without dashes, if it takes any; they are the value of `operands`. `others`
 * returns the names of options that are passed on to another program, as are all operands then.
 */
export function args({ command, about, options = {}, operands, others }, argv = process.argv.slice(2)) {
  const known = { ...options, help: { about: "this text" } };
  const usage = { command, known, operands, others };
  const types = Object.entries(known).map(([name, { value }]) => [name, { type: value ? "string" : "boolean" }]);
  const { tokens } = parseArgs({ args: argv, options: Object.fromEntries(types), strict: false, tokens: true });
  if (tokens.some(({ kind, rawName }) => kind === "option" && rawName === "--help")) help(usage, about);

  refuseOptionsOfNpm(usage);
  const values = {};
  for (const [name, { default: byDefault }] of Object.entries(known)) if (byDefault !== undefined) values[name] = byDefault;
  if (operands) values.operands = [];
  for (const token of tokens) take(token, values, usage);
  return values;
}

function take(token, values, usage) {
  if (token.kind === "positional") {
    if (usage.others) return;
    if (!usage.operands) throw misuse(usage, `"${token.value}" is none of its options`);
    values.operands.push(token.value);
  }
  if (token.kind !== "option") return;
  const isLong = token.rawName.startsWith("--");
  const option = isLong && Object.hasOwn(usage.known, token.name) ? usage.known[token.name] : undefined;
  if (!option) return isLong || !usage.others ? refuseUnless(usage.others?.() ?? [], token, usage) : undefined;
  const value = valueOf(token, option, usage);
  if (option.multiple) (values[token.name] ??= []).push(value);
  else values[token.name] = value;
}

/** An option that is none of the command's own must be one of those that it passes on. */
function refuseUnless(others, { name, rawName }, usage) {
  if (others.includes(name.replace(/^no-/, ""))) return;
  throw misuse(usage, unknown(rawName, [...Object.keys(usage.known), ...others].map((each) => `--${each}`)));
}

/** The names of the long options that a program's help names. */
export const optionsIn = (text) => [...new Set([...text.matchAll(/--([a-z][a-z0-9-]*)/g)].map(([, name]) => name))];

function valueOf({ rawName, value, inlineValue }, option, usage) {
  if (!option.value) {
    if (value !== undefined) throw misuse(usage, `${rawName} takes no value`);
    return true;
  }
  if (value === undefined || value === "" || (!inlineValue && value.startsWith("--"))) {
    throw misuse(usage, `${rawName} needs a value: ${rawName} ${option.value}`);
  }
  if (option.oneOf && !option.oneOf.includes(value)) {
    throw misuse(usage, `${rawName} takes one of: ${option.oneOf.join(", ")}; ${unknown(value, option.oneOf)}`);
  }
  return option.number ? numberOf(rawName, value, option.number, usage) : value;
}

function numberOf(rawName, text, [least, most, { whole = true } = {}], usage) {
  const number = Number(text);
  const isOne = text.trim() !== "" && (!whole || Number.isInteger(number));
  if (isOne && number >= least && number <= most) return number;
  throw misuse(usage, `${rawName} takes a ${whole ? "whole " : ""}number from ${least} to ${most}, not "${text}"`);
}

/** `npm run demo --port 8080` gives the option to npm, which leaves it in the environment. */
function refuseOptionsOfNpm(usage) {
  if (!process.env.npm_lifecycle_event) return;
  for (const [name, option] of Object.entries(usage.known)) {
    const value = process.env[`npm_config_${name.replaceAll("-", "_")}`];
    if (!value || name === "help") continue;
    const asked = option.value && value !== "true" ? `--${name} ${value}` : `--${name}`;
    throw misuse(usage, `npm took --${name} for itself. Options of the command stand behind "--": ${usage.command} -- ${asked}`);
  }
}

const misuse = ({ command }, what) => new Misuse(`${what}${what.endsWith("?") ? "" : "."}\n\`${command} -- --help\` says what it takes.`);

/** "--prot is unknown: did you mean --port?" */
function unknown(name, names) {
  const near = nearest(name, names);
  return `${name} is unknown${near ? `: did you mean ${near}?` : ""}`;
}

/** The name that was probably meant, if there is one. */
export function nearest(name, names) {
  const farthest = Math.min(2, Math.floor(name.replace(/^-+/, "").length / 2));
  const ranked = names.map((each) => ({ each, far: each.startsWith(name) ? 0 : distance(name, each) }));
  const [first] = ranked.filter(({ far }) => far <= farthest).sort((one, other) => one.far - other.far);
  return first?.each;
}

/** How many letters must be added, removed or replaced to come from one text to the other. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...one].entries()) {
    const next = [above + 1];
    for (const [left, its] of [...other].entries()) {
      next.push(Math.min(row[left + 1] + 1, next[left] + 1, row[left] + (letter === its ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1);
}

function help({ command, known, operands }, about) {
  const heads = Object.entries(known).map(([name, { value }]) => `--${name}${value ? ` ${value}` : ""}`);
  const width = Math.max(...heads.map((head) => head.length));
  const lines = Object.values(known).map((option, index) => `  ${heads[index].padEnd(width)}  ${described(option)}`);
  console.log(`${command} [-- OPTIONS${operands ? ` ${operands}` : ""}]\n\n${about}\n\n${lines.join("\n")}`);
  process.exit(0);
}

function described({ about, default: byDefault, oneOf }) {
  return [about, oneOf && `one of ${oneOf.join(", ")}`, byDefault !== undefined && `${byDefault} by default`].filter(Boolean).join("; ");
}
