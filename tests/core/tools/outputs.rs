//! What models write when they were told how to call `get_weather` and
//! `write_file`, and what a client is to get of it.

/// One piece of what a client gets.
pub(crate) enum Item {
    Text(&'static str),
    /// A tool's name and its arguments.
    Call(&'static str, &'static str),
}
use Item::{Call, Text};

/// The call that most rows make.
const PARIS: Item = Call("get_weather", r#"{"city": "Paris"}"#);
const ROME: Item = Call("get_weather", r#"{"city": "Rome"}"#);
const EMPTY: Item = Call("get_weather", "{}");

/// What it is, what the model writes, and what a client gets.
pub(crate) const OUTPUTS: &[(&str, &str, &[Item])] = &[
    // As they were told.
    (
        "the form they are taught",
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>",
        &[PARIS],
    ),
    (
        "in one line",
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>"#,
        &[PARIS],
    ),
    (
        "with words before",
        "I'll look.\n\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n",
        &[Text("I'll look."), PARIS],
    ),
    (
        "with words after",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\nLet us see.",
        &[PARIS, Text("Let us see.")],
    ),
    (
        "with words around, which keep their place",
        "First:\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\nThen we see.",
        &[Text("First:"), PARIS, Text("\n\nThen we see.")],
    ),
    (
        "two calls",
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>",
        &[PARIS, ROME],
    ),
    (
        "two calls with words between",
        "A <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call> B <tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call> C",
        &[Text("A"), PARIS, Text("  B"), ROME, Text("  C")],
    ),
    (
        "no arguments",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>",
        &[EMPTY],
    ),
    ("arguments left out", "<tool_call>{\"name\": \"get_weather\"}</tool_call>", &[EMPTY]),
    (
        "arguments null",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": null}</tool_call>",
        &[EMPTY],
    ),
    (
        "nested arguments",
        r#"<tool_call>{"name": "get_weather", "arguments": {"at": {"lat": 1.5, "tags": ["a", {"b": null}]}, "x": false}}</tool_call>"#,
        &[Call("get_weather", r#"{"at": {"lat": 1.5, "tags": ["a", {"b": null}]}, "x": false}"#)],
    ),
    (
        "several scripts",
        "好的，我来查。\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"東京 🗼 Ελλάδα\"}}</tool_call>",
        &[Text("好的，我来查。"), Call("get_weather", r#"{"city": "東京 🗼 Ελλάδα"}"#)],
    ),
    (
        "escapes in the arguments",
        r#"<tool_call>{"name": "write_file", "arguments": {"text": "a\n\"b\" \\ \u00e9 \ud83d\ude00 </p>"}}</tool_call>"#,
        &[Call("write_file", r#"{"text": "a\n\"b\" \\ \u00e9 \ud83d\ude00 </p>"}"#)],
    ),
    (
        "the markup within the arguments",
        r#"<tool_call>{"name": "write_file", "arguments": {"text": "<tool_call>{\"name\": 1}</tool_call> ```"}}</tool_call>"#,
        &[Call("write_file", r#"{"text": "<tool_call>{\"name\": 1}</tool_call> ```"}"#)],
    ),
    (
        "brackets within the arguments",
        r#"<tool_call>{"name": "write_file", "arguments": {"text": "}}]{[<"}}</tool_call>"#,
        &[Call("write_file", r#"{"text": "}}]{[<"}"#)],
    ),
    (
        "a code fence within the arguments",
        r#"<tool_call>{"name": "write_file", "arguments": {"text": "```json\n{}\n```"}}</tool_call>"#,
        &[Call("write_file", r#"{"text": "```json\n{}\n```"}"#)],
    ),
    (
        "the arguments before the name",
        r#"<tool_call>{"arguments": {"city": "Paris"}, "name": "get_weather"}</tool_call>"#,
        &[PARIS],
    ),
    // Sloppy in form.
    (
        "Llama's spelling",
        r#"<tool_call>{"name": "get_weather", "parameters": {"city": "Paris"}}</tool_call>"#,
        &[PARIS],
    ),
    (
        "Anthropic's spelling",
        r#"<tool_use>{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}</tool_use>"#,
        &[PARIS],
    ),
    (
        "OpenAI's spelling",
        r#"<tool_call>{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}</tool_call>"#,
        &[PARIS],
    ),
    (
        "GPT's namespace",
        r#"<tool_call>{"name": "functions.get_weather", "arguments": {"city": "Paris"}}</tool_call>"#,
        &[PARIS],
    ),
    (
        "another tag",
        r#"<function_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</function_call>"#,
        &[PARIS],
    ),
    (
        "an opening tag closed by another",
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</function_call>"#,
        &[PARIS],
    ),
    (
        "arguments as a string",
        r#"<tool_call>{"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}</tool_call>"#,
        &[PARIS],
    ),
    (
        "arguments as an empty string",
        r#"<tool_call>{"name": "get_weather", "arguments": ""}</tool_call>"#,
        &[EMPTY],
    ),
    (
        "a list of calls",
        r#"<tool_calls>[{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "get_weather", "arguments": {"city": "Rome"}}]</tool_calls>"#,
        &[PARIS, ROME],
    ),
    (
        "a list in the tag of one",
        r#"<tool_call>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</tool_call>"#,
        &[PARIS],
    ),
    (
        "one object where a list was due",
        r#"<tool_calls>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_calls>"#,
        &[PARIS],
    ),
    (
        "tags within a tag",
        "<tool_calls>\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>\n</tool_calls>",
        &[PARIS, ROME],
    ),
    (
        "two objects in one tag",
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>",
        &[PARIS, ROME],
    ),
    (
        "trailing commas",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\" , },}</tool_call>",
        &[PARIS],
    ),
    (
        "a line break in a string",
        "<tool_call>{\"name\": \"write_file\", \"arguments\": {\"text\": \"a\n\tb\"}}</tool_call>",
        &[Call("write_file", r#"{"text": "a\n\tb"}"#)],
    ),
    (
        "backslashes that are no escapes",
        r#"<tool_call>{"name": "write_file", "arguments": {"text": "\d \\d \u00e9 C:\users\é \\\ it\'s \"q\" \/"}}</tool_call>"#,
        &[Call("write_file", r#"{"text": "\\d \\d \u00e9 C:\\users\\é \\\\ it's \"q\" \/"}"#)],
    ),
    (
        "a line that a backslash continues",
        "<tool_call>{\"name\": \"write_file\", \"arguments\": {\"text\": \"a \\\n b\"}}</tool_call>",
        &[Call("write_file", r#"{"text": "a \\\n b"}"#)],
    ),
    (
        "a brace short, and closed",
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}</tool_call>"#,
        &[PARIS],
    ),
    (
        "a close tag missing at the end",
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}"#,
        &[PARIS],
    ),
    (
        "a close tag missing at the end, with a line break",
        "Hm\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n",
        &[Text("Hm"), PARIS],
    ),
    (
        "a close tag cut at the end",
        r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool"#,
        &[PARIS],
    ),
    (
        "a close tag missing between two",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>",
        &[PARIS, ROME],
    ),
    (
        "an opening tag where the closing one was due",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}<tool_call>",
        &[PARIS],
    ),
    (
        "a code fence around",
        "```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n```",
        &[PARIS],
    ),
    (
        "a code fence of a language around, and words before",
        "I'll look.\n\n```xml\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n```\n",
        &[Text("I'll look."), PARIS],
    ),
    (
        "a code fence that is not closed",
        "```json\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    (
        "a code fence around two",
        "```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>\n```",
        &[PARIS, ROME],
    ),
    (
        "two code fences",
        "```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n```\n\n```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>\n```",
        &[PARIS, ROME],
    ),
    (
        "a code fence within the tag",
        "<tool_call>\n```json\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n```\n</tool_call>",
        &[PARIS],
    ),
    (
        "code fences within and around",
        "```xml\n<tool_call>\n```json\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n```\n</tool_call>\n```",
        &[PARIS],
    ),
    (
        "no tag, but a code fence",
        "```json\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n```",
        &[PARIS],
    ),
    (
        "no tag at all",
        "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}\n",
        &[PARIS],
    ),
    (
        "no tag at all, over several lines",
        "{\n  \"name\" : \"get_weather\",\n  \"arguments\": {\n    \"city\": \"Paris\"\n  }\n}",
        &[PARIS],
    ),
    (
        "made-up results after the call",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>\n<tool_response id=\"1\">\n30°\n</tool_response>\nIt is 30° in Paris.",
        &[PARIS],
    ),
    (
        "made-up results after the call, without an id",
        "Hm.\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call><tool_response>30°</tool_response>",
        &[Text("Hm."), PARIS],
    ),
    // What is no call stays text, to the letter.
    ("just an answer", "It is 30° in Paris.\n", &[Text("It is 30° in Paris.\n")]),
    ("white space alone", " \n\t\n", &[Text(" \n\t\n")]),
    ("white space before an answer", "\n\n Hi ", &[Text("\n\n Hi ")]),
    (
        "a tool that was not declared",
        "<tool_call>{\"name\": \"rm\", \"arguments\": {\"city\": \"Paris\"}}</tool_call> Done.\n",
        &[Text(
            "<tool_call>{\"name\": \"rm\", \"arguments\": {\"city\": \"Paris\"}}</tool_call> Done.\n",
        )],
    ),
    (
        "a declared tool beside one that was not",
        r#"<tool_calls>[{"name": "get_weather", "arguments": {}}, {"name": "rm", "arguments": {}}]</tool_calls>"#,
        &[Text(
            r#"<tool_calls>[{"name": "get_weather", "arguments": {}}, {"name": "rm", "arguments": {}}]</tool_calls>"#,
        )],
    ),
    (
        "a call after one that was none",
        "<tool_call>{\"name\": \"rm\"}</tool_call>\n<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("<tool_call>{\"name\": \"rm\"}</tool_call>"), EMPTY],
    ),
    (
        "JSON that is none",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {city: Paris}}</tool_call>",
        &[Text("<tool_call>{\"name\": \"get_weather\", \"arguments\": {city: Paris}}</tool_call>")],
    ),
    (
        "arguments that are a list",
        r#"<tool_call>{"name": "get_weather", "arguments": ["Paris"]}</tool_call>"#,
        &[Text(r#"<tool_call>{"name": "get_weather", "arguments": ["Paris"]}</tool_call>"#)],
    ),
    (
        "arguments that are a number",
        r#"<tool_call>{"name": "get_weather", "arguments": 1}</tool_call>"#,
        &[Text(r#"<tool_call>{"name": "get_weather", "arguments": 1}</tool_call>"#)],
    ),
    (
        "arguments that are a string of no object",
        r#"<tool_call>{"name": "get_weather", "arguments": "Paris"}</tool_call>"#,
        &[Text(r#"<tool_call>{"name": "get_weather", "arguments": "Paris"}</tool_call>"#)],
    ),
    (
        "arguments under no known name",
        r#"<tool_call>{"name": "get_weather", "city": "Paris"}</tool_call>"#,
        &[Text(r#"<tool_call>{"name": "get_weather", "city": "Paris"}</tool_call>"#)],
    ),
    ("an empty tag", "<tool_call></tool_call>", &[Text("<tool_call></tool_call>")]),
    ("a closing tag alone", "</tool_call>\n", &[Text("</tool_call>\n")]),
    (
        "a call cut off in the middle",
        r#"Hm <tool_call>{"name": "write_file", "arguments": {"path": "a", "te"#,
        &[Text(r#"Hm <tool_call>{"name": "write_file", "arguments": {"path": "a", "te"#)],
    ),
    (
        "a call cut off between its arguments is not mended",
        r#"<tool_call>{"name": "write_file", "arguments": {"path": "a""#,
        &[Text(r#"<tool_call>{"name": "write_file", "arguments": {"path": "a""#)],
    ),
    ("an opening tag cut off", "Hm <tool_ca", &[Text("Hm <tool_ca")]),
    (
        "talk of the tag",
        "I write <tool_call> before a call and </tool_call> after it.",
        &[Text("I write <tool_call> before a call and </tool_call> after it.")],
    ),
    (
        "talk of the tag in inline code",
        "Write `<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>` then.",
        &[Text(
            "Write `<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>` then.",
        )],
    ),
    (
        "inline code that begins before the tag",
        "Write `x <tool_call>{\"name\": \"get_weather\"}</tool_call>` then.",
        &[Text("Write `x <tool_call>{\"name\": \"get_weather\"}</tool_call>` then.")],
    ),
    (
        "a call in a code block that is spoken of",
        "A call looks so:\n```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>\n```\nThat is all.",
        &[Text(
            "A call looks so:\n```\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>\n```\nThat is all.",
        )],
    ),
    (
        "a call in a code block with something else",
        "```\nexample:\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>\n```\n",
        &[Text(
            "```\nexample:\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>\n```\n",
        )],
    ),
    (
        "a call in a code block of a program",
        "~~~python\nprint('''\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n''')\n~~~\n",
        &[Text(
            "~~~python\nprint('''\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n''')\n~~~\n",
        )],
    ),
    (
        "a longer fence with a shorter one in it",
        "````md\n```\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n```\n````\n",
        &[Text("````md\n```\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n```\n````\n")],
    ),
    (
        "a call in a line of indented code",
        "So:\n\n    <tool_call>{\"name\": \"get_weather\"}</tool_call>\n",
        &[Text("So:\n\n    <tool_call>{\"name\": \"get_weather\"}</tool_call>\n")],
    ),
    (
        "a call in a line that a tab indents",
        "  \t<tool_call>{\"name\": \"get_weather\"}</tool_call>\nis one.",
        &[Text("  \t<tool_call>{\"name\": \"get_weather\"}</tool_call>\nis one.")],
    ),
    (
        "a call in a line of three spaces, after indented code",
        "\tx = 1\n\n   <tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("\tx = 1"), EMPTY],
    ),
    (
        "a call whose second line is indented",
        "<tool_call>\n    {\"name\": \"get_weather\"}\n</tool_call>",
        &[EMPTY],
    ),
    (
        "a mark that nothing in the conversation asks for",
        "<~tool_call>{\"name\": \"get_weather\"}</~tool_call>",
        &[Text("<~tool_call>{\"name\": \"get_weather\"}</~tool_call>")],
    ),
    (
        "a call after a code block",
        "```python\nx = 1\n```\n<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("```python\nx = 1\n```"), EMPTY],
    ),
    (
        "a call in a code block, then one without",
        "```\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n```\nSo:\n<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("```\n<tool_call>{\"name\": \"get_weather\"}</tool_call>\n```\nSo:"), EMPTY],
    ),
    (
        "an answer in JSON",
        "{\"name\": \"Alice\", \"arguments\": {\"a\": 1}}",
        &[Text("{\"name\": \"Alice\", \"arguments\": {\"a\": 1}}")],
    ),
    (
        "an answer in JSON in a code fence",
        "```json\n{\"names\": [\"get_weather\"]}\n```\n",
        &[Text("```json\n{\"names\": [\"get_weather\"]}\n```\n")],
    ),
    (
        "a tool's definition in JSON",
        "{\"name\": \"get_weather\", \"description\": \"Weather\", \"parameters\": {\"type\": \"object\"}}",
        &[Text(
            "{\"name\": \"get_weather\", \"description\": \"Weather\", \"parameters\": {\"type\": \"object\"}}",
        )],
    ),
    (
        "JSON without a tag after words",
        "Like this: {\"name\": \"get_weather\", \"arguments\": {}}",
        &[Text("Like this: {\"name\": \"get_weather\", \"arguments\": {}}")],
    ),
    (
        "JSON without a tag before words",
        "{\"name\": \"get_weather\", \"arguments\": {}} is how.",
        &[Text("{\"name\": \"get_weather\", \"arguments\": {}} is how.")],
    ),
    (
        "HTML and comparisons",
        "<div>a < b && c > d</div> <tool> <toolbox>",
        &[Text("<div>a < b && c > d</div> <tool> <toolbox>")],
    ),
    (
        "a tag that begins like one",
        "<tool_caller>{\"name\": \"get_weather\"}</tool_caller>",
        &[Text("<tool_caller>{\"name\": \"get_weather\"}</tool_caller>")],
    ),
    (
        "many opening brackets",
        "<<<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("<<"), EMPTY],
    ),
    (
        "a result spoken of before any call",
        "<tool_response>x</tool_response>",
        &[Text("<tool_response>x</tool_response>")],
    ),
    (
        "deep nesting",
        "<tool_call>{\"name\": [[[[{\"function\": {\"function\": {}}}]]]]}</tool_call>",
        &[Text("<tool_call>{\"name\": [[[[{\"function\": {\"function\": {}}}]]]]}</tool_call>")],
    ),
    (
        "unbalanced code marks",
        "a ` b\n<tool_call>{\"name\": \"get_weather\"}</tool_call>",
        &[Text("a ` b"), EMPTY],
    ),
];
