/**
 * The table of forms in which models write calls (tests/bench/tools/): every row is read as it must be,
 * natively at every cut, and the built Worker reads as the native reader does.
 */
import assert from "node:assert/strict";
import test from "node:test";

import { readNatively } from "../bench/tools/native.mjs";
import { differences } from "../bench/tools/served.mjs";
import { FORMS, UNREAD, rows } from "../bench/tools/table.mjs";
import { post, startBoth } from "./client.mjs";

/** Of so many rows, one is asked for over HTTP; all of them are in `npm run bench:tools`. */
const EVERY = 17;

const { gateway, upstream } = await startBoth();
const all = rows();
const readings = await readNatively(all);

test("every row of the table of forms is read as it must be", () => {
  const wrong = readings.filter((reading) => reading.wrong !== "" && reading.wrong !== UNREAD);
  assert.equal(wrong.length, 0, wrong.map(({ row, wrong: what, got }) => `${row.id}: ${what}: ${JSON.stringify(got)}`).join("\n"));
});

test("the table has every form in every variation, and each row once", () => {
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  assert.ok(FORMS.length >= 70 && all.length >= 1_500, `${FORMS.length} forms, ${all.length} rows`);
  assert.ok(all.filter(({ form, kind }) => form === "" && kind === "text").length >= 40);
});

test("the built Worker reads the rows as the native reader does", async () => {
  const some = readings.filter((_, index) => index % EVERY === 0);
  const ask = async (path, body) => {
    const answer = await post(gateway, path, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  };
  assert.deepEqual(await differences(some, upstream, ask), []);
});
