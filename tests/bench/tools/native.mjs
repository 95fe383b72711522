/** Has the gateway's own reader (`reader.rs`) read the rows, and judges what it makes of them. */
import { spawn } from "node:child_process";

import { Failure, ROOT } from "../../../scripts/process.mjs";
import { EXAMPLE, STAY, UNREAD, isBeginning, wrongIn } from "./table.mjs";

/**
 * Resolves to `[{row, wrong, got, whole}]`, in the rows' order: what is `wrong` ("" if nothing is), what
 * it `got` then (`UNREAD` of a form that is not read), and what it makes of the answer in one piece.
 */
export async function readNatively(rows) {
  const lines = await reader(rows.map((row) => JSON.stringify(row)).join("\n"));
  return rows.map((row, index) => ({ row, ...judge(row, lines[index]), whole: lines[index].whole }));
}

/** At every cut as in one piece, and no call that is not meant when the answer ends early. */
function judge(row, { id, whole, cut, early }) {
  if (id !== row.id) throw new Failure(`the reader answered ${id} for ${row.id}`);
  const asText = { ...row, calls: [], said: row.text, exactly: true };
  const wrong = wrongIn(row.isUnread ? asText : row, whole);
  if (wrong !== "") return { wrong, got: whole };
  if (cut !== null) return { wrong: `not when cut at ${cut.at}`, got: cut.got };
  // What stays text only for the words after it is a call without them.
  const half = row.variation !== STAY && row.variation !== EXAMPLE && early.find(({ calls }) => !isBeginning(row, calls));
  if (row.isUnread && early.every(({ calls }) => calls.length === 0)) return { wrong: UNREAD, got: whole };
  return half ? { wrong: `half a call at ${half.at}`, got: half.calls } : { wrong: "", got: whole };
}

/** What the reader writes to these lines, each parsed. */
function reader(lines) {
  const child = spawn("cargo", ["run", "--quiet", "--locked", "--release", "--example", "tool-forms"], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  child.stdin.end(`${lines}\n`);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) reject(new Failure("the native reader failed"));
      else resolve(text.trimEnd().split("\n").map((line) => JSON.parse(line)));
    });
  });
}
