/**
 * Keeps a folder of data to one process: two that write the same database would ruin it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Failure, atExit } from "./process.mjs";

/** Holds `folder` until this process ends. Throws a `Failure` if another one holds it. */
export function holdFolder(folder) {
  const file = path.join(folder, "pid");
  if (!wrote(file)) {
    const pid = Number(readFileSync(file, "utf8"));
    if (pid !== process.pid && isRunning(pid)) {
      throw new Failure(
        `Process ${pid} keeps its data in ${folder}. Each process needs a folder of its own: DATA_DIR=…\n` +
          `(If process ${pid} is something else, remove ${file}.)`,
      );
    }
    rmSync(file, { force: true }); // What held it is gone.
    if (!wrote(file)) return holdFolder(folder);
  }
  atExit(() => rmSync(file, { force: true }));
}

function wrote(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new Failure(`The folder for data cannot be written to: ${error.message}\nDATA_DIR=… takes another.`);
  }
}

function isRunning(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
