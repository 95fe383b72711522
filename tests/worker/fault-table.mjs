/**
 * The one table of faults, and the matrix made of it: each fault x all dialects x streamed and
 * whole x one origin, two of which the first has the fault, and two that both have it; and each
 * fault that comes before an answer once more after the headers have been sent.
 *
 * A row says what the upstream does (`fault`: a behaviour of the stand-in, or `address`: where an
 * origin would have to be), what the client hears (`error`, a key of ERRORS, or `answer`), and what
 * the gateway does about it (`remedy`). All the rest of the expectations follow from these.
 */
import { joined, recorded } from "../upstream/plain-client.mjs";
import { guestKey } from "./client.mjs";
import { DELIVERIES, DIALECTS } from "./exchange.mjs";

/** Status, OpenAI's `type` and `code`, Anthropic's `type`, `x-should-retry`, and the code of a failed response, if it is not `server_error`. */
export const ERRORS = {
  rejected: [400, "invalid_request_error", "upstream_rejected", "invalid_request_error", null, "invalid_prompt"],
  tooLong: [400, "invalid_request_error", "context_length_exceeded", "invalid_request_error", null, "context_length_exceeded"],
  clientKey: [401, "invalid_request_error", "invalid_api_key", "authentication_error", null],
  forbidden: [403, "invalid_request_error", "insufficient_permissions", "permission_error", null],
  lacking: [404, "invalid_request_error", "model_not_found", "not_found_error", null],
  tooLarge: [413, "invalid_request_error", "request_too_large", "request_too_large", null, "invalid_prompt"],
  usedUp: [429, "rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_error", "false", "rate_limit_exceeded"],
  limited: [429, "rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_error", null, "rate_limit_exceeded"],
  deploymentKey: [502, "server_error", "upstream_key_refused", "api_error", "false"],
  declined: [502, "server_error", "upstream_declined", "api_error", "false"],
  answerTooLarge: [502, "server_error", "upstream_answer_too_large", "api_error", "false"],
  unavailable: [502, "server_error", "upstream_unavailable", "api_error", null],
  truncated: [502, "server_error", "upstream_truncated", "api_error", null],
  garbled: [502, "server_error", "upstream_garbled", "api_error", null],
  stalled: [502, "server_error", "upstream_stalled", "api_error", null],
  overdue: [504, "server_error", "upstream_timeout", "timeout_error", "false"],
  timeout: [504, "server_error", "upstream_timeout", "timeout_error", null],
};

/** What of a request reaches the origin, by remedy: with one origin, and with two that both have the fault. */
const REMEDIES = {
  "give up": { asked: [1], both: [1, 0], helps: false },
  "once more": { asked: [2], both: [1, 1], helps: true },
  "next origin": { asked: [1], both: [1, 1], helps: true },
};

/** How long the gateway under test waits: long, so that a busy machine is no fault, but for rows about time. */
export const VARS = {
  patient: { FIRST_BYTE_TIMEOUT_MS: "12000", IDLE_TIMEOUT_MS: "12000", KEEP_ALIVE_MS: "300", MAX_ANSWER_BYTES: "1500000" },
  hurried: { FIRST_BYTE_TIMEOUT_MS: "2500", IDLE_TIMEOUT_MS: "1200", MAX_ANSWER_MS: "9000", KEEP_ALIVE_MS: "300", MAX_ANSWER_BYTES: "1500000" },
};
/** For silence of one model among several: each of them has half of the time that is left. */
VARS.sharing = { ...VARS.patient, FIRST_BYTE_TIMEOUT_MS: "9000" };
export const COMMIT_AFTER_MS = { early: "60000", late: "150" };
const LATE_MS = 500;

const SIGN_IN = "/api/v1/auths/printSignIn";
const DAILY = "/api/v1/conversation/refresh";
/** The clients of the matrix prefer the first of these two. */
const TWO_KEYS = { DEGPT_API_KEY: "degpt-two,degpt-three" };
const FIRST_KEY = "degpt-three";
const apology = "Sorry, you don't have sufficient access rights at the moment.";
const delta = (fields) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: fields, finish_reason: null }] })}\n\n`;
const says = (content) => delta({ content });
const DONE = "data: [DONE]\n\n";
/** For longer than anything here waits. */
const forever = (piece, everyMs) => Array.from({ length: 20_000 / everyMs }, () => [piece, { pauseMs: everyMs }]).flat();
const html = "<!DOCTYPE html><html><body>Just a moment…</body></html>";

const before = (remedy, error, faults) => Object.entries(faults).map(([name, fault]) => ({ name, fault, remedy, error, when: "before" }));
const during = (error, faults) => Object.entries(faults).map(([name, fault]) => ({ name, fault, remedy: "give up", error, when: "during" }));
const oddities = (faults) => Object.entries(faults).map(([name, { answer, finish = "stop", isHurried, ...fault }]) => ({ name, fault, answer, finish, isHurried, when: "never" }));
/** These change what the gateway knows of its visitor or key, so each gets a gateway of its own. */
const credentials = (rows) => Object.entries(rows).map(([name, row]) => ({ name, remedy: "give up", when: "before", isAlone: true, ...row }));
/** Two keys of the deployment's own, of which one comes to rest. */
const accounts = (rows) =>
  credentials(rows).map((row) => ({ vars: TWO_KEYS, asked: [2], signIns: 0, isResting: true, ...(row.error ? {} : { finish: "stop", when: "never" }), ...row, name: `accounts: ${row.name}` }));
/** Asked for before a visitor's chat, which goes on whatever becomes of it. */
const daily = (faults) =>
  credentials(faults).map(({ name, error, ...fault }) => ({ ...fault, name: `daily number: ${name}`, fault: { path: DAILY, ...fault.fault }, signIns: 1, ...(error ? { error, asked: [0] } : { finish: "stop", when: "never", asked: [1] }) }));

/** Who answers first for `auto`. */
const FIRST = "deepseek-chat";
/** Requests to `auto`. What a gateway learns of models is for all its requests, so each has its own. */
const models = (rows) => Object.entries(rows).map(([name, row]) => ({ name, remedy: "give up", when: "before", isAlone: true, isLateAlone: true, model: "auto", ...row }));

const ROWS = [
  ...before("once more", "declined", {
    "fake success": { fakeSuccess: true },
    "fake success in pieces": { raw: [says(apology.slice(0, 20)), says(apology.slice(20)), DONE] },
    "fake success after empty chunks": { raw: [says(""), says(null), says(apology), DONE] },
    "an error line": { errorLine: 0 },
    "an error line and [DONE]": { errorLine: { chunk: 0, then: "done" } },
    "an error line as text": { errorLine: { chunk: 0, error: "scripted quota" } },
    "[DONE] at once": { empty: true },
    "nothing but empty chunks": { raw: [says(""), says(null), DONE] },
  }),
  ...before("once more", "truncated", {
    "a body that ends at once": { endAfter: 0 },
    "a body of no bytes": { status: 200, body: "" },
    "a connection that breaks before the first event": { breakAfter: 0 },
    "a connection that is reset before the first event": { breakAfter: { chunk: 0, reset: true } },
    "an end within the first event": { endAfter: { chunk: 0, bytes: 30 } },
    "HTML in place of a stream": { status: 200, body: html },
    "JSON in place of a stream": { status: 200, body: { choices: [{ message: { content: "Hi" } }] } },
    "null in place of a stream": { status: 200, body: null },
  }),
  ...before("once more", "garbled", {
    "a first event that is not JSON": { garbageAfter: 0 },
    "HTML in the first event": { raw: [`data: ${html}\n\n`, DONE] },
    "an event of another shape": { raw: ['data: {"choices": 5}\n\n', DONE] },
  }),
  ...before("give up", "tooLong", {
    "an error line that the prompt is too long": { errorLine: { chunk: 0, error: { message: "maximum context length is 8192 tokens" } } },
  }),
  ...before("give up", "rejected", { "400": { status: 400 }, "422": { status: 422 } }),
  ...before("give up", "forbidden", { "403": { status: 403 } }),
  ...before("give up", "lacking", { "404": { status: 404 } }),
  ...before("give up", "tooLarge", { "413": { status: 413 } }),
  ...before("give up", "limited", { "429 without retry-after": { status: 429 } }),
  ...[
    ["429 with seconds", "7", "7"],
    ["429 with a date", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"],
    ["429 with nonsense", "soon <b>", null],
  ].map(([name, value, retryAfter]) => ({ ...before("give up", "limited", { [name]: { status: 429, headers: { "retry-after": value } } })[0], retryAfter })),
  ...before("next origin", "unavailable", {
    "500": { status: 500 },
    "502 with HTML": { status: 502, body: html },
    "503": { status: 503, headers: { "retry-after": "60" } },
    "a redirect": { status: 302, headers: { location: "/elsewhere" } },
    "201": { status: 201 },
    "a connection closed before the headers": { refuseConnection: true },
  }),
  ...Object.entries({
    "connection refused": ({ closedPort }) => `http://127.0.0.1:${closedPort}`,
    "DNS failure": () => "http://degpt.invalid",
    "TLS failure": ({ first }) => `https://127.0.0.1:${first.port}`,
  }).map(([name, address]) => ({ name, address, remedy: "next origin", error: "unavailable", when: "before", isLateToo: false, isForAll: true })),
  ...before("give up", "timeout", {
    "no headers": { neverAnswer: true },
    "headers and then silence": { silentAfter: 0 },
    "empty chunks and then silence": { raw: [says(""), { pauseMs: 60_000 }] },
    "headers too late": { delayHeadersMs: 3_500 },
    "a first event too late": { pauseAfter: { chunk: 0, ms: 3_500 } },
  }),
  ...before("give up", "answerTooLarge", { "a first line over 1 MiB": { hugeLine: 1_100_000 } }),

  ...during("truncated", {
    "an end without [DONE]": { dropDone: true },
    "an end in the middle": { endAfter: 3 },
    "an end within an event": { endAfter: { chunk: 3, bytes: 20 } },
    "a connection that breaks": { breakAfter: 3 },
    "a connection that breaks within an event": { breakAfter: { chunk: 3, bytes: 20 } },
    "a connection that is reset": { breakAfter: { chunk: 3, reset: true } },
    "HTML after some text": { raw: [says("Half of it"), html] },
    "an end within [DONE]": { raw: [says("All of it"), "data: [DO"] },
    "an end within reasoning": { raw: [delta({ reasoning_content: "Hm" })] },
  }),
  ...during("garbled", {
    "an event that is not JSON": { garbageAfter: 3 },
    "an event of another shape later": { raw: [says("Half of it"), 'data: {"choices": [{"delta": {"content": 5}}]}\n\n', DONE] },
  }),
  ...during("declined", {
    "an error line in the middle": { errorLine: 3 },
    "an error line in the middle and [DONE]": { errorLine: { chunk: 3, then: "done" } },
    "an error line in the middle of an answer that goes on": { errorLine: { chunk: 3, then: "continue" } },
  }),
  ...during("stalled", {
    "silence in the middle": { silentAfter: 3 },
    "silence within an event": { silentAfter: { chunk: 3, bytes: 20 } },
    "silence before [DONE]": { raw: [says("All of it"), { pauseMs: 60_000 }] },
    "comments without end": { raw: [says("Half of it"), ...forever(": ping\n\n", 250)] },
    "events without data, without end": { raw: [says("Half of it"), ...forever("event: ping\n\n", 250)] },
    "an event that grows without end": { raw: [says("Half of it"), "data: ", ...forever("x", 250)] },
  }),
  ...during("overdue", {
    "words without end": { raw: forever(says("more "), 250) },
    "empty chunks without end": { raw: [says("Half of it"), ...forever(says(""), 250)] },
  }),
  ...during("answerTooLarge", {
    "a line over 1 MiB": { raw: [says("Half of it"), says("x".repeat(1_100_000)), DONE] },
    "a line over 1 MiB that never ends": { raw: [says("Half of it"), `data: ${"x".repeat(1_100_000)}`, { pauseMs: 60_000 }] },
    "an answer over the limit": { chunkCount: 8_000, writeMode: { mode: "group", events: 100 } },
  }),

  ...oddities({
    "a connection open after [DONE]": { text: "Hi there", answer: "Hi there", keepOpenAfterDone: true },
    "a recording open after [DONE]": { recorded: "claude-thinking", keepOpenAfterDone: true, answer: joined(recorded("claude-thinking")) },
    "bytes after [DONE]": { raw: [says("Hi"), DONE, "data: {not JSON\n\n"], answer: "Hi" },
    "no finish reason": { text: "Hi there", answer: "Hi there", finishReason: "lost" },
    "a finish reason three times": { text: "Hi there", answer: "Hi there", finishReason: "repeated" },
    "finish reason length": { text: "Hi there", answer: "Hi there", finishReason: "length", finish: "length" },
    "pauses shorter than the limit": { isHurried: true, text: "One two three four", answer: "One two three four", pauseAfter: [{ chunk: 1, ms: 800 }, { chunk: 3, ms: 800 }] },
    "a first event later than the idle limit": { isHurried: true, text: "Hi there", answer: "Hi there", pauseAfter: { chunk: 0, ms: 1_700 } },
    "headers later than the idle limit": { isHurried: true, text: "Hi there", answer: "Hi there", delayHeadersMs: 1_700 },
    "an answer longer than the limit of a silence": { isHurried: true, text: "Hi there ".repeat(9), answer: "Hi there ".repeat(9), paceMs: 180 },
    "the apology as a part of an answer": { raw: [says(apology), says(" But …"), DONE], answer: `${apology} But …` },
    "one byte at a time": { text: "模型 🎉", answer: "模型 🎉", writeMode: "bytes" },
  }),

  ...credentials({
    "a visitor's token that was revoked": { isRevoked: true, asked: [2], finish: "stop", when: "never", signIns: 2 },
    "a visitor's token that is always refused": { fault: { status: 401 }, error: "deploymentKey", asked: [2], signIns: 2 },
    "the deployment's key refused": { vars: { DEGPT_API_KEY: "degpt-bad" }, error: "deploymentKey", asked: [1], signIns: 0, isForAll: true },
    "the client's own key refused": { vars: { CLIENT_DEGPT_KEYS: "pass" }, key: guestKey("bad"), error: "clientKey", asked: [1], signIns: 0, isForAll: true },
    "a sign-in refused": { fault: { path: SIGN_IN, status: 403 }, error: "deploymentKey", asked: [0], signIns: 1 },
    "a sign-in limited": { fault: { path: SIGN_IN, status: 429 }, error: "limited", asked: [0], signIns: 1 },
    "a sign-in that fails": { fault: { path: SIGN_IN, status: 500 }, error: "unavailable", remedy: "next origin", asked: [0], signIns: 1 },
    "a sign-in that never ends": { fault: { path: SIGN_IN, neverAnswer: true }, error: "timeout", remedy: "next origin", asked: [0], signIns: 1, isOfOneOrigin: true },
    "a token that is refused, and then a sign-in that fails": { isRevoked: true, fault: { path: SIGN_IN, status: 503 }, error: "unavailable", asked: [1], signIns: 2 },
    "a token that is refused, and then a sign-in that never ends": { isRevoked: true, fault: { path: SIGN_IN, neverAnswer: true }, error: "timeout", asked: [1], signIns: 2 },
    "a sign-in with no token": { fault: { path: SIGN_IN, status: 200, body: html }, error: "unavailable", remedy: "next origin", asked: [0], signIns: 1 },
    "a sign-in whose connection breaks": { fault: { path: SIGN_IN, refuseConnection: true }, error: "unavailable", remedy: "next origin", asked: [0], signIns: 1 },
  }),

  ...models({
    "a model down: it declines": { fault: { model: FIRST, fakeSuccess: true }, asked: [3] },
    "a model down: it says nothing": { fault: { model: FIRST, empty: true }, asked: [3] },
    "a model down: its answer is garbage": { fault: { model: FIRST, garbageAfter: 0 }, asked: [3] },
    "a model down: 403": { fault: { model: FIRST, status: 403 }, asked: [2] },
    "a model down: 404": { fault: { model: FIRST, status: 404 }, asked: [2] },
    "a model down: 429": { fault: { model: FIRST, status: 429, headers: { "retry-after": "60" } }, asked: [2] },
    "a model down: 503": { fault: { model: FIRST, status: 503 }, asked: [2] },
    "a model down: silence": { fault: { model: FIRST, neverAnswer: true }, limits: "sharing", asked: [2] },
    "a model down: headers and then silence": { fault: { model: FIRST, silentAfter: 0 }, limits: "sharing", asked: [2] },
    "all models down: they decline": { fault: { fakeSuccess: true }, error: "declined", asked: [8] },
    "all models down: 404": { fault: { status: 404 }, error: "lacking", asked: [4] },
    "all models down: 429": { fault: { status: 429, headers: { "retry-after": "7" } }, error: "limited", retryAfter: "7", asked: [4] },
    "all models down: 503": { fault: { status: 503 }, error: "unavailable", asked: [4] },
    "all models down: silence": { fault: { neverAnswer: true }, error: "timeout", limits: "sharing", asked: [4] },
    "a request to auto that is rejected": { fault: { status: 400 }, error: "rejected", asked: [1] },
  }),
  ...daily({
    "used up": { fault: { overLimit: true }, error: "usedUp", retryAfter: /^\d{1,5}$/ },
    "500": { fault: { status: 500 } },
    "429": { fault: { status: 429 } },
    "no connection": { fault: { refuseConnection: true } },
    "no answer": { fault: { neverAnswer: true } },
    "half an answer": { fault: { breakAfter: 0 } },
    "an answer that stalls": { fault: { silentAfter: 0 } },
    "HTML": { fault: { status: 200, body: html } },
    "a list": { fault: { status: 200, body: [] } },
    "not counted": { fault: { status: 200, body: { passed: false, message: "Failed" } } },
    "without end": { fault: { hugeBody: 1_000_000 } },
  }),

  ...accounts({
    "one is refused": { vars: { DEGPT_API_KEY: "degpt-one,degpt-bad" } },
    "both are refused": { vars: { DEGPT_API_KEY: "degpt-bad,degpt-bad-too" }, error: "deploymentKey", isForAll: true },
    "one is forbidden": { fault: { credential: FIRST_KEY, status: 403 } },
    "both are forbidden": { fault: { status: 403 }, error: "forbidden" },
    "one is limited": { fault: { credential: FIRST_KEY, status: 429, headers: { "retry-after": "60" } } },
    "both are limited": { fault: { status: 429, headers: { "retry-after": "60" } }, error: "limited", retryAfter: "60" },
    "one is limited and the other refused": { vars: { DEGPT_API_KEY: "degpt-three,degpt-bad" }, fault: { credential: FIRST_KEY, status: 429, headers: { "retry-after": "1" } }, error: "limited", retryAfter: "1", restMs: 1_000 },
    "one is declined": { fault: { credential: FIRST_KEY, fakeSuccess: true } },
    "both are declined": { fault: { fakeSuccess: true }, error: "declined" },
  }),
];

/** The matrix: rows with all that is expected of each. */
export const CELLS = ROWS.flatMap((row) =>
  DIALECTS.flatMap((dialect) => DELIVERIES.flatMap((delivery) => scenes(row).map((scene) => cell(row, dialect, delivery, scene)))),
).filter(({ moment, delivery }) => moment === "early" || delivery === "stream"); // A whole answer has no headers to send early.

export const SIZE = { faults: ROWS.length, cells: CELLS.length };

/** How many origins there are, how many of them have the fault, and whether it comes after the commit. */
function scenes({ remedy, when, isAlone, isOfOneOrigin, isLateAlone, isLateToo = when === "before" }) {
  const one = { origins: 1, bad: 1, moment: "early" };
  const two = { origins: 2, bad: 1, moment: "early" };
  const both = { origins: 2, bad: 2, moment: "early" };
  if (isLateAlone) return [one, { ...one, moment: "late" }];
  if (isAlone) return remedy === "next origin" && !isOfOneOrigin ? [one, two] : [one];
  const all = when !== "never" && REMEDIES[remedy].helps ? [one, two, both] : [one, two];
  return isLateToo ? [...all, { ...one, moment: "late" }, { ...two, moment: "late" }] : all;
}

function cell(row, dialect, delivery, { origins, bad, moment }) {
  const remedy = REMEDIES[row.remedy] ?? REMEDIES["give up"];
  const isHelped = remedy.helps && origins > bad;
  const isAnswered = isHelped || row.error === undefined;
  const asked = row.asked ?? (origins === 1 ? remedy.asked : bad === 2 ? remedy.both : remedy.helps ? [1, 1] : [1, 0]);
  const fault = row.fault && moment === "late" && row.error !== "timeout" ? { delayHeadersMs: LATE_MS, ...row.fault } : row.fault;
  const places = origins === 1 ? "one origin" : bad === 1 ? "the first of two origins" : "both of two origins";
  const isHurried = row.isHurried || ["timeout", "stalled", "overdue"].includes(row.error);
  return {
    ...row,
    dialect,
    delivery,
    origins,
    bad,
    moment,
    fault: fault && { times: "always", ...fault },
    // At an address where nothing is, nobody counts.
    asked: (asked.length < origins ? [...asked, 1] : asked).map((times, place) => (row.address && place < bad ? 0 : times)),
    error: isAnswered ? undefined : row.error,
    // An origin that failed is avoided, which the cells that share a gateway must not notice.
    // So does what rests.
    isAlone: (row.isAlone && (!row.vars || row.isResting)) || (row.remedy === "next origin" && origins === 2 && bad === 1),
    limits: row.limits ?? (isHurried ? "hurried" : "patient"),
    sharedBy: [isHurried, origins, bad, moment, row.vars || row.address ? row.name : ""].join(),
    isForAll: row.isForAll && !isAnswered,
    isInStream: !isAnswered && delivery === "stream" && (row.when === "during" || moment === "late"),
    name: `${row.name}: ${dialect}, ${delivery}, ${places}${moment === "late" ? ", after the commit" : ""}`,
  };
}
