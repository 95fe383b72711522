/**
 * A reporter for `node --test`: one line of JSON for each test case, for scripts/test.mjs to count.
 * Suites and tests that only hold others are left out, unless they failed by themselves.
 */
export default async function* reporter(events) {
  // A test's children end before it does, so a level is known to hold others when it ends.
  const holdsOthers = new Set();
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const place = (nesting) => `${data.file} ${nesting}`;
    if (data.nesting > 0) holdsOthers.add(place(data.nesting - 1));
    const isHolder = holdsOthers.delete(place(data.nesting)) || data.details.type === "suite";
    const childrenFailed = data.details.error?.failureType === "subtestsFailed";
    if (isHolder && (type === "test:pass" || childrenFailed)) continue;

    const isSkipped = data.skip !== undefined || data.todo !== undefined;
    const outcome = isSkipped ? "skipped" : type === "test:pass" ? "passed" : "failed";
    yield `${JSON.stringify({ name: data.name, outcome })}\n`;
  }
}
