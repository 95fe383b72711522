/**
 * What a peer makes of the rows, in its favour: a row with calls is read if any of its parsers reads it,
 * as a user would have chosen that one. What must stay text is judged by one parser, for a model has
 * one: for a form's rows the one that reads most of that form, for the others the one that reads most
 * of the table. A form that no parser reads has no rows that stay text.
 */
import { wrongIn } from "../table.mjs";

/** Resolves `[{row, wrong}]` from lines `{id, readings}`; `wrong` is undefined for a row not judged. */
export function judgePeer(rows, lines) {
  const wrongs = rows.map((row, index) => {
    const { id, readings } = lines[index];
    if (id !== row.id) throw new Error(`${id} is not ${row.id}`);
    return Object.entries(readings).map(([parser, reading]) => [parser, reading.error ? "an error" : wrongIn(row, reading)]);
  });
  const best = bestParsers(rows, wrongs);
  return rows.map((row, index) => {
    const of = Object.fromEntries(wrongs[index]);
    if (row.kind === "read") {
      const all = Object.values(of);
      return { row, wrong: all.includes("") ? "" : (all.find((wrong) => wrong !== "no call" && wrong !== "an error") ?? all[0]) };
    }
    const parser = best.get(row.form);
    // A parser that raises an error makes no call: its server hands the text on.
    return { row, wrong: parser === undefined ? undefined : of[parser] === "an error" ? "" : of[parser] };
  });
}

/** The parser that reads most of each form, and under "" of the table. */
function bestParsers(rows, wrongs) {
  const counts = new Map();
  rows.forEach((row, index) => {
    if (row.kind !== "read") return;
    for (const [parser, wrong] of wrongs[index]) {
      if (wrong !== "") continue;
      for (const form of [row.form, ""]) {
        const of = counts.get(form) ?? new Map();
        counts.set(form, of.set(parser, (of.get(parser) ?? 0) + 1));
      }
    }
  });
  return new Map([...counts].map(([form, of]) => [form, [...of].sort(([, one], [, other]) => other - one)[0][0]]));
}
