/**
 * Small faults of models, each with one reading left: what is written, and the calls it makes. `form`
 * is the one it deviates from. `said` as in variations.mjs.
 */
import { PARIS, ROME, call } from "./tools.mjs";

const BAR = "｜DSML｜";
const CITY = '{"city": "Paris"}';
const tag = (inner) => `<tool_call>${inner}</tool_call>`;
const named = (name) => tag(`{"name": "${name}", "arguments": ${CITY}}`);
const dsml = (inner, end = `</${BAR}function_calls>`) => `<${BAR}function_calls>\n${inner}\n${end}`;
const city = `<${BAR}parameter name="city" string="true">Paris</${BAR}parameter>`;

const row = (form, what, text, calls = [PARIS], more = {}) => ({ form, what, text, calls, said: "", ...more });

export const DEVIATIONS = [
  // Brackets.
  row("tool_call", "a brace too many before the end tag", `<tool_call>\n{"name": "get_weather", "arguments": ${CITY}}}\n</tool_call>`),
  row("tool_call", "a brace too few before the end tag", tag(`{"name": "get_weather", "arguments": ${CITY}`)),
  row("tool_calls-list", "a brace too few before the list's end", `<tool_calls>[{"name": "get_weather", "arguments": ${CITY}]</tool_calls>`),
  row("tool_calls-list", "a brace too few before the list's end, after a whole call", `<tool_calls>[{"name": "get_weather", "arguments": {"city": "Rome"}}, {"name": "get_weather", "arguments": ${CITY}]</tool_calls>`, [ROME, PARIS]),
  row("mistral-list", "a brace too few before the list's end", `[TOOL_CALLS] [{"name": "get_weather", "arguments": ${CITY}]`),
  row("tool_call", "commas before closing brackets", tag(`{"name": "get_weather", "arguments": {"city": "Paris",},}`)),
  row("tool_call", "a list in the tag of one call", tag(`[{"name": "get_weather", "arguments": ${CITY}}]`)),
  row("tool_call", "two objects in one tag", tag(`{"name": "get_weather", "arguments": ${CITY}}\n{"name": "get_weather", "arguments": {"city": "Rome"}}`), [PARIS, ROME]),

  // Names.
  row("tool_call", "spaces around the name", named(" get_weather ")),
  row("tool_call", "a name in another case", named("Get_Weather")),
  row("tool_call", "a name in capitals", named("GET_WEATHER")),
  row("tool_call", "a hyphen in the name", named("get-weather")),
  row("tool_call", "GPT's prefix", named("functions.get_weather")),
  row("tool_call", "Gemini's prefix", named("default_api.get_weather")),
  row("invoke", "a hyphen in the name", '<function_calls>\n<invoke name="get-weather">\n<parameter name="city">Paris</parameter>\n</invoke>\n</function_calls>'),
  row("qwen3-coder", "a name in another case", "<tool_call>\n<function=Get_Weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>"),
  row("tool_code", "a name in another case", '```tool_code\nGet_Weather(city="Paris")\n```'),
  row("tool_call", "an underscore where the tool has a hyphen", named("get_weather"), [call("get-weather", { city: "Paris" })], { names: ["get-weather"] }),

  // Keys.
  row("tool_call", "args", tag(`{"name": "get_weather", "args": ${CITY}}`)),
  row("tool_call", "parameters", tag(`{"name": "get_weather", "parameters": ${CITY}}`)),
  row("tool_call", "input", tag(`{"name": "get_weather", "input": ${CITY}}`)),
  row("tool_call", "tool_name and tool_input", tag(`{"tool_name": "get_weather", "tool_input": ${CITY}}`)),
  row("tool_call", "tool and tool_input", tag(`{"tool": "get_weather", "tool_input": ${CITY}}`)),
  row("tool_call", "tool_name and parameters", tag(`{"tool_name": "get_weather", "parameters": ${CITY}}`)),
  row("tool_call", "function and arguments", tag(`{"function": "get_weather", "arguments": ${CITY}}`)),
  row("tool_call", "the arguments before the name", tag(`{"arguments": ${CITY}, "name": "get_weather"}`)),
  row("tool_call", "the arguments as a string", tag(String.raw`{"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}`)),
  row("tool_call", "the arguments left out", tag('{"name": "now"}'), [call("now")]),
  row("tool_call", "the arguments null", tag('{"name": "now", "arguments": null}'), [call("now")]),
  row("tool_call", "the arguments an empty string", tag('{"name": "now", "arguments": ""}'), [call("now")]),
  row("object", "the arguments before the name", `{"arguments": ${CITY}, "name": "get_weather"}`),
  row("object", "args", `{"name": "get_weather", "args": ${CITY}}`),
  row("object", "tool_name and tool_input", `{"tool_name": "get_weather", "tool_input": ${CITY}}`),
  row("object", "with a type before the name", `{"type": "function", "name": "get_weather", "parameters": ${CITY}}`),
  row("list", "laid out in lines", `[\n  {\n    "name": "get_weather",\n    "arguments": {\n      "city": "Paris"\n    }\n  }\n]`),

  // Tags.
  row("tool_call", "tags in capitals", `<TOOL_CALL>{"name": "get_weather", "arguments": ${CITY}}</TOOL_CALL>`),
  row("tool_call", "tags in mixed case", `<Tool_Call>{"name": "get_weather", "arguments": ${CITY}}</Tool_Call>`),
  row("tool_call", "a space before the end of the tags", `<tool_call >{"name": "get_weather", "arguments": ${CITY}}</tool_call >`),
  row("tool_call", "spaces within the tags", `< tool_call >{"name": "get_weather", "arguments": ${CITY}}< /tool_call >`),
  row("tool_call", "no end tag", `<tool_call>\n{"name": "get_weather", "arguments": ${CITY}}\n`),
  row("tool_call", "an end tag cut short", `<tool_call>\n{"name": "get_weather", "arguments": ${CITY}}\n</tool_ca`),
  row("tool_call", "no end tag between two calls", `<tool_call>\n{"name": "get_weather", "arguments": ${CITY}}\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>`, [PARIS, ROME]),
  row("tool_call", "an opening tag for the end tag", `<tool_call>{"name": "get_weather", "arguments": ${CITY}}<tool_call>`),
  row("tool_call", "another end tag", `<tool_call>{"name": "get_weather", "arguments": ${CITY}}</function_call>`),
  row("function_call", "no end tag", `<function_call>{"name": "get_weather", "arguments": ${CITY}}`),
  row("invoke", "tags in capitals", '<FUNCTION_CALLS>\n<INVOKE NAME="get_weather">\n<PARAMETER NAME="city">Paris</PARAMETER>\n</INVOKE>\n</FUNCTION_CALLS>'),
  row("invoke", "single quotes around the names", "<function_calls>\n<invoke name='get_weather'>\n<parameter name='city'>Paris</parameter>\n</invoke>\n</function_calls>"),
  row("invoke", "in one line", '<function_calls><invoke name="get_weather"><parameter name="city">Paris</parameter></invoke></function_calls>'),
  row("invoke", "no end of the block", '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>'),
  row("qwen3-coder", "no opening tag, but the end tag", "<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>"),
  row("qwen3-coder", "in one line", "<tool_call><function=get_weather><parameter=city>Paris</parameter></function></tool_call>"),
  row("qwen3-coder", "no end of the function", "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</tool_call>"),
  row("qwen3-coder", "two functions in one tag", "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n<function=now>\n</function>\n</tool_call>", [PARIS, call("now")]),
  row("qwen3-coder", "a boolean as Python writes it", "<tool_call>\n<function=get_weather>\n<parameter=city>\nTrue\n</parameter>\n<parameter=metric>\nTrue\n</parameter>\n</function>\n</tool_call>", [call("get_weather", { city: "True", metric: true })]),
  row("glm-4.5", "no end tag, but all parameters", "<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>a</arg_value>\n<arg_key>text</arg_key>\n<arg_value>b</arg_value>\n", [call("write_file", { path: "a", text: "b" })]),
  row("tool_call-name", "single quotes around the name", `<tool_call name='get_weather'>${CITY}</tool_call>`),
  row("function-name", "in the tag of calls", `<tool_call>\n<function name="get_weather">${CITY}</function>\n</tool_call>`),

  // DeepSeek.
  row("dsml", "an invoke without its end", dsml(`<${BAR}invoke name="get_weather">\n${city}`)),
  row("dsml", "no end of the invoke and the block, but all parameters", dsml(`<${BAR}invoke name="write_file">\n<${BAR}parameter name="path" string="true">a</${BAR}parameter>\n<${BAR}parameter name="text" string="true">b</${BAR}parameter>\n`, ""), [call("write_file", { path: "a", text: "b" })]),
  row("dsml", "no end of the block", dsml(`<${BAR}invoke name="get_weather">\n${city}\n</${BAR}invoke>`, "")),
  row("dsml", "an end of the parameter without bars", dsml(`<${BAR}invoke name="get_weather">\n<${BAR}parameter name="city" string="true">Paris</parameter>\n</${BAR}invoke>`)),
  row("dsml", "a stray end of a parameter", dsml(`<${BAR}invoke name="get_weather">\n${city}\n</${BAR}parameter>\n</${BAR}invoke>`)),
  row("dsml", "no word of what is a string", dsml(`<${BAR}invoke name="get_weather">\n<${BAR}parameter name="city">Paris</${BAR}parameter>\n<${BAR}parameter name="days">3</${BAR}parameter>\n</${BAR}invoke>`), [call("get_weather", { city: "Paris", days: 3 })]),
  row("dsml", "in one line", `<${BAR}function_calls><${BAR}invoke name="get_weather">${city}</${BAR}invoke></${BAR}function_calls>`),
  row("dsml", "one wide bar and one of ASCII", '<｜DSML|function_calls>\n<｜DSML|invoke name="get_weather">\n<｜DSML|parameter name="city" string="true">Paris</｜DSML|parameter>\n</｜DSML|invoke>\n</｜DSML|function_calls>'),
  row("deepseek-v3.1", "no end of the block", `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>${CITY}<｜tool▁call▁end｜>`),
  row("deepseek-v3.1", "no block around the call", `<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>${CITY}<｜tool▁call▁end｜>`),
  row("deepseek-v3", "no fence around the arguments", `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n${CITY}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`),
  row("deepseek-r1-ascii", "spaces in the marks", `<｜tool calls begin｜><｜tool call begin｜>get_weather<｜tool sep｜>${CITY}<｜tool call end｜><｜tool calls end｜>`),

  // Python.
  row("tool_call", "single quotes", tag("{'name': 'get_weather', 'arguments': {'city': 'Paris'}}")),
  row("tool_call", "single quotes, and an apostrophe in a string", tag(`{'name': 'get_weather', 'arguments': {'city': "L'Aquila"}}`), [call("get_weather", { city: "L'Aquila" })]),
  row("tool_call", "single quotes, and an escaped one in a string", tag(String.raw`{'name': 'get_weather', 'arguments': {'city': 'L\'Aquila "x"'}}`), [call("get_weather", { city: 'L\'Aquila "x"' })]),
  row("tool_call", "literals of Python", tag('{"name": "search_notes", "arguments": {"query": "None", "exact": True, "filter": None}}'), [call("search_notes", { query: "None", exact: true, filter: null })]),
  row("tool_call", "single quotes and literals of Python", tag("{'name': 'search_notes', 'arguments': {'query': 'True', 'exact': False, 'tags': ['a']}}"), [call("search_notes", { query: "True", exact: false, tags: ["a"] })]),
  row("list", "single quotes", "[{'name': 'get_weather', 'arguments': {'city': 'Paris'}}]"),
  row("tool_code", "single quotes", "```tool_code\nget_weather(city='Paris')\n```"),
  row("tool_code", "several lines", '```tool_code\nget_weather(\n    city="Paris",\n    days=3,\n)\n```', [call("get_weather", { city: "Paris", days: 3 })]),
  row("pythonic", "single quotes and literals of Python", "[search_notes(query='a, b)', exact=True, filter=None)]", [call("search_notes", { query: "a, b)", exact: true, filter: null })]),

  row("tool_call", "keys without quotes", tag('{name: "get_weather", arguments: {city: "Paris"}}')),
  row("tool_code", "two calls in a line", '```tool_code\nget_weather(city="Paris"); get_weather(city="Rome")\n```', [PARIS, ROME]),

  // Strings.
  row("tool_call", "a line break in a string", tag('{"name": "write_file", "arguments": {"path": "a", "text": "b\n\tc"}}'), [call("write_file", { path: "a", text: "b\n\tc" })]),
  row("tool_call", "backslashes that escape nothing", tag(String.raw`{"name": "write_file", "arguments": {"path": "a", "text": "\d \w+ C:\Users"}}`), [call("write_file", { path: "a", text: "\\d \\w+ C:\\Users" })]),

  row("tool_call", "a thought in a string", tag('{"name": "write_file", "arguments": {"path": "a", "text": "<think>no</think> yes </think>"}}'), [call("write_file", { path: "a", text: "<think>no</think> yes </think>" })]),
  ...[
    ["dsml", dsml(`<${BAR}invoke name="write_file">\n<${BAR}parameter name="path" string="true">a</${BAR}parameter>\n<${BAR}parameter name="text" string="true"></${BAR}parameter>\n</${BAR}invoke>`)],
    ["invoke", '<function_calls>\n<invoke name="write_file">\n<parameter name="path">a</parameter>\n<parameter name="text"></parameter>\n</invoke>\n</function_calls>'],
    ["qwen3-coder", "<tool_call>\n<function=write_file>\n<parameter=path>\na\n</parameter>\n<parameter=text>\n\n</parameter>\n</function>\n</tool_call>"],
    ["glm-4.5", "<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>a</arg_value>\n<arg_key>text</arg_key>\n<arg_value></arg_value>\n</tool_call>"],
  ].map(([form, text]) => row(form, "an empty string", text, [call("write_file", { path: "a", text: "" })])),

  // Fences.
  row("fence", "tildes", `~~~json\n{"name": "get_weather", "arguments": ${CITY}}\n~~~`),
  row("fence", "a language in capitals", `\`\`\`JSON\n{"name": "get_weather", "arguments": ${CITY}}\n\`\`\``),
  row("fence", "no language", `\`\`\`\n{"name": "get_weather", "arguments": ${CITY}}\n\`\`\``),
  row("fence", "no end of the fence", `\`\`\`json\n{"name": "get_weather", "arguments": ${CITY}}\n`),
  row("fence-tags", "a language in capitals", `\`\`\`XML\n<tool_call>{"name": "get_weather", "arguments": ${CITY}}</tool_call>\n\`\`\``),
  row("tool_code", "a language in capitals", '```TOOL_CODE\nget_weather(city="Paris")\n```'),
  row("tool_call", "a fence within the tags", `<tool_call>\n\`\`\`json\n{"name": "get_weather", "arguments": ${CITY}}\n\`\`\`\n</tool_call>`),

  // Around it.
  row("tool_call", "a call right after a Chinese sentence", `我来查一下巴黎的天气：${named("get_weather")}`, [PARIS], { said: "我来查一下巴黎的天气：" }),
  row("tool_call", "a call right after a word", `Here:${named("get_weather")}`, [PARIS], { said: "Here:" }),
  row("tool_call", "after a thought", `<think>\nThe user wants the weather.\n</think>\n\n${named("get_weather")}`),
  row("tool_call", "after a fence of code", `\`\`\`python\nx = 1\n\`\`\`\n${named("get_weather")}`, [PARIS], { said: "```python x = 1 ```" }),
  row("tool_call", "a made-up result after the call", `${named("get_weather")}\n<tool_response>\n18 °C\n</tool_response>\nIt is 18 °C.`),
];
