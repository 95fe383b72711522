/**
 * The Chromium of the machine (on Debian and Ubuntu: the package chromium), or the one that the
 * variable CHROMIUM names. Tests that need it are skipped without one, or fail where CI is set.
 */
import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { chromium } from "playwright-core";

const NO_CHROMIUM = "there is no Chromium on the PATH (on Debian and Ubuntu: the package chromium)";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FOLDERS = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/bin"];
const candidates = [process.env.CHROMIUM, ...NAMES.flatMap((name) => FOLDERS.map((folder) => path.join(folder, name)))];
const executablePath = candidates.filter(Boolean).find(isExecutable);

const isRoot = process.getuid?.() === 0;
const ARGUMENTS = [
  ...["--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
  ...(isRoot ? ["--no-sandbox"] : []), // As root it does not start with one.
];

/** Whether there is one. */
export const isThere = executablePath !== undefined;

/** Starts it, with an empty profile; it ends with `close()`. */
export const openChromium = () => chromium.launch({ executablePath, args: ARGUMENTS, headless: true });

/** A test that needs it. */
export function check(name, body) {
  const skip = !isThere && !process.env.CI && NO_CHROMIUM;
  test(name, { skip, timeout: 60_000 }, async () => {
    assert.ok(isThere, NO_CHROMIUM);
    await body();
  });
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
