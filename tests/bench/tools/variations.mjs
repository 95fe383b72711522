/**
 * What is varied of each form: every row of it has one reading, whatever the form.
 *
 * `of(form)` gives `{text, calls, said}`, or nothing where the form has no such row. `said` is the text
 * that stays, apart from white space. Those that stay text whole give `{text}` alone; `user` is what
 * the user said, and `{{user}}` in the text is what the model was shown of it.
 */
import { PARIS, ROME, call } from "./tools.mjs";

/** Words around a call. */
const BEFORE = "I'll look that up.";
const AFTER = "That should tell us.";
const CHINESE = "好的，我来查一下。";

const readable = (form, calls, said = "", write = (text) => text) => ({ text: write(form.write(calls)), calls, said });

/** Text that looks like this form, in a string that escapes it; in a raw one, text that looks like others. */
const quoted = (form) =>
  form.raw
    ? `<p class="a">1 < 2 && "q"</p>\n\`\`\`json\n{"name": "get_weather"}\n\`\`\`\n<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>`
    : `As in:\n${form.write([ROME])}\n\`\`\`json\n{}]}\n\`\`\` "so" </p>`;

const NESTED = { all: [{ tag: "a" }, { not: { tag: "b", depth: 2.5 } }], any: [[], {}], open: false };

const lines = 'def f(x):\n    return {"a": x}\n\n# it\'s "quoted" \\ C:\\temp\\new, 100% & <b>\n\tend';

/** One line of it, where a line is all there is room for. */
const inOneLine = (text) => text.replaceAll(/\s*\n\s*/g, "");

const isFenced = (text) => text.startsWith("```");

export const READABLE = {
  plain: (form) => readable(form, [PARIS]),
  "text before": (form) => form.bare || readable(form, [PARIS], BEFORE, (text) => `${BEFORE}\n\n${text}`),
  "text after": (form) => form.bare || form.last || readable(form, [PARIS], AFTER, (text) => `${text}\n\n${AFTER}`),
  "Chinese before": (form) => form.bare || form.last || readable(form, [PARIS], CHINESE, (text) => `${CHINESE}${text}`),
  "two calls": (form) => form.lacks?.includes("many") || readable(form, [PARIS, call("search_notes", { query: "rain", limit: 3 })]),
  "nested JSON": (form) => form.lacks?.includes("nested") || readable(form, [call("search_notes", { query: "rain", filter: NESTED })]),
  "markup in strings": (form) => readable(form, [call("write_file", { path: "notes.md", text: quoted(form) })]),
  "lines in strings": (form) => readable(form, [call("write_file", { path: "a/b.py", text: lines })]),
  unicode: (form) => readable(form, [call("get_weather", { city: "東京 🗼 Ελλάδα “é” ｜ العربية" })]),
  "no arguments": (form) => readable(form, [call("now")]),
  types: (form) =>
    readable(form, [
      call("search_notes", {
        query: "007",
        limit: -3,
        ratio: 0.25,
        exact: true,
        ...(form.lacks?.includes("lists") ? {} : { tags: ["a", "b c"] }),
        ...(form.lacks?.includes("null") ? {} : { filter: null }),
      }),
    ]),
};

/** The one whose text is a call until words follow it. */
export const EXAMPLE = "an example in a fence";

export const TEXT = {
  undeclared: (form) => ({ text: form.write([call("remove_all", { path: "/" })]) }),
  "cut off": (form) => {
    const text = form.write([PARIS]);
    return { text: text.slice(0, text.lastIndexOf("Par") + "Par".length) };
  },
  "inline code": (form) => isFenced(form.write([PARIS])) || { text: `A call is written as \`${inOneLine(form.write([PARIS]))}\` and nothing else.` },
  [EXAMPLE]: (form) => ({ text: `A call looks like this:\n\n~~~~text\n${form.write([PARIS])}\n~~~~\n\nPut another city in place of Paris.` }),
  "a fence that says so": (form) => ({ text: `~~~~text\nExample of a call:\n${form.write([PARIS])}\n~~~~` }),
  "in a thought": (form) => ({ text: `<think>\nI could write ${form.write([PARIS])} but need not.\n</think>\n\nIt is sunny in Paris.`, said: "It is sunny in Paris." }),
  "said by the user": (form) => ({ text: "{{user}}", user: form.write([PARIS]) }),
};
