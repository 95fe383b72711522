/**
 * `npm run test:breakages [-- PATTERN]`: breaks one thing after the other in the gateway's answers
 * and sees that the checks which guard it fail. Takes some minutes; not part of `npm test`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { inProject, scratchFolder } from "../../../scripts/process.mjs";
import { BREAKAGES } from "./table.mjs";

const pattern = new RegExp(process.argv[2] ?? "");
const { folder } = scratchFolder();
const results = path.join(folder, "results");
let missed = 0;

for (const { name, breaks, in: files } of BREAKAGES.filter((one) => pattern.test(one.name))) {
  const guards = breaks.map((check) => new RegExp(`^${check}\\b`));
  for (const file of files) {
    spawnSync(
      process.execPath,
      [
        "--test",
        ...["--test-reporter", inProject("scripts/test-reporter.mjs"), "--test-reporter-destination", results],
        inProject("tests/clients", file),
      ],
      { env: { ...process.env, DEGPT_TEST_BREAKAGE: name }, stdio: ["ignore", "ignore", "inherit"] },
    );
    const lines = readFileSync(results, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
    const guarding = lines.filter((line) => guards.some((guard) => guard.test(line.name)));
    const blind = guarding.filter((line) => line.outcome !== "failed");
    const isSeen = guarding.length > 0 && blind.length === 0;
    console.log(`${isSeen ? "seen  " : "MISSED"} ${breaks.join(", ")} in ${file}: ${name} (${guarding.length - blind.length} of ${guarding.length} failed)`);
    for (const line of blind) console.log(`         ${line.outcome}: ${line.name}`);
    if (!isSeen) missed += 1;
  }
}

console.log(missed === 0 ? "every breakage was seen" : `${missed} breakages were missed`);
process.exitCode = missed === 0 ? 0 : 1;
