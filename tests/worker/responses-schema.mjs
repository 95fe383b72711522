/**
 * The shapes of answers that the Open Responses specification requires
 * (github.com/openresponses/openresponses, schema of 2026-04-24), as JSON Schema: the response, the
 * items in it, and the events of a stream. Only what this gateway can send stands here, and of that
 * every field which the specification requires.
 */
import { Validator } from "@cfworker/json-schema";

const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const boolean = { type: "boolean" };
const list = (items) => ({ type: "array", items });
const orNull = (schema) => ({ anyOf: [schema, { type: "null" }] });
const one = (...values) => ({ enum: values });
/** All of these fields are required; others may be there. */
const object = (properties, optional = {}) => ({ type: "object", properties: { ...properties, ...optional }, required: Object.keys(properties) });

const state = one("in_progress", "completed", "incomplete");
const outputText = object({ type: one("output_text"), text: string, annotations: list({ type: "object" }), logprobs: list({ type: "object" }) });
const summaryText = object({ type: one("summary_text"), text: string });

const message = object({ type: one("message"), id: string, status: state, role: one("assistant"), content: list(outputText) });
const functionCall = object({ type: one("function_call"), id: string, call_id: string, name: string, arguments: string, status: state });
const reasoning = object({ type: one("reasoning"), id: string, summary: list(summaryText) });
const item = { oneOf: [message, functionCall, reasoning] };

const usage = object({
  input_tokens: integer,
  output_tokens: integer,
  total_tokens: integer,
  input_tokens_details: object({ cached_tokens: integer }),
  output_tokens_details: object({ reasoning_tokens: integer }),
});
const functionTool = object({ type: one("function"), name: string, description: orNull(string), parameters: orNull({ type: "object" }), strict: orNull(boolean) });

const RESPONSE = object({
  id: string,
  object: one("response"),
  created_at: integer,
  completed_at: orNull(integer),
  status: one("completed", "failed", "in_progress", "incomplete"),
  incomplete_details: orNull(object({ reason: string })),
  model: string,
  previous_response_id: orNull(string),
  instructions: orNull(string),
  output: list(item),
  error: orNull(object({ code: string, message: string })),
  tools: list(functionTool),
  tool_choice: { anyOf: [one("none", "auto", "required"), object({ type: one("function") }, { name: string }), object({ type: one("allowed_tools"), tools: list({ type: "object" }), mode: one("none", "auto", "required") })] },
  truncation: one("auto", "disabled"),
  parallel_tool_calls: boolean,
  text: object({ format: { anyOf: [object({ type: one("text", "json_object") }), object({ type: one("json_schema"), name: string, description: orNull(string), schema: orNull({ type: "object" }), strict: boolean })] } }, { verbosity: one("low", "medium", "high") }),
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  top_logprobs: integer,
  temperature: number,
  reasoning: orNull(object({ effort: orNull(one("none", "minimal", "low", "medium", "high", "xhigh")), summary: orNull(one("concise", "detailed", "auto")) })),
  user: orNull(string),
  usage: orNull(usage),
  max_output_tokens: orNull(integer),
  max_tool_calls: orNull(integer),
  store: boolean,
  background: boolean,
  service_tier: string,
  metadata: { type: "object" },
  safety_identifier: orNull(string),
  prompt_cache_key: orNull(string),
});

const event = (fields, optional) => object({ sequence_number: integer, ...fields }, optional);
const ofResponse = event({ response: RESPONSE });
const ofItem = event({ output_index: integer, item });
const inItem = (fields, optional) => event({ item_id: string, output_index: integer, ...fields }, optional);
const ofPart = (index, part) => inItem({ [index]: integer, part });
const logprobs = { logprobs: list({ type: "object" }) };

const EVENTS = {
  "response.created": ofResponse,
  "response.in_progress": ofResponse,
  "response.completed": ofResponse,
  "response.incomplete": ofResponse,
  "response.failed": ofResponse,
  "response.output_item.added": ofItem,
  "response.output_item.done": ofItem,
  "response.content_part.added": ofPart("content_index", outputText),
  "response.content_part.done": ofPart("content_index", outputText),
  "response.output_text.delta": inItem({ content_index: integer, delta: string }, logprobs),
  "response.output_text.done": inItem({ content_index: integer, text: string }, logprobs),
  "response.reasoning_summary_part.added": ofPart("summary_index", summaryText),
  "response.reasoning_summary_part.done": ofPart("summary_index", summaryText),
  "response.reasoning_summary_text.delta": inItem({ summary_index: integer, delta: string }),
  "response.reasoning_summary_text.done": inItem({ summary_index: integer, text: string }),
  "response.function_call_arguments.delta": inItem({ delta: string }),
  "response.function_call_arguments.done": inItem({ arguments: string }),
};

const validators = new Map();

/** What the schema has against a value: lines, none if it fits. */
function errors(schema, value) {
  if (!validators.has(schema)) validators.set(schema, new Validator(schema, "2020-12", false));
  const { errors } = validators.get(schema).validate(value);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

export const responseErrors = (response) => errors(RESPONSE, response);

export const eventErrors = (event) => (EVENTS[event.type] ? errors(EVENTS[event.type], event) : [`an event of the unknown type ${event.type}`]).map((line) => `${event.type} ${line}`);
