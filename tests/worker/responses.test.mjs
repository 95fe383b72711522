/**
 * `POST /api/v1/responses`: what clients of OpenAI's Responses API send, what becomes of it at DeGPT,
 * and what they get. The order of a stream's events is read strictly, by exchange.mjs.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, lastBody, post, send, startBoth, user, KEY } from "./client.mjs";
import { parsed } from "./exchange.mjs";

const RESPONSES = "/api/v1/responses";
const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const ask = (more, headers) => post(gateway, RESPONSES, { model: "deepseek-chat", input: "Hello", ...more }, headers);
const stream = async (more) => {
  const answer = await ask({ ...more, stream: true });
  assert.equal(answer.status, 200, answer.text);
  return { ...answer, ...parsed(answer.text, "responses") };
};
const told = () => lastBody(upstream).messages;
const call = (name, args) => `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;

const weather = { type: "function", name: "weather", description: "Tells the weather", parameters: { type: "object" }, strict: true };
const patch = { type: "custom", name: "apply_patch", description: "Edits files", format: { type: "grammar", syntax: "lark", definition: "start: hunk+" } };
const agents = { type: "namespace", name: "agents", description: "", tools: [{ type: "function", name: "wait", parameters: { type: "object" } }, { ...patch, name: "exec" }] };
const search = { type: "tool_search", execution: "client", description: "Finds tools", parameters: { type: "object", properties: { query: { type: "string" } } } };

test("an answer has every field that the schema requires, and the request's values", async () => {
  upstream.queue({ reasoning: "Hm", text: "Hi! 👋" });
  const values = { instructions: "Be brief.", temperature: 0.5, top_p: 0.9, metadata: { a: "b" }, user: "u", prompt_cache_key: "k", max_output_tokens: 50, parallel_tool_calls: false, truncation: "auto", safety_identifier: "s" };
  const { status, headers, json } = await ask({ model: "deepseek-reasoner", tools: [weather, { type: "web_search" }], reasoning: { effort: "low" }, text: { verbosity: "low" }, ...values });
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["x-degpt-ignored"], "text.verbosity, temperature, top_p, truncation");
  const { id, created_at: created, usage, output, ...rest } = json;
  assert.match(id, /^resp_[0-9a-f]{32}$/);
  assert.ok(Number.isInteger(created));
  assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
  assert.deepEqual(usage.input_tokens_details, { cached_tokens: 0, cache_write_tokens: 0 });
  assert.ok(usage.output_tokens_details.reasoning_tokens > 0);
  assert.deepEqual(output.map(({ id, ...item }) => item), [
    { type: "reasoning", summary: [{ type: "summary_text", text: "Hm" }], status: "completed" },
    { type: "message", role: "assistant", content: [{ type: "output_text", annotations: [], logprobs: [], text: "Hi! 👋" }], status: "completed" },
  ]);
  assert.deepEqual(rest, {
    object: "response",
    completed_at: null,
    previous_response_id: null,
    store: false,
    background: false,
    service_tier: "default",
    model: "deepseek-reasoner",
    status: "completed",
    error: null,
    incomplete_details: null,
    tools: [{ type: "function", name: "weather", description: "Tells the weather", parameters: { type: "object" }, strict: true }, { type: "web_search" }],
    tool_choice: "auto",
    text: { format: { type: "text" }, verbosity: "low" },
    reasoning: { effort: "low", summary: null },
    max_tool_calls: null,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    ...values,
  });
});

test("a stream has the strict order, and its end everything once more", async () => {
  upstream.queue({ reasoning: "Let me think", text: "All of it. 模型 🎉" });
  const { reasoning, text, finish, response, headers } = await stream({ model: "deepseek-reasoner" });
  assert.deepEqual([reasoning, text, finish], ["Let me think", "All of it. 模型 🎉", "completed"]);
  assert.match(headers["content-type"], /^text\/event-stream/);
  assert.ok(response.usage.output_tokens_details.reasoning_tokens > 0);
  assert.deepEqual(response.output.map(({ type }) => type), ["reasoning", "message"]);
});

test("a limit is told as incomplete, with its reason", async () => {
  for (const delivery of [false, true]) {
    upstream.queue({ text: "one two three four five six seven eight nine ten" });
    const answer = await ask({ max_output_tokens: 3, stream: delivery });
    const { status, incomplete_details: details, output } = delivery ? parsed(answer.text, "responses").response : answer.json;
    assert.deepEqual([status, details, output[0].status], ["incomplete", { reason: "max_output_tokens" }, "incomplete"]);
  }
});

test("calls of functions, custom tools, namespaces and a search have their own forms", async () => {
  const tools = [weather, patch, agents, search];
  const text = "*** Begin Patch\n+\"hi\"\n*** End Patch\n";
  const said = [call("weather", { city: "Rome" }), call("apply_patch", { input: text }), call("agents.wait", {}), call("agents.exec", { input: "ls" }), call("tool_search", { query: "mail" })].join("\n");
  const expected = [
    { type: "function_call", name: "weather", arguments: '{"city":"Rome"}', status: "completed" },
    { type: "custom_tool_call", name: "apply_patch", input: text, status: "completed" },
    { type: "function_call", name: "wait", namespace: "agents", arguments: "{}", status: "completed" },
    { type: "custom_tool_call", name: "exec", namespace: "agents", input: "ls", status: "completed" },
    { type: "tool_search_call", execution: "client", arguments: { query: "mail" }, status: "completed" },
  ];
  const bare = (output) => output.map(({ id, call_id: callId, ...item }) => {
    assert.match(id, /^(fc|ctc|tsc)_\w+$/);
    assert.match(callId, /^call_\w+$/);
    return item;
  });
  upstream.queue({ text: said });
  assert.deepEqual(bare((await ask({ tools })).json.output), expected);
  const [system] = told();
  assert.match(system.content, /"name":"agents\.wait"/);
  assert.match(system.content, /start: hunk\+/);
  upstream.queue({ text: said });
  const { response, events } = await stream({ tools });
  assert.deepEqual(bare(response.output), expected);
  const names = events.map(({ name }) => name);
  for (const name of ["function_call_arguments", "custom_tool_call_input"]) {
    assert.equal(names.filter((one) => one === `response.${name}.delta`).length, 2);
    assert.equal(names.filter((one) => one === `response.${name}.done`).length, 2);
  }
});

test("a history of calls and results is told as one conversation", async () => {
  await ask({
    tools: [patch, agents],
    input: [
      { role: "user", content: "Go" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }], content: null, encrypted_content: null },
      { type: "message", id: "m", role: "assistant", status: "completed", phase: "commentary", content: [{ type: "output_text", text: "On it.", annotations: [], logprobs: [] }] },
      { type: "function_call", id: "fc_1", call_id: "c1", namespace: "agents", name: "wait", arguments: '{"targets":[]}' },
      { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "apply_patch", input: "*** Patch" },
      { type: "function_call_output", id: "o1", call_id: "c1", output: "no agents" },
      { type: "custom_tool_call_output", call_id: "c2", output: [{ type: "input_text", text: "Success" }] },
    ],
  });
  const messages = told();
  assert.deepEqual(messages.map(({ role }) => role), ["system", "user", "assistant", "user"]);
  assert.match(messages[2].content, /^On it\.[^]*"name":"agents\.wait","arguments":\{"targets":\[\]\}[^]*"name":"apply_patch","arguments":\{"input":"\*\*\* Patch"\}/);
  assert.match(messages[3].content, /no agents[^]*Success/);
});

test("tools in the input are tools, and what a search found can be called", async () => {
  const found = { ...weather, name: "mail" };
  upstream.queue({ text: call("mail", {}) });
  const { json, headers } = await ask({
    tools: [search],
    input: [
      { type: "additional_tools", role: "developer", tools: [agents] },
      user("Write to Ann"),
      { type: "tool_search_call", call_id: "s1", execution: "client", arguments: { query: "mail" } },
      { type: "tool_search_output", call_id: "s1", execution: "client", status: "completed", tools: [found] },
    ],
  });
  assert.equal(json.output[0].name, "mail");
  assert.equal(headers["x-degpt-ignored"], undefined);
  const messages = told();
  assert.match(messages[0].content, /"name":"agents\.exec"[^]*"name":"mail"/);
  assert.match(messages.at(-1).content, /The tool `mail` can be called from here on\./);
});

test("two tools of one name are a 400, and a provider's own tools are named", async () => {
  const { status, json } = await ask({ tools: [{ ...weather, name: "agents.wait" }, agents] });
  assert.deepEqual([status, json.error.param], [400, "tools[1].tools[0].name"]);
  const own = ["file_search", "image_generation", "code_interpreter", "mcp", "local_shell", "computer_use_preview", "tool_search"];
  const { status: fine, headers } = await ask({ tools: own.map((type) => ({ type })) });
  assert.equal(fine, 200);
  assert.equal(headers["x-degpt-ignored"], own.map((type) => `tools.${type}`).join(", "));
});

test("every kind of choice is obeyed", async () => {
  const tools = [weather, patch];
  for (const [choice, expected] of [
    ["none", /^Hello$/],
    ["required", /Now you must call at least one tool/],
    [{ type: "function", name: "weather" }, /Now you must call `weather`/],
    [{ type: "custom", name: "apply_patch" }, /Now you must call `apply_patch`/],
    [{ type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "weather" }, { type: "web_search" }] }, /Now you must call `weather`/],
  ]) {
    upstream.queue({ text: call("weather", {}) }, { text: call("weather", {}) });
    assert.equal((await ask({ tools, tool_choice: choice })).status, 200);
    assert.match(told()[0].content, expected);
    upstream.reset();
  }
});

test("a format is told, and the answer held to it", async () => {
  const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
  upstream.queue({ text: "Here: {\"a\": 1}" });
  const { json, headers } = await ask({ text: { format: { type: "json_schema", name: "n", strict: true, schema } } });
  assert.equal(json.output[0].content[0].text, '{"a": 1}');
  assert.deepEqual(json.text.format.schema, schema);
  assert.equal(headers["x-degpt-ignored"], undefined);
});

test("pictures and files reach the model", async () => {
  const image = "data:image/png;base64,iVBORw0K";
  await ask({
    model: "gpt-4o",
    input: [{ role: "user", content: [{ type: "input_text", text: "Look" }, { type: "input_image", image_url: image, detail: "auto" }] }],
  });
  assert.match(JSON.stringify(told()), /iVBORw0K/);
  const stored = await ask({ input: [{ role: "user", content: [{ type: "input_image", file_id: "file_1" }] }] });
  assert.deepEqual([stored.status, stored.json.error.param], [400, "input[0].content[0].image_url"]);
});

test("nothing is kept, and that is said", async () => {
  for (const [field, value] of [["previous_response_id", "resp_1"], ["conversation", "conv_1"]]) {
    const { status, json } = await ask({ [field]: value });
    assert.deepEqual([status, json.error.code, json.error.param], [400, "previous_response_not_found", field]);
    assert.match(json.error.message, /Send all of it each time/);
  }
  for (const [more, param] of [[{ background: true }, "background"], [{ prompt: { id: "p" } }, "prompt"], [{ input: [{ type: "item_reference", id: "i" }] }, "input[0].type"], [{ input: [] }, "input"]]) {
    const { status, json } = await ask(more);
    assert.deepEqual([status, json.error.param], [400, param]);
  }
  const headers = { authorization: `Bearer ${KEY}` };
  for (const [method, path] of [["GET", "/resp_1"], ["DELETE", "/resp_1"], ["POST", "/resp_1/cancel"], ["GET", "/resp_1/input_items"], ["POST", "/compact"]]) {
    const { status, json } = await send(gateway, method, RESPONSES + path, { headers });
    assert.deepEqual([status, json.error.type], [404, "invalid_request_error"]);
  }
  assert.equal((await send(gateway, "GET", RESPONSES, { headers })).status, 405);
});

test("tokens are counted as those of an answer", async () => {
  const { json: answer } = await ask({ instructions: "Be brief." });
  const { status, json } = await post(gateway, `${RESPONSES}/input_tokens`, { model: "deepseek-chat", input: "Hello", instructions: "Be brief." });
  assert.equal(status, 200);
  assert.deepEqual(json, { object: "response.input_tokens", input_tokens: answer.usage.input_tokens });
});

test("a body at the wrong address is told the right one", async () => {
  const codex = { model: "gpt-5", input: [user("Hi")], tools: [{ type: "custom", name: "apply_patch" }, agents], reasoning: { effort: "low" } };
  for (const path of [CHAT, MESSAGES]) {
    const { status, json } = await post(gateway, path, codex);
    assert.equal(status, 400);
    assert.match(json.error.message, /\/api\/v1\/responses/);
  }
  const { status, json } = await post(gateway, RESPONSES, { messages: [user("Hi")], tools: [{ type: "function", function: { name: "f" } }] });
  assert.deepEqual([status, json.error.param], [400, "messages"]);
  assert.match(json.error.message, /\/api\/v1\/chat\/completions/);
});

test("an answer that is too large to be repeated at its end fails, and the next one is answered", async () => {
  const piece = "word ".repeat(40_000);
  const says = (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
  const raw = (count) => ({ raw: [...Array(count).fill(says(piece)), "data: [DONE]\n\n"] });
  upstream.queue(raw(60));
  const { text, error } = await stream({});
  assert.equal(error.code, "server_is_overloaded", error.message);
  assert.ok(text.length > 2_000_000 && piece.repeat(60).startsWith(text));
  upstream.queue(raw(10));
  const { finish, response } = await stream({});
  assert.deepEqual([finish, response.output[0].content[0].text.length], ["completed", 2_000_000]);
});

test("an item of an unknown type is refused by its place, one of the provider's servers is named", async () => {
  for (const item of [{ type: "hologram", content: "Look" }, { type: "container_upload", file_id: "f" }, { type: "input_text", text: "Hi" }]) {
    const { status, json } = await ask({ input: [user("Hi"), item] });
    assert.equal(status, 400, item.type);
    assert.equal(json.error.param, "input[1].type");
    assert.match(json.error.message, new RegExp(item.type));
  }
  for (const type of ["reasoning", "compaction", "web_search_call", "mcp_list_tools", "mcp_approval_request"]) {
    upstream.queue({ text: "Hi" });
    const { status, headers } = await ask({ input: [user("Hi"), { type, id: "i" }] });
    assert.equal(status, 200, type);
    assert.equal(headers["x-degpt-ignored"]?.split(", ")[0], `input[].${type}`);
  }
});
