/** Every link of the pages leads to a file that is there, and to a heading in it. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { ROOT, inProject } from "../../scripts/process.mjs";
import { anchors, links, pages, read } from "./pages.mjs";

const isElsewhere = (target) => /^[a-z][a-z0-9+.-]*:/i.test(target);

/** What is wrong with a link on a page, if anything is. */
function wrong(page, target) {
  const [file, anchor] = decodeURI(target).split("#");
  const place = file === "" ? page : path.join(path.dirname(page), file);
  if (place.startsWith("..")) return "leads out of the project";
  if (!existsSync(inProject(place))) return `there is no ${place}`;
  if (anchor !== undefined && !anchors(read(place)).includes(anchor)) return `${place} has no heading #${anchor}`;
  return undefined;
}

test("there are pages", () => assert.ok(pages().includes("README.md") && pages().length > 10));

test("README.md leads to every page for its readers", () => {
  const led = links(read("README.md"));
  const unled = pages().filter((page) => /^(docs\/)?[^/]+\.md$/.test(page) && page !== "README.md" && !led.includes(page));
  assert.deepEqual(unled, []);
});

for (const page of pages()) {
  test(`${page}: its links lead somewhere`, () => {
    const broken = links(read(page))
      .filter((target) => !isElsewhere(target))
      .flatMap((target) => wrong(page, target) ?? [])
      .sort();
    assert.deepEqual(broken, []);
  });
}

test("the pages that comments and messages name are there", () => {
  const files = globSync(["src/**/*.{rs,mjs}", "scripts/**/*.{mjs,js}", "tests/**/*.{rs,mjs,js}", "page/**/*.mjs", "*.toml", ".github/**/*.yml"], {
    cwd: ROOT,
    exclude: (name) => (name.name ?? name).endsWith("node_modules"),
  });
  assert.ok(files.length > 100);
  const missing = files.flatMap((file) =>
    [...readFileSync(inProject(file), "utf8").matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
      .filter(([name]) => !existsSync(inProject(name)))
      .map(([name]) => `${file}: ${name}`),
  );
  assert.deepEqual(missing, []);
});
