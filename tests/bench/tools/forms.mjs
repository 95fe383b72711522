/**
 * The forms in which models write calls, as data: how each is written, and whose parsers or templates
 * its shape is known from. `SGLang`, `vLLM` and `Dynamo` are their tool parsers of these names,
 * `llama.cpp` its handlers of chat formats. The shapes are facts of those projects; the code is ours.
 *
 *     { id, family, from, write(calls) → text, … }
 *
 * - `raw`: strings are written as they are, with nothing that escapes an end mark within them.
 * - `bare`: nothing but its shape says that it is a call. With words beside it, it may be an example:
 *   it has no rows with text, but some in `stays.mjs`.
 * - `last`: a code fence that a call is in ends the answer; with words after it, it may be an example.
 * - `unread`: why the gateway does not read it: no model of DeGPT writes it. It must make no call then,
 *   whatever its strings hold.
 * - `lacks`: what the form has no one way to write: `null`, `nested` values, `lists`, `many` calls in one
 *   answer.
 *
 * Not here: forms whose beginning any text may have (Beam's ` to=`, GigaChat 3's `function call`, ReAct's
 * `Action:`), and those whose strings have no end of their own.
 */

const json = (value) => JSON.stringify(value);

/** A value as it stands in a raw form: a string as it is, anything else as JSON. */
const raw = (value) => (typeof value === "string" ? value : json(value));

/** A value as a literal of Python. */
export function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([key, inner]) => `${python(key)}: ${python(inner)}`).join(", ")}}`;
  }
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return value.includes("'") && !value.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

/** `name(a=1, b='x')`, with strings in double quotes, as models write it most. */
const pythonCall = (prefix) => ({ name, arguments: args }) =>
  `${prefix}${name}(${Object.entries(args)
    .map(([key, value]) => `${key}=${typeof value === "string" ? json(value) : python(value)}`)
    .join(", ")})`;

/** Gemma's maps: keys without quotes, strings between marks of their own. */
function gemma(value, mark) {
  if (typeof value === "string") return `${mark}${value}${mark}`;
  if (Array.isArray(value)) return `[${value.map((item) => gemma(item, mark)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([key, inner]) => `${key}:${gemma(inner, mark)}`).join(",")}}`;
  }
  return json(value);
}

const args = (call, each, joint = "\n") => Object.entries(call.arguments).map(([name, value]) => each(name, value)).join(joint);

/** The object `{"name", "arguments"}` and its spellings. */
const object = (keys = ["name", "arguments"]) => ({ name, arguments: given }) => `{"${keys[0]}": ${json(name)}, "${keys[1]}": ${json(given)}}`;
const plain = object();

/** Each call by itself, and what stands between two. */
const each = (one, joint = "\n") => (calls) => calls.map(one).join(joint);
/** All calls within one pair of marks. */
const around = (open, inner, close, joint) => (calls) => `${open}${each(inner, joint)(calls)}${close}`;
const list = (inner = plain) => (calls) => `[${each(inner, ", ")(calls)}]`;
const fence = (language, inner) => (calls) => `\`\`\`${language}\n${inner(calls)}\n\`\`\``;

/** OpenAI's object of a call, with its arguments as a string. */
const openai = (call, index) =>
  json({ id: `call_${index}`, type: "function", function: { name: call.name, arguments: json(call.arguments) } });

/** Blocks of `invoke` and `parameter`, with `x` before each tag's name; DSML says what is a string. */
const invoke = (x = "", says = false) => (call) =>
  `<${x}invoke name="${call.name}">\n${args(
    call,
    (name, value) => `<${x}parameter name="${name}"${says ? ` string="${typeof value === "string"}"` : ""}>${raw(value)}</${x}parameter>\n`,
    "",
  )}</${x}invoke>`;
const invokes = (x, wrapper, says) => around(`<${x}${wrapper}>\n`, invoke(x, says), `\n</${x}${wrapper}>`);

/** Qwen3-Coder's function, with each value on lines of its own. */
const functionTags = (call) =>
  `<function=${call.name}>\n${args(call, (name, value) => `<parameter=${name}>\n${raw(value)}\n</parameter>\n`, "")}</function>`;

/** GLM's arguments; `line` between the tags. */
const argTags = (call, line, x = "") =>
  args(call, (name, value) => `<${x}arg_key>${name}</${x}arg_key>${line}<${x}arg_value>${raw(value)}</${x}arg_value>`, line);

/** The words that are DeepSeek's own marks; `▁` is in them, as their tokenizer has it. */
const mark = (words, bar = "｜", space = "▁") => `<${bar}${words.replaceAll(" ", space)}${bar}>`;

function deepseekV31(bar, space) {
  const of = (words) => mark(words, bar, space);
  return around(
    of("tool calls begin"),
    (call) => `${of("tool call begin")}${call.name}${of("tool sep")}${json(call.arguments)}${of("tool call end")}`,
    of("tool calls end"),
    "",
  );
}

const deepseekV3 = around(
  mark("tool calls begin"),
  (call) => `${mark("tool call begin")}function${mark("tool sep")}${call.name}\n\`\`\`json\n${json(call.arguments)}\n\`\`\`${mark("tool call end")}`,
  mark("tool calls end"),
  "\n",
);

const steptml = (call) =>
  `${mark("tool call begin", "｜", "_")}function${mark("tool sep", "｜", "_")}<steptml:invoke name="${call.name}">\n${args(
    call,
    (name, value) => `<steptml:parameter name="${name}">${raw(value)}</steptml:parameter>\n`,
    "",
  )}</steptml:invoke>${mark("tool call end", "｜", "_")}`;

const harmony = (call) => `<|channel|>commentary to=functions.${call.name} <|constrain|>json<|message|>${json(call.arguments)}<|call|>`;

/** One value of Kimi K3's typed arguments. */
const kind = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** MiniMax M3's mark before each tag. */
const M3 = "]<]minimax[>[";
const plamo = (word) => `<|plamo:${word}:plamo|>`;

const BAR = "｜";
const DSML = `${BAR}DSML${BAR}`;

export const FORMS = [
  // One JSON object between tags.
  { id: "tool_call", family: "Hermes, Qwen and this gateway", from: "Qwen's and Hermes' chat templates; SGLang qwen25, vLLM hermes, Dynamo hermes", write: each((call) => `<tool_call>\n${plain(call)}\n</tool_call>`) },
  { id: "function_call", family: "Granite 20B, OpenAI's first API", from: "vLLM granite-20b-fc, whose end tag may be missing", write: each((call) => `<function_call>${plain(call)}</function_call>`) },
  { id: "tool_use", family: "Claude", from: "Anthropic's Messages API, the block tool_use", write: each((call) => `<tool_use>{"type": "tool_use", "name": ${json(call.name)}, "input": ${json(call.arguments)}}</tool_use>`) },
  { id: "openai-object", family: "GPT", from: "OpenAI's Chat Completions API, an entry of tool_calls, with the arguments as a string", write: each((call, index) => `<tool_call>${openai(call, index)}</tool_call>`) },
  { id: "tool_calls-list", family: "Jamba, Hunyuan A13B", from: "vLLM jamba and hunyuan_a13b, Dynamo jamba", write: (calls) => `<tool_calls>${list()(calls)}</tool_calls>` },
  { id: "tool_calls-lines", family: "MiniMax M1", from: "MiniMax-M1's guide to function calls", write: around("<tool_calls>\n", plain, "\n</tool_calls>") },
  { id: "toolcall-list", family: "Nemotron", from: "Dynamo nemotron_deci", write: (calls) => `<TOOLCALL>${list()(calls)}</TOOLCALL>` },
  { id: "tool_call-name", family: "Qwen, GPT", from: "llama.cpp's handling of Hermes' format takes a name as an attribute", write: each((call) => `<tool_call name="${call.name}">${json(call.arguments)}</tool_call>`) },
  { id: "function-name", family: "Hermes, generic", from: "llama.cpp's handling of Hermes' format", write: each((call) => `<function name="${call.name}">${json(call.arguments)}</function>`) },
  { id: "longcat", family: "LongCat", from: "vLLM longcat", write: each((call) => `<longcat_tool_call>${plain(call)}</longcat_tool_call>`) },
  { id: "functools", family: "Phi-4 mini", bare: true, from: "vLLM phi4_mini_json, Dynamo phi4", write: (calls) => `functools${list()(calls)}` },
  { id: "granite", family: "Granite 3", from: "vLLM granite", write: (calls) => `<|tool_call|>${list()(calls)}` },
  { id: "phi-4", family: "Phi-4", from: "llama.cpp; Phi-4's chat template", write: (calls) => `<|tool_call|>${list()(calls)}<|/tool_call|>` },
  { id: "internlm", family: "InternLM", from: "SGLang interns1, vLLM internlm", write: each((call) => `<|action_start|> <|plugin|>\n${object(["name", "parameters"])(call)}<|action_end|>`) },
  { id: "command-r", family: "Command", from: "vLLM cohere_command3, SGLang cohere_command4, llama.cpp", write: (calls) => `<|START_ACTION|>${json(calls.map((call, index) => ({ tool_call_id: String(index), tool_name: call.name, parameters: call.arguments })))}<|END_ACTION|>` },
  { id: "apertus", family: "Apertus", from: "SGLang apertus2509, vLLM apertus, llama.cpp", write: around("<|tools_prefix|>[", (call) => `{${json(call.name)}: ${json(call.arguments)}}`, "]<|tools_suffix|>", ", ") },
  { id: "lfm2-json", family: "LFM2", from: "SGLang lfm2", write: (calls) => `<|tool_call_start|>${list()(calls)}<|tool_call_end|>` },

  // DeepSeek.
  { id: "dsml", family: "DeepSeek V3.2", raw: true, from: "SGLang deepseekv32, Dynamo deepseek_v3_2", write: invokes(DSML, "function_calls", true) },
  { id: "dsml-v4", family: "DeepSeek V4", raw: true, from: "SGLang deepseekv4, Dynamo deepseek_v4", write: invokes(DSML, "tool_calls", true) },
  { id: "dsml-v4.1", family: "DeepSeek V4.1", raw: true, from: "SGLang deepseekv41: a space before each tag's name", write: (calls) => invokes(`${DSML} `, "calls", true)(calls) },
  { id: "dsml-json", family: "DeepSeek V3.2", from: "SGLang deepseekv32: an object in place of parameters", write: around(`<${DSML}function_calls>\n`, (call) => `<${DSML}invoke name="${call.name}">\n${json(call.arguments)}\n</${DSML}invoke>`, `\n</${DSML}function_calls>`) },
  { id: "dsml-ascii", family: "DeepSeek V3.2", raw: true, from: "the same with ASCII bars, as proxies and models that copy it write it", write: invokes("|DSML|", "function_calls", true) },
  { id: "dsml-double", family: "DeepSeek V3.2", raw: true, from: "the same with bars doubled", write: invokes("｜｜DSML｜｜", "function_calls", true) },
  { id: "dsml-double-ascii", family: "DeepSeek V3.2", raw: true, from: "the same with ASCII bars doubled", write: invokes("||DSML||", "function_calls", true) },
  { id: "dsml-bare", family: "DeepSeek V3.2", raw: true, from: "an invoke without the block around it; Dynamo's recovery", write: each(invoke(DSML, true)) },
  { id: "deepseek-v3.1", family: "DeepSeek V3.1", from: "SGLang deepseekv31, vLLM deepseek_v31, Dynamo deepseek_v3_1", write: deepseekV31() },
  { id: "deepseek-v3", family: "DeepSeek V3 and R1", from: "SGLang deepseekv3, vLLM deepseek_v3, Dynamo deepseek_v3", write: deepseekV3 },
  { id: "deepseek-r1-ascii", family: "DeepSeek R1", from: "llama.cpp: R1's distillates write the marks with other bars and spaces", write: deepseekV31("|", "_") },

  // Tags with a value each.
  { id: "invoke", family: "Claude", raw: true, from: "Anthropic's first guide to tools, in its prompts", write: invokes("", "function_calls") },
  { id: "invoke-namespace", family: "Claude", raw: true, from: "the same with Anthropic's namespace", write: invokes("antml:", "function_calls") },
  { id: "invoke-bare", family: "Claude", raw: true, from: "the same without the block around it", write: each(invoke()) },
  { id: "minimax-m2", family: "MiniMax M2", raw: true, from: "SGLang minimax-m2, vLLM minimax_m2, Dynamo minimax_m2", write: invokes("", "minimax:tool_call") },
  { id: "dots", family: "dots", raw: true, from: "SGLang dots, vLLM dots", write: invokes("", "dots_function_call") },
  { id: "step-3", family: "Step 3", raw: true, from: "SGLang step3, vLLM step3", write: around(`${mark("tool calls begin", "｜", "_")}\n`, steptml, `\n${mark("tool calls end", "｜", "_")}`) },
  { id: "qwen3-coder", family: "Qwen3-Coder, Step 3.5, Nemotron Nano 3", raw: true, from: "SGLang qwen3_coder, vLLM qwen3_coder and qwen3_xml, Dynamo qwen3_coder", write: each((call) => `<tool_call>\n${functionTags(call)}\n</tool_call>`) },
  { id: "qwen3-coder-bare", family: "Qwen3-Coder", raw: true, from: "the same outside of tool_call; Dynamo's and vLLM's qwen3_coder take it", write: each(functionTags) },
  { id: "seed-oss", family: "Seed-OSS", raw: true, from: "vLLM seed_oss", write: each((call) => `<seed:tool_call>\n${functionTags(call)}\n</seed:tool_call>`) },
  { id: "function-json", family: "Llama 3.1, Functionary", from: "Meta's prompt format for user-defined tools; llama.cpp", write: each((call) => `<function=${call.name}>${json(call.arguments)}</function>`) },
  { id: "minicpm5", family: "MiniCPM 5", raw: true, from: "SGLang minicpm5, vLLM minicpm5", write: each((call) => `<function name="${call.name}">${args(call, (name, value) => `<param name="${name}">${raw(value)}</param>`, "")}</function>`) },
  { id: "glm-4.5", family: "GLM 4.5, Ling, Laguna", raw: true, from: "SGLang glm45, vLLM glm45", write: each((call) => `<tool_call>${call.name}\n${argTags(call, "\n")}\n</tool_call>`) },
  { id: "glm-4.7", family: "GLM 4.7", raw: true, from: "SGLang glm47, vLLM glm47, Dynamo glm47", write: each((call) => `<tool_call>${call.name}${argTags(call, "")}</tool_call>`) },
  { id: "hunyuan-v3", family: "Hunyuan 3", raw: true, from: "SGLang hunyuan, vLLM hy_v3", write: around("<tool_calls>\n", (call) => `<tool_call>${call.name}<tool_sep>\n${argTags(call, "\n")}\n</tool_call>`, "\n</tool_calls>") },

  { id: "iquest", family: "IQuest", raw: true, from: "SGLang iquest_q1", write: each((call) => `<iquest_tool_call>${call.name}${argTags(call, "")}</iquest_tool_call>`) },
  { id: "k2-horizon", family: "K2 Horizon", raw: true, from: "SGLang k2_horizon, vLLM k2_horizon", write: around("<ifm|tool_calls>\n", (call) => `<ifm|tool_call>${call.name}\n${argTags(call, "\n", "ifm|")}\n</ifm|tool_call>`, "\n</ifm|tool_calls>") },
  { id: "gigachat-3.5", family: "GigaChat 3.5", raw: true, from: "SGLang gigachat35", write: invokes("｜GCML｜", "tool_calls", true) },
  { id: "minimax-m3", family: "MiniMax M3", unread: "its values stand in tags with any names", raw: true, lacks: ["nested", "null", "lists"], from: "SGLang minimax-m3, vLLM minimax_m3, Dynamo minimax_m3; a mark before each tag", write: around(`${M3}<tool_call>\n`, (call) => `${M3}<invoke name="${call.name}">${args(call, (name, value) => `${M3}<${name}>${raw(value)}${M3}</${name}>`, "")}${M3}</invoke>`, `\n${M3}</tool_call>`) },

  // GPT.
  { id: "functions-prefix", family: "GPT", from: "GPT's namespace of tools", write: each((call) => `<tool_call>${plain({ ...call, name: `functions.${call.name}` })}</tool_call>`) },
  { id: "harmony", family: "gpt-oss", from: "OpenAI's harmony format; SGLang gpt-oss, vLLM openai, Dynamo harmony", write: each(harmony, "<|start|>assistant") },
  { id: "harmony-start", family: "gpt-oss", from: "the same with the start of the message; SGLang gpt-oss", write: each((call) => `<|start|>assistant<|channel|>commentary to=functions.${call.name}<|constrain|>json<|message|>${json(call.arguments)}<|call|>`, "") },
  { id: "harmony-role", family: "gpt-oss", from: "the same with the receiver in the role, before the channel", write: each((call) => `<|start|>assistant to=functions.${call.name}<|channel|>commentary json<|message|>${json(call.arguments)}<|call|>`, "") },
  { id: "parallel", family: "GPT", bare: true, from: "GPT's multi_tool_use.parallel: its object as the answer", write: (calls) => json({ tool_uses: calls.map((call) => ({ recipient_name: `functions.${call.name}`, parameters: call.arguments })) }) },
  { id: "parallel-call", family: "GPT", from: "the same as a call in this gateway's form", write: (calls) => `<tool_call>${json({ name: "multi_tool_use.parallel", arguments: { tool_uses: calls.map((call) => ({ recipient_name: `functions.${call.name}`, parameters: call.arguments })) } })}</tool_call>` },

  // Gemini, Gemma and calls in Python.
  { id: "tool_code", family: "Gemini, Gemma 3", last: true, from: "Google's guide to function calls with Gemma", write: fence("tool_code", each(pythonCall(""))) },
  { id: "tool_code-api", family: "Gemini", last: true, from: "Gemini's default_api, seen in answers that leak it", write: fence("tool_code", each(pythonCall("default_api."))) },
  { id: "tool_code-print", family: "Gemini", last: true, from: "the same within print()", write: fence("tool_code", each((call) => `print(${pythonCall("default_api.")(call)})`)) },
  { id: "pythonic", family: "Llama 4, Llama 3.2", bare: true, from: "SGLang pythonic, vLLM pythonic and llama4_pythonic, Dynamo pythonic", write: (calls) => `[${each(pythonCall(""), ", ")(calls)}]` },
  { id: "pythonic-marks", family: "Llama 4", from: "vLLM llama4_pythonic, SGLang pythonic: between python_start and python_end", write: (calls) => `<|python_start|>[${each(pythonCall(""), ", ")(calls)}]<|python_end|>` },
  { id: "lfm2", family: "LFM2", from: "SGLang lfm2, vLLM lfm2, llama.cpp", write: (calls) => `<|tool_call_start|>[${each(pythonCall(""), ", ")(calls)}]<|tool_call_end|>` },
  { id: "olmo3", family: "OLMo 3", from: "vLLM olmo3", write: around("<function_calls>\n", pythonCall(""), "\n</function_calls>") },
  { id: "functiongemma", family: "FunctionGemma", raw: true, lacks: ["null"], from: "vLLM functiongemma", write: each((call) => `<start_function_call>call:${call.name}${gemma(call.arguments, "<escape>")}<end_function_call>`, "") },
  { id: "gemma4", family: "Gemma 4", raw: true, lacks: ["null"], from: "SGLang gemma4, vLLM gemma4, Dynamo gemma4", write: each((call) => `<|tool_call>call:${call.name}${gemma(call.arguments, '<|"|>')}<tool_call|>`, "") },

  // Others with marks of their own.
  { id: "mistral-list", family: "Mistral", from: "SGLang mistral, vLLM mistral, Dynamo mistral", write: (calls) => `[TOOL_CALLS] ${list()(calls)}` },
  { id: "mistral", family: "Mistral Small 3.1 and later", from: "vLLM mistral", write: each((call) => `[TOOL_CALLS]${call.name}${json(call.arguments)}`, "") },
  { id: "mistral-args", family: "Mistral, Magistral", from: "SGLang mistral, llama.cpp", write: each((call) => `[TOOL_CALLS]${call.name}[ARGS]${json(call.arguments)}`, "") },
  { id: "python_tag", family: "Llama 3", from: "SGLang llama3, vLLM llama3_json, Dynamo llama3_json; a semicolon between two", write: (calls) => `<|python_tag|>${each(object(["name", "parameters"]), "; ")(calls)}` },
  { id: "kimi-k2", family: "Kimi K2", from: "SGLang kimi_k2, vLLM kimi_k2, Dynamo kimi_k2", write: around("<|tool_calls_section_begin|>", (call, index) => `<|tool_call_begin|>functions.${call.name}:${index}<|tool_call_argument_begin|>${json(call.arguments)}<|tool_call_end|>`, "<|tool_calls_section_end|>", "") },
  {
    id: "kimi-k3",
    family: "Kimi K3",
    raw: true,
    from: "SGLang kimi_k3, vLLM kimi_k3, Dynamo kimi_k3",
    write: around(
      "<|open|>tools<|sep|>",
      (call, index) =>
        `<|open|>call tool="${call.name}" index="${index + 1}"<|sep|>${args(call, (name, value) => `<|open|>argument key="${name}" type="${kind(value)}"<|sep|>${raw(value)}<|close|>argument<|sep|>`, "")}<|close|>call<|sep|>`,
      "<|close|>tools<|sep|>",
      "",
    ),
  },
  { id: "gigachat", family: "GigaChat 3.5", from: "SGLang gigachat3 and gigachat35", write: each((call) => `<|function_call|>${plain(call)}`) },

  { id: "inkling", family: "Inkling", unread: "it has the name twice", from: "SGLang inkling, vLLM inkling, Dynamo inkling", write: each((call) => `<|message_model|>${call.name}<|content_invoke_tool_json|>${object(["name", "args"])(call)}<|end_message|>`, "") },
  { id: "plamo3", family: "PLaMo 3", unread: "its marks are like no others", from: "vLLM plamo3", write: around(plamo("begin_tool_requests"), (call) => `${plamo("begin_tool_request")}${plamo("begin_tool_name")}${call.name}${plamo("end_tool_name")}${plamo("begin_tool_arguments")}<|plamo:constrain|>json<|plamo:msg|>${json(call.arguments)}${plamo("end_tool_arguments")}${plamo("end_tool_request")}`, plamo("end_tool_requests"), "") },

  // No marks at all: the whole answer is the call.
  { id: "object", family: "Llama 3, any model", bare: true, lacks: ["many"], from: "SGLang llama3, vLLM llama3_json, Dynamo llama3_json", write: each(object(["name", "parameters"])) },
  { id: "list", family: "xLAM, any model", bare: true, from: "vLLM xlam", write: list() },
  { id: "fence", family: "any model", bare: true, lacks: ["many"], from: "vLLM xlam takes an object or a list in a fence", write: fence("json", each(plain)) },
  { id: "fence-list", family: "any model", bare: true, from: "the same with a list", write: fence("json", list()) },
  { id: "fence-tags", family: "any model", last: true, from: "this gateway's form in a fence, as chat models like to write what looks like code", write: fence("xml", each((call) => `<tool_call>\n${plain(call)}\n</tool_call>`)) },
  { id: "openai-message", family: "GPT", bare: true, from: "OpenAI's Chat Completions API: the message's tool_calls as the answer", write: (calls) => `{"tool_calls": [${each(openai, ", ")(calls)}]}` },
  { id: "tool-input", family: "LangChain's Ollama functions", bare: true, lacks: ["many"], from: "LangChain's OllamaFunctions, in what it asks of a model", write: each(object(["tool", "tool_input"])) },
  { id: "action", family: "LangChain's agents", bare: true, lacks: ["many"], from: "LangChain's agents of JSON and of structured chat", write: fence("json", each(object(["action", "action_input"]))) },
];
