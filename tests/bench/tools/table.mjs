/**
 * The table of forms: every row is an answer of a model, and what a client must get of it.
 *
 *     { id, form, variation, kind: "read" | "text", text, user?, tools, calls, said }
 *
 * A row is in the table only if it has one reading. `said` is the text that stays: of a row that makes
 * calls apart from white space, else to the letter.
 */
import { DEVIATIONS } from "./deviations.mjs";
import { FORMS } from "./forms.mjs";
import { STAYS } from "./stays.mjs";
import { TOOLS } from "./tools.mjs";
import { EXAMPLE, READABLE, TEXT } from "./variations.mjs";

export { EXAMPLE, FORMS, READABLE, TEXT };

/** The columns after the forms' own. */
export const DEVIATION = "small faults";
export const STAY = "looks like a call";

export function rows() {
  const all = [];
  for (const form of FORMS) {
    for (const [kind, variations] of [["read", READABLE], ["text", TEXT]]) {
      for (const [variation, of] of Object.entries(variations)) {
        const made = of(form);
        if (typeof made === "object") all.push({ ...row(kind, form.id, variation, made), isUnread: kind === "read" && form.unread !== undefined });
      }
    }
  }
  for (const { form, what, ...made } of DEVIATIONS) all.push(row("read", form, DEVIATION, made, what));
  for (const { what, ...made } of STAYS) all.push(row("text", "", STAY, made, what));
  return all;
}

function row(kind, form, variation, { text, user, names, calls = [], said }, what = variation) {
  const tools = names ? names.map((name) => ({ ...TOOLS[0], name })) : TOOLS;
  const stays = said ?? text.replace("{{user}}", user ?? "");
  return { id: [form, what].filter(Boolean).join(": "), form, variation, kind, text, user, tools, calls, said: stays, exactly: said === undefined };
}

const squeeze = (text) => text.replaceAll(/\s+/g, " ").trim();

/** What is wrong with a row of a form that is not read, if it makes no call and stays text. */
export const UNREAD = "not read";

/** Equal as JSON values: the order of keys does not count, `2` is `2.0`. */
export function isSame(one, other) {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && isSame(one[key], other[key]));
}

/**
 * What is wrong with a reading `{text, calls}` of a row: `""` for nothing, else `no call`, `other calls`,
 * `other text`, or `a call` where there is none.
 */
export function wrongIn(row, { text, calls }) {
  if (row.calls.length === 0 && calls.length > 0) return "a call";
  if (row.calls.length > 0 && calls.length === 0) return "no call";
  if (!isSame(calls, row.calls)) return "other calls";
  const isRight = row.exactly ? text === row.said : squeeze(text) === squeeze(row.said);
  return isRight ? "" : "other text";
}

/** Whether `calls` are the first of the row's: what an answer that ends early may have made. */
export const isBeginning = (row, calls) => isSame(calls, row.calls.slice(0, calls.length));
