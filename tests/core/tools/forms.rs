//! Calls in the forms of other models, and in forms that are nearly right: what a client is to
//! get of them. And what looks like them and is none.

use super::outputs::Item::{self, Call, Text};

const PARIS: Item = Call("get_weather", r#"{"city": "Paris"}"#);
const ROME: Item = Call("get_weather", r#"{"city": "Rome"}"#);
const EMPTY: Item = Call("get_weather", "{}");
const TYPED: Item = Call("get_weather", r#"{"city": "75001", "days": 3, "exact": true}"#);

/// What it is, what the model writes, and what a client gets.
pub(crate) const FORMS: &[(&str, &str, &[Item])] = &[
    // DeepSeek's DSML.
    (
        "DSML",
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">75001</｜DSML｜parameter>\n<｜DSML｜parameter name=\"days\" string=\"false\">3</｜DSML｜parameter>\n<｜DSML｜parameter name=\"exact\" string=\"false\">true</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        &[TYPED],
    ),
    (
        "DSML, two calls and words before",
        "好的，我来查。\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Paris</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Rome</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
        &[Text("好的，我来查。"), PARIS, ROME],
    ),
    (
        "DSML with ASCII bars",
        "<|DSML|function_calls><|DSML|invoke name=\"get_weather\"><|DSML|parameter name=\"city\" string=\"true\">Paris</|DSML|parameter></|DSML|invoke></|DSML|function_calls>",
        &[PARIS],
    ),
    (
        "DSML with doubled bars",
        "<｜｜DSML｜｜tool_calls><｜｜DSML｜｜invoke name=\"get_weather\"><｜｜DSML｜｜parameter name=\"city\" string=\"true\">Paris</｜｜DSML｜｜parameter></｜｜DSML｜｜invoke></｜｜DSML｜｜tool_calls>",
        &[PARIS],
    ),
    (
        "DSML with other bars",
        "<‖DSML‖tool_calls><‖DSML‖invoke name=\"get_weather\"><‖DSML‖parameter name=\"city\" string=\"true\">Paris</‖DSML‖parameter></‖DSML‖invoke></‖DSML‖tool_calls>",
        &[PARIS],
    ),
    (
        "DSML with a space in its tags",
        "\n\n<｜DSML｜ calls>\n<｜DSML｜ invoke name=\"get_weather\">\n<｜DSML｜ parameter name=\"city\" string=\"true\">Paris</｜DSML｜ parameter>\n</｜DSML｜ invoke>\n</｜DSML｜ calls>",
        &[PARIS],
    ),
    (
        "DSML without the tag around",
        "<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Paris</｜DSML｜parameter>\n</｜DSML｜invoke>",
        &[PARIS],
    ),
    (
        "DSML with a closing tag too much",
        "<｜DSML｜invoke name=\"get_weather\"><｜DSML｜parameter name=\"city\" string=\"true\">Paris</｜DSML｜parameter></｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>\n",
        &[PARIS],
    ),
    (
        "DSML closed by tags without bars",
        "<｜DSML｜invoke name=\"get_weather\"><｜DSML｜parameter name=\"city\" string=\"true\">Paris</parameter></invoke>",
        &[PARIS],
    ),
    (
        "DSML with an object",
        "<｜DSML｜function_calls><｜DSML｜invoke name=\"get_weather\">{\"city\": \"Paris\"}</｜DSML｜invoke></｜DSML｜function_calls>",
        &[PARIS],
    ),
    (
        "DSML with attributes without quotes",
        "<｜DSML｜tool_calls>\n<｜DSML｜tool name=get_weather>\n<｜DSML｜parameter name=city string=true>Paris</｜DSML｜parameter>\n</｜DSML｜tool>\n</｜DSML｜tool_calls>",
        &[PARIS],
    ),
    (
        "DSML without arguments",
        "<｜DSML｜function_calls><｜DSML｜invoke name=\"get_weather\"></｜DSML｜invoke></｜DSML｜function_calls>",
        &[EMPTY],
    ),
    // DeepSeek's markers.
    (
        "DeepSeek V3",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Paris\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Rome\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        &[PARIS, ROME],
    ),
    (
        "DeepSeek V3.1",
        "Look:<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Paris\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        &[Text("Look:"), PARIS],
    ),
    (
        "DeepSeek V3 without the marker around",
        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Paris\"}\n```<｜tool▁call▁end｜>",
        &[PARIS],
    ),
    // Kimi's markers.
    (
        "Kimi K2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\": \"Paris\"}<|tool_call_end|><|tool_call_begin|>functions.get_weather:1<|tool_call_argument_begin|>{\"city\": \"Rome\"}<|tool_call_end|><|tool_calls_section_end|>",
        &[PARIS, ROME],
    ),
    // Anthropic's.
    (
        "invoke",
        "I'll look.\n\n<function_calls>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">75001</parameter>\n<parameter name=\"days\">3</parameter>\n<parameter name=\"exact\">true</parameter>\n</invoke>\n</function_calls>",
        &[Text("I'll look."), TYPED],
    ),
    (
        "invoke with a namespace",
        "<antml:function_calls>\n<antml:invoke name=\"get_weather\">\n<antml:parameter name=\"city\">Paris</antml:parameter>\n</antml:invoke>\n</antml:function_calls>",
        &[PARIS],
    ),
    (
        "invoke alone, and what it returns made up",
        "<invoke name=\"get_weather\"><parameter name=\"city\">Paris</parameter></invoke>\n<function_results>\n30°\n</function_results>\nIt is 30°.",
        &[PARIS],
    ),
    (
        "MiniMax's and xAI's namespaces",
        "<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">Paris</parameter>\n</invoke>\n</minimax:tool_call>\n<xai:function_call name=\"get_weather\"><parameter name=\"city\">Rome</parameter></xai:function_call>",
        &[PARIS, ROME],
    ),
    (
        "an argument that only its call closes",
        "<invoke name=\"get_weather\"><parameter name=\"city\">Paris</invoke>",
        &[PARIS],
    ),
    (
        "a call without arguments, closed in its tag",
        "<function_calls><invoke name=\"get_weather\"/></function_calls>",
        &[EMPTY],
    ),
    // Types, by the schema.
    (
        "types by the schema",
        "<invoke name=\"get_weather\"><parameter name=\"city\">\n 1 </parameter><parameter name=\"days\"> 2 </parameter><parameter name=\"at\">{\"lat\": [1]}</parameter><parameter name=\"tags\">null</parameter><parameter name=\"code\">12</parameter></invoke>",
        &[Call(
            "get_weather",
            r#"{"city": "\n 1 ", "days": 2, "at": {"lat": [1]}, "tags": null, "code": "12"}"#,
        )],
    ),
    (
        "types that the schema does not have, and Python's literals",
        "<invoke name=\"get_weather\"><parameter name=\"exact\">True</parameter><parameter name=\"at\">{'lat': None}</parameter><parameter name=\"x\">1.5</parameter><parameter name=\"y\">a b</parameter><parameter name=\"z\">[\"q\"]</parameter><parameter name=\"days\">soon</parameter></invoke>",
        &[Call(
            "get_weather",
            r#"{"exact": true, "at": {"lat": null}, "x": 1.5, "y": "a b", "z": ["q"], "days": "soon"}"#,
        )],
    ),
    (
        "a string with any markup but its own closing tag",
        "<invoke name=\"write_file\"><parameter name=\"text\"></invoke>\n<tool_call>{\"a\": '</function_calls> ```\n<parameter name=\"b\"> &lt; \\n \"</parameter></invoke>",
        &[Call(
            "write_file",
            r#"{"text": "</invoke>\n<tool_call>{\"a\": '</function_calls> ```\n<parameter name=\"b\"> &lt; \\n \""}"#,
        )],
    ),
    // Qwen's.
    (
        "Qwen's function in a tag",
        "<tool_call>\n<function=get_weather>\n<parameter=city>\n75001\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=exact>\ntrue\n</parameter>\n</function>\n</tool_call>",
        &[TYPED],
    ),
    (
        "Qwen's function, whose tag is closed and was not opened",
        "<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
        &[PARIS],
    ),
    (
        "two functions in one tag",
        "<tool_call><function=get_weather><parameter=city>Paris</parameter></function><function=get_weather><parameter=city>Rome</parameter></function></tool_call>",
        &[PARIS, ROME],
    ),
    (
        "the lines of a value keep all but the first and last break",
        "<function=write_file>\n<parameter=text>\n\n  a\n\n</parameter>\n</function>",
        &[Call("write_file", r#"{"text": "\n  a\n"}"#)],
    ),
    ("Llama's function", "<function=get_weather>{\"city\": \"Paris\"}</function>", &[PARIS]),
    // GLM's.
    (
        "GLM",
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>75001</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n<arg_key>exact</arg_key>\n<arg_value>true</arg_value>\n</tool_call>",
        &[TYPED],
    ),
    (
        "GLM in one line, twice",
        "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Paris</arg_value></tool_call><tool_call>get_weather<arg_key>city</arg_key><arg_value>Rome</arg_value></tool_call>",
        &[PARIS, ROME],
    ),
    ("a name alone", "<tool_call>get_weather</tool_call>", &[EMPTY]),
    (
        "a name before an object",
        "<tool_call>get_weather\n{\"city\": \"Paris\"}</tool_call>",
        &[PARIS],
    ),
    (
        "a name in the tag",
        "<tool_call name=\"get_weather\">{\"city\": \"Paris\"}</tool_call>",
        &[PARIS],
    ),
    (
        "a name in a tag of its own",
        "<tool_call>\n<name>get_weather</name>\n<arguments>{\"city\": \"Paris\"}</arguments>\n</tool_call>",
        &[PARIS],
    ),
    // OpenAI's.
    (
        "several calls as one tool",
        "<tool_call>{\"name\": \"multi_tool_use.parallel\", \"arguments\": {\"tool_uses\": [{\"recipient_name\": \"functions.get_weather\", \"parameters\": {\"city\": \"Paris\"}}, {\"recipient_name\": \"functions.get_weather\", \"parameters\": {\"city\": \"Rome\"}}]}}</tool_call>",
        &[PARIS, ROME],
    ),
    (
        "the arguments of that tool alone",
        "{\"tool_uses\": [{\"recipient_name\": \"functions.get_weather\", \"parameters\": {\"city\": \"Paris\"}}]}",
        &[PARIS],
    ),
    (
        "Harmony",
        "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Paris\"}<|call|>",
        &[PARIS],
    ),
    (
        "Harmony from its start",
        "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Paris\"}<|call|>",
        &[PARIS],
    ),
    (
        "Harmony with the name first",
        "<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{\"city\": \"Paris\"}<|call|>",
        &[PARIS],
    ),
    (
        "Harmony's end",
        "to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Paris\"}<|call|>",
        &[PARIS],
    ),
    (
        "Harmony without tags",
        "commentary to=functions.get_weather json\n{\"city\": \"Paris\"}",
        &[PARIS],
    ),
    ("a name and an object", "functions.get_weather:\n{\"city\": \"Paris\"}\n", &[PARIS]),
    (
        "a message with calls",
        "{\"tool_calls\": [{\"id\": \"call_1\", \"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"Paris\\\"}\"}}]}",
        &[PARIS],
    ),
    // Gemini's, and Python's.
    ("tool_code", "```tool_code\nprint(default_api.get_weather(city=\"Paris\"))\n```", &[PARIS]),
    (
        "tool_code after words, in capitals",
        "Sure.\n\n```TOOL_CODE\nget_weather(city='Paris', )\n```",
        &[Text("Sure."), PARIS],
    ),
    (
        "tool_code without a fence",
        "tool_code\nprint(default_api.get_weather(city='Paris'))",
        &[PARIS],
    ),
    (
        "a program that only calls",
        "```python\nprint(default_api.get_weather(city='Paris'))\n```\n",
        &[PARIS],
    ),
    (
        "a list in Python",
        "[get_weather(city=\"Paris\", days=2, exact=True, at={'lat': (1, None)}), get_weather()]",
        &[
            Call(
                "get_weather",
                r#"{"city": "Paris", "days": 2, "exact": true, "at": {"lat": [1, null]}}"#,
            ),
            EMPTY,
        ],
    ),
    (
        "strings in Python",
        "[write_file(text=\"\"\"a\n\"b\" '\\'c\\\\\"\"\", path='it\\'s \"x\"')]",
        &[Call("write_file", r#"{"text": "a\n\"b\" ''c\\", "path": "it's \"x\""}"#)],
    ),
    ("a call in Python in a tag", "<tool_call>get_weather(city=\"Paris\")</tool_call>", &[PARIS]),
    ("an object in brackets", "functions.get_weather({\"city\": \"Paris\"})", &[PARIS]),
    ("LFM", "<|tool_call_start|>[get_weather(city=\"Paris\")]<|tool_call_end|>", &[PARIS]),
    // Mistral's and Llama's.
    (
        "Mistral",
        "I look.[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}, {\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]",
        &[Text("I look."), PARIS, ROME],
    ),
    (
        "Mistral with names",
        "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\"}[TOOL_CALLS]get_weather{\"city\": \"Rome\"}",
        &[PARIS, ROME],
    ),
    (
        "Llama",
        "<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}<|eom_id|>",
        &[PARIS],
    ),
    // Nearly right.
    (
        "a brace too much",
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}}</tool_call>",
        &[PARIS],
    ),
    (
        "a brace too few in a list",
        "<tool_calls>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}]</tool_calls>",
        &[PARIS],
    ),
    (
        "a name in other letters, with a hyphen and spaces",
        "<tool_call>{\"name\": \" Get-Weather \", \"arguments\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    (
        "names with namespaces",
        "<tool_call>{\"name\": \"default_api.get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call><tool_call>{\"name\": \"namespace: get_weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call><tool_call>{\"name\": \"tools.get_weather\"}</tool_call>",
        &[PARIS, ROME, EMPTY],
    ),
    (
        "args",
        "<tool_call>{\"name\": \"get_weather\", \"args\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    (
        "tool_input",
        "<tool_call>{\"tool_name\": \"get_weather\", \"tool_input\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    (
        "tags in capitals and with spaces",
        "< TOOL_CALL >{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</ Tool-Call ><tool call>{\"name\": \"get_weather\"}</tool call>",
        &[PARIS, EMPTY],
    ),
    (
        "a fence in capitals",
        "```JSON\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n```",
        &[PARIS],
    ),
    (
        "Python's literals",
        "<tool_call>{'name': 'get_weather', 'arguments': {'city': 'Val d\\'Isère', 'exact': True, 'code': None}}</tool_call>",
        &[Call("get_weather", r#"{"city": "Val d'Isère", "exact": true, "code": null}"#)],
    ),
    (
        "the arguments before the name, without a tag",
        "{\"arguments\": {\"city\": \"Paris\", \"name\": \"x\"}, \"name\": \"get_weather\"}",
        &[PARIS_X],
    ),
    (
        "a list of calls without a tag",
        "[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}, {\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]",
        &[PARIS, ROME],
    ),
    (
        "a list of calls in a fence",
        "```json\n[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}]\n```",
        &[PARIS],
    ),
    (
        "a call in a fence for calls, after words",
        "我来查。\n\n```tool_call\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n```",
        &[Text("我来查。"), PARIS],
    ),
    (
        "a call right after a Chinese sentence",
        "我来查。<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>",
        &[Text("我来查。"), PARIS],
    ),
    (
        "line breaks in a string without a tag",
        "{\"name\": \"write_file\", \"arguments\": {\"text\": \"a\n\nb\"}}",
        &[Call("write_file", r#"{"text": "a\n\nb"}"#)],
    ),
    // What is no call.
    (
        "a tool in DSML that was not declared",
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"rm\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        &[Text(
            "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"rm\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        )],
    ),
    (
        "talk of invoke",
        "An <invoke name=\"get_weather\"> block is how, with <parameter name=\"city\">.",
        &[Text("An <invoke name=\"get_weather\"> block is how, with <parameter name=\"city\">.")],
    ),
    (
        "an example of invoke in code",
        "`<invoke name=\"get_weather\"></invoke>` and\n```xml\n<function=get_weather></function>\n```\nis how.",
        &[Text(
            "`<invoke name=\"get_weather\"></invoke>` and\n```xml\n<function=get_weather></function>\n```\nis how.",
        )],
    ),
    (
        "DSML whose call and list are not closed",
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Paris</｜DSML｜parameter>\n",
        &[Text(
            "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Paris</｜DSML｜parameter>\n",
        )],
    ),
    (
        "a name and no more",
        "<invoke name=\"get_weather\">",
        &[Text("<invoke name=\"get_weather\">")],
    ),
    (
        "an argument that has no end",
        "<invoke name=\"get_weather\"><parameter name=\"city\">Par",
        &[Text("<invoke name=\"get_weather\"><parameter name=\"city\">Par")],
    ),
    (
        "words between the arguments",
        "<invoke name=\"get_weather\">so: <parameter name=\"city\">Paris</parameter></invoke>",
        &[Text(
            "<invoke name=\"get_weather\">so: <parameter name=\"city\">Paris</parameter></invoke>",
        )],
    ),
    (
        "a value that its own closing tag cuts",
        "<invoke name=\"write_file\"><parameter name=\"text\">a</parameter>b</parameter></invoke>",
        &[Text(
            "<invoke name=\"write_file\"><parameter name=\"text\">a</parameter>b</parameter></invoke>",
        )],
    ),
    (
        "an argument without a name",
        "<function=get_weather><parameter>Paris</parameter></function>",
        &[Text("<function=get_weather><parameter>Paris</parameter></function>")],
    ),
    (
        "a program",
        "```python\nget_weather(city='Paris')\nprint(1)\n```",
        &[Text("```python\nget_weather(city='Paris')\nprint(1)\n```")],
    ),
    (
        "a call in Python in words",
        "get_weather(city='Paris') is how.",
        &[Text("get_weather(city='Paris') is how.")],
    ),
    (
        "a list in Python, and words",
        "[get_weather(city='Paris')] is how.",
        &[Text("[get_weather(city='Paris')] is how.")],
    ),
    (
        "an example in tool_code",
        "So:\n```tool_code\nget_weather(city='Paris')\n```\nThat calls it.",
        &[Text("So:\n```tool_code\nget_weather(city='Paris')\n```\nThat calls it.")],
    ),
    (
        "a place without a name in Python",
        "[get_weather('Paris')]",
        &[Text("[get_weather('Paris')]")],
    ),
    (
        "a call in a call",
        "[write_file(text=get_weather(city='Paris'))]",
        &[Text("[write_file(text=get_weather(city='Paris'))]")],
    ),
    ("a list", "[1, 2] and [get](x) and [TOOL", &[Text("[1, 2] and [get](x) and [TOOL")]),
    (
        "a word that leads to no call",
        "to=functions.rm {\"a\": 1}",
        &[Text("to=functions.rm {\"a\": 1}")],
    ),
    (
        "a prefix that is no namespace",
        "<tool_call>{\"name\": \"rm.get_weather\", \"arguments\": {}}</tool_call>",
        &[Text("<tool_call>{\"name\": \"rm.get_weather\", \"arguments\": {}}</tool_call>")],
    ),
    (
        "names without quotes",
        "<tool_call>{name: get_weather}</tool_call>",
        &[Text("<tool_call>{name: get_weather}</tool_call>")],
    ),
    (
        "two objects for one name",
        "<tool_call>get_weather {\"city\": \"Paris\"} {\"city\": \"Rome\"}</tool_call>",
        &[Text("<tool_call>get_weather {\"city\": \"Paris\"} {\"city\": \"Rome\"}</tool_call>")],
    ),
    (
        "the definition of a tool",
        "{\"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"parameters\": {\"type\": \"object\", \"properties\": {}}}}",
        &[Text(
            "{\"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"parameters\": {\"type\": \"object\", \"properties\": {}}}}",
        )],
    ),
    (
        "markup of feeds and pages",
        "<channel><name>a</name></channel> <function>f</function> <invoke>x</invoke> <start> <call>",
        &[Text(
            "<channel><name>a</name></channel> <function>f</function> <invoke>x</invoke> <start> <call>",
        )],
    ),
];

const PARIS_X: Item = Call("get_weather", r#"{"city": "Paris", "name": "x"}"#);
