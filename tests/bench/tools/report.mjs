/** The table, for a terminal and for docs/tool-forms.md. */
import { DEVIATION, FORMS, READABLE, STAY, TEXT, UNREAD } from "./table.mjs";

const SHORT = { "text before": "before", "text after": "after", "Chinese before": "Chinese", "two calls": "two", "nested JSON": "nested", "markup in strings": "markup", "lines in strings": "lines", "no arguments": "empty" };

const right = (list) => list.filter(({ wrong }) => wrong === "").length;
const judged = (readings, test) => readings.filter(({ row, wrong }) => wrong !== undefined && test(row));
const count = (list) => (list.length === 0 ? "–" : `${right(list)}/${list.length}`);

const ofForm = (form, kind) => (row) => row.form === form.id && row.kind === kind && row.variation !== DEVIATION;
const isFault = (row) => row.variation === DEVIATION;
const isStay = (row) => row.variation === STAY;
const isReadable = (row) => row.kind === "read" && !isFault(row);

/** What there is to say of a reader in one line. */
export function summary(readings) {
  const whole = FORMS.filter((form) => judged(readings, ofForm(form, "read")).every(({ wrong }) => wrong === ""));
  const plain = FORMS.filter((form) => judged(readings, (row) => ofForm(form, "read")(row) && row.variation === "plain").every(({ wrong }) => wrong === ""));
  return {
    whole: `${whole.length}/${FORMS.length}`,
    plain: `${plain.length}/${FORMS.length}`,
    readable: count(judged(readings, isReadable)),
    faults: count(judged(readings, isFault)),
    text: count(judged(readings, (row) => row.kind === "text")),
    calls: judged(readings, (row) => row.kind === "text").filter(({ wrong }) => wrong === "a call").length,
  };
}

export function print(readings, peers) {
  for (const form of FORMS) {
    const read = judged(readings, ofForm(form, "read"));
    const text = judged(readings, ofForm(form, "text"));
    console.log(`${form.id.padEnd(20)} read ${count(read).padEnd(6)} stays text ${count(text)}`);
  }
  const red = readings.filter(({ wrong }) => wrong && wrong !== UNREAD);
  if (red.length > 0) console.log(`\n${red.length} rows are not as they must be:`);
  for (const { row, wrong } of red) console.log(`  ${row.kind === "read" ? "read" : "text"}  ${row.id}: ${wrong}`);
  console.log("");
  for (const { name, version, readings: theirs, missing } of [{ name: "this gateway", readings }, ...peers]) {
    if (missing) console.log(`${name}: not here: ${missing}`);
    else console.log(`${[name, version].filter(Boolean).join(" ")}: ${sentence(summary(theirs))}`);
  }
}

const sentence = ({ whole, plain, readable, faults, text, calls }) =>
  `reads ${plain} forms, ${whole} in all their rows; ${readable} readable rows, ${faults} small faults; ${text} stay text, and ${calls} of these made calls`;

const table = (head, rows) => [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const code = (text) => `\`${text}\``;

const tick = ({ wrong }) => (wrong === "" ? "✓" : wrong === undefined ? "–" : `✗ ${wrong}`);

/**
 * What the page says of a reader, as it is kept in peers/last.json: `{name, version, what, missing, parsers,
 * failed, summary, forms, rows}`. `forms` and `rows` are cells, by the ids of forms and rows.
 */
export function figures({ readings, parsers, ...about }) {
  if (about.missing) return about;
  const cell = (form) => {
    const read = count(judged(readings, ofForm(form, "read")));
    const text = count(judged(readings, ofForm(form, "text")));
    return text === "–" ? read : `${read}, text ${text}`;
  };
  const single = readings.filter(({ row }) => isFault(row) || isStay(row));
  return {
    ...about,
    parsers: parsers?.length,
    summary: summary(readings),
    forms: Object.fromEntries(FORMS.map((form) => [form.id, cell(form)])),
    rows: Object.fromEntries(single.map((reading) => [reading.row.id, tick(reading)])),
  };
}

/**
 * The page. `peers` are `figures`, and `areLast` says that they were measured earlier. `served` is how many
 * answers were compared through workerd.
 */
export function page(readings, peers, areLast, served) {
  const here = peers.filter(({ missing }) => !missing);
  const all = [figures({ name: "**this gateway**", readings }), ...here];
  const variations = Object.keys(READABLE);
  const rowsOf = (test) => readings.map(({ row }) => row).filter(test);

  return `# The forms of tool calls

DeGPT has no tools, so the gateway tells the model how to write a call, and finds it in the answer. Models
write what they have learned elsewhere too. This page says which forms are read, how exactly, and what
stays text. \`npm run bench:tools\` measures it, and \`npm run bench:tools -- --publish\` writes this page.

## In short

${table(
    ["", "forms read", "in all their rows", "rows with calls", "small faults", "rows that stay text", "calls made of these"],
    all.map(({ name, version, summary: { plain, whole, readable, faults, text, calls } }) => {
      return [[name, version].filter(Boolean).join(" "), plain, whole, readable, faults, text, calls];
    }),
  )}

${peers
  .map(({ name, what, version, missing, parsers, failed = {} }) => {
    if (missing) return `- ${name} could not be installed where this was measured: ${missing}.`;
    const left = Object.entries(failed).map(([parser, why]) => `${code(parser)} ${why}`);
    return `- ${name} ${version}: ${what}, ${parsers === 1 ? "one parser" : `${parsers} parsers`}.${left.length > 0 ? ` Left out: ${left.join("; ")}.` : ""}`;
  })
  .join("\n")}

${areLast ? "The figures of the others are those of their last run. Single rows of the table have come, gone or moved since:\nthe sums differ by these, and rows that they have not read have a –.\n\n" : ""}The others are judged in their favour. Each row is read if any of their parsers reads it, though a server
has one, chosen by its operator. They get the whole answer at once, while the gateway must read the same
at every cut. A row that stays text is judged by the parser that reads most of its form, and not at all
where none reads it. Not all of their misses are faults: a server hands on calls of tools that are not
declared, and its models do not write other models' forms; nor does it mark what a conversation quotes.
Their packages are installed without what runs models (torch and the like), with stubs in its place.
The parsers of gpt-oss's answers in vLLM and Dynamo need OpenAI's tokens, which they fetch as they run:
without these they read nothing.

## How a row is judged

A row is a model's answer, the tools that are declared, and what a client must get: the calls with their
arguments as JSON values, and the text. It is right if that comes out

- of the answer in one piece, in single characters, and cut in two at every character;
- with no other call, or half of one, if the answer ends early, at any character;
- in workerd over HTTP as natively: ${served} answers of this run, in both APIs, streamed and not.

Text beside a call is compared apart from white space; text without a call to the letter.

The tools of the rows have parameters of every type. A row is in the table only if it has one reading:

- *marks of a form's own*, a declared name and arguments that are whole are a call, also with words
  around it;
- *a shape without marks* (an object, a list, a list of calls in Python, a fence of JSON) is a call if it is
  the whole answer. With words beside it, it may be an example: there it has no rows with text;
- *values without types* (in tags) have those of the tool's schema. In a string there is nothing that could
  be its own end mark;
- *a name* in another case, with hyphens, spaces or a vendor's prefix is that of a tool if it is that of one
  tool only;
- *what is quoted* is no call: in inline code, in a fence with other words in it or after it, in a thought, in
  the words of a user that the model repeats;
- *what is not whole* is no call: the end of an answer ends none. A name needs a whole object after it, or
  the closing tag of the call, or of the block around it; or all parameters of its tool, each closed.

## Forms

What is read of each form, and how many of its rows stay text (${Object.keys(TEXT).join(", ")}).

${table(
    ["form", "models", ...variations.map((name) => SHORT[name] ?? name), "stay text", ...here.map(({ name }) => name)],
    FORMS.map((form) => {
      const cell = (variation) => {
        const found = readings.find(({ row }) => ofForm(form, "read")(row) && row.variation === variation);
        return found ? (found.wrong === "" ? "✓" : "✗") : "–";
      };
      return [
        code(form.id),
        form.family,
        ...variations.map(cell),
        count(judged(readings, ofForm(form, "text"))),
        ...here.map(({ forms }) => forms[form.id] ?? "–"),
      ];
    }),
  )}

${table(["form", "its shape is known from", "looks like"], FORMS.map((form) => [code(form.id), form.from, example(form)]))}

Not read, because no model of DeGPT writes it: ${FORMS.filter(({ unread }) => unread).map(({ id, unread }) => `${code(id)} (${unread})`).join(", ")}.
An answer with its marks makes no call at all, so none that its strings quote either. It is asked for once
more, in the form that the model was told.

## Small faults

${table(
    ["form", "fault", ...all.map(({ name }) => name)],
    rowsOf(isFault).map((row) => [code(row.form), row.id.slice(row.form.length + 2), ...all.map(({ rows }) => rows[row.id] ?? "–")]),
  )}

## What looks like a call and is none

${table(
    ["answer", ...all.map(({ name }) => name)],
    rowsOf(isStay).map((row) => [row.id, ...all.map(({ rows }) => rows[row.id] ?? "–")]),
  )}

## To measure it again

\`\`\`console
$ npm run bench:tools               # the gateway, in seconds
$ npm run bench:tools -- --peers    # and the others, installed into .tools/ (1.8 GB)
$ npm run bench:tools -- --publish  # and this page, with what is known of the others
\`\`\`

The rows are in \`tests/bench/tools/\`: \`forms.mjs\`, \`variations.mjs\`, \`deviations.mjs\` and \`stays.mjs\`. A
new form is one line of \`forms.mjs\`.
`;
}

/** A form as a cell of a table. */
function example(form) {
  const text = form.write([{ name: "f", arguments: { a: "x" } }]).replaceAll("\n", "⏎").replaceAll("|", "\\|");
  return `\`\`${text.startsWith("`") || text.endsWith("`") ? ` ${text} ` : text}\`\``.replaceAll("``` ", "``` ");
}
