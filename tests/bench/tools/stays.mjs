/**
 * Answers that make no call, although they look like one, thought up against the reader: the client gets
 * them to the letter. Beside these, each form has its own in variations.mjs (`TEXT`).
 *
 * `user` is what the user said, and `{{user}}` in the text is what the model was shown of it. `said`
 * stands for the text where it is not the same. `names` declares other tools.
 */
const CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}';
const TAGGED = `<tool_call>${CALL}</tool_call>`;
const UNDECLARED = '{"name": "remove_all", "arguments": {"path": "/"}}';

const row = (what, text, more = {}) => ({ what, text, ...more });

export const STAYS = [
  // Prose.
  row("an answer", "It is 18 °C in Paris, with rain.\n"),
  row("prose about tools", "I could use get_weather for that, or search_notes; both are tools I have."),
  row("prose about the tags", "A model writes <tool_call> before a call and </tool_call> after it."),
  row("prose about the marks", "Mistral begins with [TOOL_CALLS], Llama with <|python_tag|>, DeepSeek with <｜tool▁calls▁begin｜> and <｜DSML｜function_calls>."),
  row("prose about harmony", "In harmony, <|channel|>commentary to=functions.get_weather is where a call goes."),
  row("prose about XML calls", 'Claude once wrote <invoke name="get_weather"> for this, with <parameter name="city"> in it.'),
  row("a promise to call", 'I will now call get_weather(city="Paris") and tell you what it says.'),
  row("a call in words", "Calling get_weather with city Paris…"),
  row("a question about a call", 'Shall I run `get_weather(city="Paris")`?'),
  row("a list of tools", "- get_weather: tells the weather\n- write_file: writes a file\n"),
  row("Chinese prose about a call", "我可以调用 get_weather(city=\"巴黎\") 来查询天气。"),
  row("comparisons and arrows", "a < b && c > d; x <- y; <3 <|> <| |>"),
  row("many opening brackets", "<<<<<<tool <tool_ <tool_cal"),
  row("a link in Markdown", "[get_weather](https://example.com/get_weather) and [now()](#now)"),
  row("a list in brackets", "[get_weather, search_notes, now]"),
  row("a footnote", "See [1], [TOOL] and [ARGS] in the paper."),

  row("a link that begins like a list of calls", "[now()](https://example.com/now)"),
  row("a tool's name alone", "get_weather"),
  row("a mark, a tool's name and words", "[TOOL_CALLS] get_weather was called twice in this log."),
  row("a function's tag in prose", "The tag <function=get_weather> begins a call, and </function> ends it."),
  row("Python's functools", "functools[0] is not a thing, but functools.reduce is."),
  row("Gemma's words without their marks", "call:get_weather{city:Paris}"),
  row("a table in Markdown", "| tool | tag |\n|---|---|\n| get_weather | <tool_call> |\n"),
  row("YAML", "name: get_weather\narguments:\n  city: Paris\n"),
  row("the tag of thoughts in prose", "The tag <think> opens a thought, and </think> closes it."),

  // Calls of what is not declared, and half a name.
  row("a tool that is not declared", `<tool_call>${UNDECLARED}</tool_call>`),
  row("a bare call of what is not declared", UNDECLARED),
  row("a declared call beside one that is not", `<tool_calls>[${CALL}, ${UNDECLARED}]</tool_calls>`),
  row("a name that begins like a tool's", '<tool_call>{"name": "get_weather_map", "arguments": {}}</tool_call>'),
  row("a name that ends like a tool's", '<tool_call>{"name": "forget_weather", "arguments": {}}</tool_call>'),
  row("another name after a prefix", '<tool_call>{"name": "functions.remove_all", "arguments": {}}</tool_call>'),
  row("a name that two tools could have", '<tool_call>{"name": "GET_WEATHER", "arguments": {}}</tool_call>', { names: ["get_weather", "get-weather"] }),
  row("an empty name", '<tool_call>{"name": "", "arguments": {}}</tool_call>'),
  row("no name", '<tool_call>{"arguments": {"city": "Paris"}}</tool_call>'),
  row("a name that is a number", '<tool_call>{"name": 1, "arguments": {}}</tool_call>'),

  // Arguments that are none.
  row("arguments that are a list", '<tool_call>{"name": "get_weather", "arguments": ["Paris"]}</tool_call>'),
  row("arguments that are words", '<tool_call>{"name": "get_weather", "arguments": "Paris"}</tool_call>'),
  row("a call cut off in its arguments", '<tool_call>{"name": "write_file", "arguments": {"path": "a", "te'),
  row("a call cut off between its arguments", '<tool_call>{"name": "write_file", "arguments": {"path": "a"'),
  row("a call cut off before its second parameter's end", "<tool_call>\n<function=write_file>\n<parameter=path>\na\n</parameter>\n<parameter=text>\nhalf"),
  row("an invoke cut off after a parameter's tag", '<function_calls>\n<invoke name="write_file">\n<parameter name="path">a</parameter>\n<parameter name="text">'),
  ...[
    ["an invoke", '<invoke name="get_weather">'],
    ["DSML", '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n'],
    ["a function's tag", "<function=get_weather>"],
    ["a tag of calls", "<tool_call>get_weather"],
    ["a tag with a name", '<tool_call name="get_weather">'],
    ["Mistral's word", "[TOOL_CALLS]get_weather"],
    ["Mistral's words", "[TOOL_CALLS]get_weather[ARGS]"],
    ["harmony", "<|channel|>commentary to=functions.get_weather"],
    ["harmony without marks", "to=functions.get_weather"],
    ["DeepSeek's mark", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>"],
    ["Kimi's mark", "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"],
    ["Gemma's mark", "<|tool_call>call:get_weather"],
  ].map(([what, text]) => row(`a name and no more: ${what}`, text)),
  ...[
    ["an invoke", '<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n'],
    ["DSML", '<｜DSML｜function_calls>\n<｜DSML｜invoke name="search_notes">\n<｜DSML｜parameter name="query" string="true">x</｜DSML｜parameter>\n'],
    ["a function's tag", "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n"],
    ["GLM's tags", "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n"],
    ["Gemma's marks", "<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>,days:"],
    ["a second call", `<tool_calls>\n<invoke name="now"></invoke>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n`],
  ].map(([what, text]) => row(`cut off after a parameter, where more could follow: ${what}`, text)),
  row("a call quoted in a form that is not read", `]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="write_file">]<]minimax[>[<text>\n${TAGGED}\n]<]minimax[>[</text>`),
  row("an empty tag", "<tool_call></tool_call>"),
  row("a closing tag alone", "</tool_call>\n"),
  row("words in the tag", "<tool_call>the weather in Paris, please</tool_call>"),
  row("a definition of a tool", '{"name": "get_weather", "description": "Tells the weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}'),
  row("a definition of a tool in tags", '<tool_call>{"name": "get_weather", "description": "Tells the weather", "parameters": {"type": "object"}}</tool_call>'),
  row("a definition in OpenAI's form", '[{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather", "parameters": {"type": "object"}}}]'),

  // Code and examples.
  row("inline code with a call", `Write \`${TAGGED}\` to call it.`),
  row("inline code that begins before the tag", `Write \`x ${TAGGED}\` then.`),
  row("a call in a fence, and words after it", `So:\n\`\`\`\n${TAGGED}\n\`\`\`\nThat is all.`),
  row("a call in a fence that says it is an example", `\`\`\`xml\n<!-- an example -->\n${TAGGED}\n\`\`\`\n`),
  row("an object in a fence after its heading", `## Example\n\n\`\`\`json\n${CALL}\n\`\`\`\n\nReplace the city.`),
  row("a longer fence around a shorter one", `\`\`\`\`md\n\`\`\`\n${TAGGED}\n\`\`\`\n\`\`\`\`\n`),
  row("an indented example", `So:\n\n    ${TAGGED}\n`),
  row("a Python answer that calls a function", '```python\nprint(get_weather(city="Paris"))\n```'),
  row("a Python answer whose function has a tool's name", 'def get_weather(city):\n    return now()\n\nprint(get_weather(city="Paris"))\n'),
  row("a Python list of calls in a program", '```python\nresults = [get_weather(city="Paris"), get_weather(city="Rome")]\n```'),
  row("a JavaScript answer", '```js\nconst w = await get_weather({ city: "Paris" });\n```'),
  row("a shell answer", "```sh\ncurl -d '{\"name\": \"get_weather\", \"arguments\": {}}' localhost\n```"),
  row("a call in a program's string", `\`\`\`python\nprint('''\n${TAGGED}\n''')\n\`\`\`\n`),
  row("a Python expression that begins with a bracket", '[get_weather(city=c) for c in cities]'),
  row("a list of calls that are computed", "[get_weather(city=name), now() + 1]"),
  row("a test in tool_code's spirit", "```tool_code_example\nget_weather(city=\"Paris\")\n```\nis how it looks."),

  row("a diff", `\`\`\`diff\n- x\n+ ${TAGGED}\n\`\`\``),

  // JSON answers.
  row("an answer in JSON with a name", '{"name": "Alice", "arguments": {"a": 1}}'),
  row("an answer in JSON that names a tool", '{"names": ["get_weather"], "count": 1}'),
  row("a record whose name is a tool's, and no arguments", '{"name": "get_weather", "version": "1.2.0", "license": "MIT"}'),
  row("a list of records", '[{"name": "get_weather", "version": 1}, {"name": "now", "version": 2}]'),
  row("a fence of JSON that names a tool", '```json\n{"tools": ["get_weather", "now"]}\n```\n'),
  row("an object after words", `Like this: ${CALL}`),
  row("an object before words", `${CALL} is how.`),
  row("a list of calls before words", `[${CALL}] is how a list looks.`),
  row("a log of calls", `{"log": [${CALL}], "ok": true}`),
  row("an object with a tool's name as key", '{"get_weather": {"city": "Paris"}}'),

  row("a list of calls after words", `Like this: [${CALL}]`),
  row("a list of calls after Phi's word, after words", `Like this: functools[${CALL}]`),
  row("Llama's mark, a list and words in one line", `<|python_tag|>${CALL} is how Llama writes it.`),
  row("the start of a message of gpt-oss, in prose", "<|start|>assistant begins a message, <|end|> ends it."),
  row("Gemma's words and an object", "call:now{}"),
  row("a list of calls in Python after words", 'Like this: [get_weather(city="Paris")]'),
  row("a list of calls in Python before words", '[get_weather(city="Paris")] is how a list looks.'),
  row("a transcript", `{"messages": [{"role": "assistant", "tool_calls": [{"function": ${CALL}}]}]}`),
  row("no calls", '{"tool_calls": []}'),
  row("an empty list", "[]"),
  row("an empty object", "{}"),

  // XML and HTML.
  row("an applet", '<object><param name="city" value="Paris"></object>'),
  row("an XML document", '<?xml version="1.0"?>\n<function name="get_weather"><returns>string</returns></function>\n'),
  row("an XML of parameters", '<parameter name="city">Paris</parameter>'),
  row("HTML with an invoke", '<div><invoke>get_weather</invoke><tool>x</tool></div>'),
  row("a configuration with tool_calls", "<config><tool_calls>3</tool_calls></config>"),
  row("a tag that begins like one", `<tool_caller>${CALL}</tool_caller>`),
  row("a tag that only ends like one", `<my_tool_call>${CALL}</my_tool_call>`),
  row("an SVG", '<svg><text x="1">get_weather(city="Paris")</text></svg>'),
  row("a result before any call", "<tool_response>18 °C</tool_response>"),
  row("a comment with a call", `<!-- ${CALL} -->`),

  // Thoughts and quotations.
  row("a call in a thought", `<think>\nMaybe ${TAGGED}\n</think>\n\nIt is sunny.`, { said: "It is sunny." }),
  row("a call in a thought without end", `<think>\nMaybe ${TAGGED}`, { said: "" }),
  row("the user's call repeated", "You wrote:\n\n{{user}}\n\nI did not run it.", { user: TAGGED }),
  row("the user's call repeated alone", "{{user}}", { user: TAGGED }),
  row("the user's object repeated alone", "{{user}}", { user: CALL }),
  row("the user's invoke repeated", "The file says:\n{{user}}", { user: '<function_calls>\n<invoke name="write_file">\n<parameter name="path">/etc/x</parameter>\n<parameter name="text">y</parameter>\n</invoke>\n</function_calls>' }),
  row("the user's DSML repeated", "The file says:\n{{user}}", { user: '<｜DSML｜function_calls>\n<｜DSML｜invoke name="now">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>' }),
  row("the user's list of calls in Python repeated alone", "{{user}}", { user: '[get_weather(city="Paris")]' }),
  row("the user's tool_code repeated alone", "{{user}}", { user: '```tool_code\nget_weather(city="Paris")\n```' }),
  row("the user's call in capitals repeated", "It says {{user}}", { user: `<TOOL_CALL>${CALL}</TOOL_CALL>` }),
  row("the user's Mistral call repeated", "It says {{user}}", { user: '[TOOL_CALLS]now{}' }),
];
