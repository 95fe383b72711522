/**
 * Every field of a request is obeyed, named in `x-degpt-ignored`, or refused: requests as clients
 * are known to send them, in both dialects, and what comes of them at DeGPT and at the client.
 * docs/fields.md is the table; `tests/core/properties.rs` has random fields at every level.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, COUNT_TOKENS, MESSAGES, chunks, dialects, get, lastBody, messageEvents, post, said, send, startBoth, timesAsked, user } from "./client.mjs";
import { paths } from "../upstream/paths.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const [OPENAI, ANTHROPIC] = dialects;
const STRICT = { "x-degpt-strict": "true" };
const PICTURE = "data:image/png;base64,iVBORw0KGgo=";
const schema = { type: "object", properties: { city: { type: "string" } } };
const QWEN = "qwen3-235b-a22b";
const CLAUDE = "claude-sonnet-4-5-20250929";

const ignoredOf = ({ headers }) => headers["x-degpt-ignored"];
const toldOf = () => JSON.stringify(lastBody(upstream).messages);

/** Asks, and is answered with what is ignored: 200, and under strict a 400 that names the first. */
async function assertIgnored({ name, path, body }, fields, ignored) {
  const what = `${name} ${JSON.stringify(fields)}`;
  const answer = await post(gateway, path, body(fields));
  assert.equal(answer.status, 200, `${what}: ${answer.text}`);
  assert.equal(ignoredOf(answer), ignored, what);
  const asked = timesAsked(upstream, paths.chat);
  const strict = await post(gateway, path, body(fields), STRICT);
  assert.equal(strict.status, ignored === undefined ? 200 : 400, `${what}: ${strict.text}`);
  if (ignored !== undefined) {
    const [first] = ignored.split(", ");
    assert.ok(strict.json.error.message.includes(first) || strict.json.error.param === first, `${what}: ${strict.text}`);
    assert.equal(timesAsked(upstream, paths.chat), asked, "DeGPT was asked");
  }
  return answer;
}

async function assertRefused({ name, path, body }, fields, param, word) {
  const what = `${name} ${JSON.stringify(fields)}`;
  const { status, json, text } = await post(gateway, path, body(fields));
  assert.equal(status, 400, `${what}: ${text}`);
  assert.ok(json.error.message.startsWith(`${param}: `) || json.error.param === param, `${what}: ${text}`);
  if (word) assert.ok(text.includes(word), `${what}: ${text}`);
}

for (const dialect of dialects) {
  const { name } = dialect;

  test(`${name}: unknown fields are named by path, once each, in the request's order`, async () => {
    await assertIgnored(dialect, { foo: 1 }, "foo");
    await assertIgnored(dialect, { foo: null }, undefined);
    await assertIgnored(dialect, { zeta: {}, temperature: 1, alpha: [], top_p: 1 }, "zeta, temperature, alpha, top_p");
    const message = (text, more) => ({ ...user([{ type: "text", text, tint: "red" }]), mood: 1, ...more });
    const messages = [message("a"), message("b", { again: true }), message("c")];
    await assertIgnored(dialect, { messages }, "messages[].content[].tint, messages[].mood, messages[].again");
  });

  test(`${name}: a header stays a header`, async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `field_${index}`);
    const many = await post(gateway, dialect.path, dialect.body(Object.fromEntries(names.map((field) => [field, 1]))));
    assert.equal(many.status, 200);
    assert.ok(ignoredOf(many).length <= 1024 && ignoredOf(many).endsWith(", ..."), ignoredOf(many));
    assert.ok(ignoredOf(many).startsWith("field_0, field_1, field_2, "));
    const odd = await assertIgnored(dialect, { "a\r\nx: y": 1, 模: 1, ["long".repeat(2_000)]: 1, "": 1 }, undefined).catch((error) => error);
    assert.ok(odd.actual, odd);
    const value = odd.actual;
    assert.match(value, /^[!-~]+(, [!-~]+)*$/);
    assert.ok(value.length < 400 && value.startsWith("a??x:?y, ?, longlong"), value);
    // One path that has no room: the list is cut before it.
    const deep = `${'{"extra_body":'.repeat(110)}{"foo":1}${"}".repeat(110)}`;
    const one = await post(gateway, dialect.path, `${deep.slice(0, -1)},${JSON.stringify(dialect.body()).slice(1)}`);
    assert.deepEqual([one.status, ignoredOf(one)], [200, "..."]);
  });

  test(`${name}: a name with half a character is named by its place`, async () => {
    await assertIgnored(dialect, { "a\ud83d": 1, "b\ude0a": null }, "a?");
    await assertIgnored(dialect, { messages: [{ ...user([{ type: "text", text: "Hi", "c\ud83d": 1 }]), "d\ud83d": 1 }] }, "messages[].content[].c?, messages[].d?");
    await assertIgnored(dialect, { tools: [{ name: "weather", input_schema: schema, "e\ud83d": 1 }] }, "tools[].e?");
  });

  test(`${name}: a value that asks nothing does so however it is written`, async () => {
    const tools = [{ name: "weather", input_schema: schema, allowed_callers: ["direct"] }];
    const fields = { mcp_servers: [], logprobs: false, tools };
    await assertIgnored(dialect, fields, undefined);
    for (const indent of [2, "\t"]) {
      const text = JSON.stringify(dialect.body(fields), null, indent).replace('"mcp_servers": []', '"mcp_servers": [\r\n\r\n]');
      const answer = await post(gateway, dialect.path, text, STRICT);
      assert.deepEqual([answer.status, ignoredOf(answer)], [200, undefined], answer.text);
    }
  });

  test(`${name}: what official clients send with every request is not named`, async () => {
    for (const fields of [
      { user: "u", metadata: { user_id: "u" }, safety_identifier: "s", prompt_cache_key: "k", prompt_cache_retention: "24h" },
      { store: false, service_tier: "auto", logprobs: false, top_logprobs: 0, parallel_tool_calls: true, cache_control: { type: "ephemeral" } },
      { stream_options: null, mcp_servers: [], speed: "standard", modalities: ["text"], n: 1 },
      { messages: [user([{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }])] },
    ]) {
      await assertIgnored(dialect, fields, undefined);
    }
  });

  test(`${name}: system text by any name is obeyed`, async () => {
    for (const fields of [
      { system: [{ type: "text", text: "PIRATE", cache_control: { type: "ephemeral" } }] },
      { system: "PIRATE" },
      { instructions: "PIRATE" },
      { messages: [{ role: "developer", content: "PIRATE" }, user("Hi")] },
      { messages: [{ role: "system", content: [{ type: "text", text: "PIRATE" }] }, user("Hi")] },
    ]) {
      for (const model of [CLAUDE, "deepseek-chat"]) {
        await assertIgnored(dialect, { model, ...fields }, undefined);
        assert.match(toldOf(), /PIRATE/);
        assert.ok(toldOf().indexOf("PIRATE") < toldOf().search(/Hi|Hello/), toldOf());
      }
    }
    await assertIgnored(dialect, { instructions: "FIRST", system: "SECOND" }, undefined);
    assert.match(toldOf(), /FIRST.*SECOND|SECOND.*FIRST/s);
  });

  test(`${name}: the billing line of a client's system text is taken out`, async () => {
    const line = "x-anthropic-billing-header: cc_version=2.1; cch=00000;";
    for (const system of [[{ type: "text", text: line }, { type: "text", text: "PIRATE" }], `${line}\nPIRATE`, `PIRATE\n${line}`]) {
      for (const fields of [{ system }, { messages: [{ role: "system", content: system }, user("Hi")] }]) {
        await assertIgnored(dialect, fields, undefined);
        assert.match(toldOf(), /PIRATE/);
        assert.doesNotMatch(toldOf(), /billing/);
      }
    }
    await assertIgnored(dialect, { messages: [user(line)] }, undefined);
    assert.match(toldOf(), /billing/);
  });

  // fields, the model, whether it thinks, what is named
  const THINKS = "qwen3-235b-a22b-think";
  const SWITCHES = [
    [{ reasoning: { effort: "medium" } }, QWEN, true],
    [{ reasoning: { enabled: true } }, QWEN, true],
    [{ reasoning: { max_tokens: 2000 } }, QWEN, true, "reasoning.max_tokens"],
    [{ reasoning: { max_tokens: 0 } }, QWEN, false, "reasoning.max_tokens"],
    [{ reasoning: { max_tokens: 0 } }, THINKS, false, "reasoning.max_tokens"],
    [{ reasoning_effort: "high" }, QWEN, true],
    [{ thinking: { type: "enabled" } }, QWEN, true],
    [{ thinking: { type: "auto" } }, QWEN, true],
    [{ enable_thinking: true }, QWEN, true],
    [{ chat_template_kwargs: { enable_thinking: true } }, QWEN, true],
    [{ chat_template_kwargs: { thinking: true } }, QWEN, true],
    [{ extra_body: { reasoning: { effort: "low" } } }, QWEN, true],
    [{ extra_body: { chat_template_kwargs: { enable_thinking: true } } }, QWEN, true],
    [{ extra_body: { foo: 1, enable_thinking: false } }, QWEN, false, "extra_body.foo"],
    [{ reasoning_effort: "none" }, QWEN, false],
    [{ reasoning: { effort: "none" } }, QWEN, false],
    // A model that cannot.
    [{ reasoning_effort: "high" }, "deepseek-chat", false, "reasoning_effort"],
    [{ reasoning: { effort: "high" } }, "deepseek-chat", false, "reasoning.effort"],
    [{ thinking: { type: "enabled" } }, "deepseek-chat", false, "thinking"],
    [{ thinking: { type: "adaptive" }, reasoning_effort: "low" }, "gpt-5", false, "thinking, reasoning_effort"],
    // One that can be switched off, and those that cannot.
    [{ enable_thinking: false }, THINKS, false],
    [{ thinking: { type: "disabled" } }, THINKS, false],
    [{ thinking: { type: "disabled" } }, `${CLAUDE}-think`, false],
    [{ reasoning: { enabled: false } }, THINKS, false],
    [{ reasoning_effort: "none" }, THINKS, false],
    [{ extra_body: { chat_template_kwargs: { enable_thinking: false } } }, THINKS, false],
    [{ thinking: { type: "disabled" } }, "deepseek-reasoner", true, "thinking"],
    [{ enable_thinking: false }, "o3", true, "enable_thinking"],
    // A switch wins over an effort, and off over on.
    [{ reasoning_effort: "high", thinking: { type: "disabled" } }, QWEN, false, "reasoning_effort"],
    [{ reasoning_effort: "none", thinking: { type: "enabled" } }, QWEN, true, "reasoning_effort"],
    [{ enable_thinking: true, thinking: { type: "disabled" } }, QWEN, false, "enable_thinking"],
    [{ thinking: { type: "sometimes" } }, QWEN, false, "thinking"],
    [{}, THINKS, true],
    [{}, QWEN, false],
  ];
  test(`${name}: thinking is switched by every switch in use, or the switch is named`, async () => {
    for (const [fields, model, thinks, ignored] of SWITCHES) {
      await assertIgnored(dialect, { model, ...fields }, ignored);
      const { enable_thinking } = lastBody(upstream);
      assert.equal(enable_thinking, thinks, `${name} ${model} ${JSON.stringify(fields)}`);
    }
  });

  test(`${name}: thoughts are left out of the answer where they are not wanted`, async () => {
    for (const fields of [{ include_reasoning: false }, { reasoning: { exclude: true, effort: "high" } }, { thinking: { type: "enabled", display: "omitted" } }]) {
      for (const stream of [false, true]) {
        upstream.queue({ reasoning: "Hm", text: "Yes" });
        const answer = await post(gateway, dialect.path, dialect.body({ model: THINKS, stream, ...fields }));
        assert.deepEqual(said(answer), { text: "Yes", reasoning: "" });
        assert.equal(ignoredOf(answer), undefined);
      }
    }
    upstream.queue({ reasoning: "Hm", text: "Yes" });
    const answer = await post(gateway, dialect.path, dialect.body({ model: THINKS, include_reasoning: true }));
    assert.deepEqual(said(answer), { text: "Yes", reasoning: "Hm" });
  });

  test(`${name}: stop sequences by either name are kept, and empty ones named`, async () => {
    for (const fields of [{ stop: "END" }, { stop: ["END"] }, { stop_sequences: ["END"] }, { stop: ["x"], stop_sequences: ["END"] }]) {
      upstream.queue({ text: "one END two" });
      const answer = await post(gateway, dialect.path, dialect.body(fields));
      assert.deepEqual([said(answer).text, ignoredOf(answer)], ["one ", undefined]);
    }
    for (const [fields, ignored] of [[{ stop: "" }, "stop"], [{ stop: [""] }, "stop"], [{ stop_sequences: [""] }, "stop_sequences"]]) {
      await assertIgnored(dialect, fields, ignored);
    }
    upstream.queue({ text: "one END two" });
    const answer = await post(gateway, dialect.path, dialect.body({ stop: ["", "END"] }));
    assert.deepEqual([said(answer).text, ignoredOf(answer)], ["one ", "stop"]);
  });

  test(`${name}: stop sequences that are refused are called as the client calls them`, async () => {
    const many = Array.from({ length: 65 }, (_, index) => `s${index}`);
    for (const given of ["x".repeat(5_000), many]) {
      await assertRefused(dialect, { stop: given }, "stop");
      await assertRefused(dialect, { stop_sequences: [given].flat() }, "stop_sequences");
    }
  });

  test(`${name}: whole numbers may be written as floats`, async () => {
    for (const number of ["2.0", "2e0", "0.2e1", "200E-2"]) {
      upstream.queue({ text: "one two three four" });
      const body = JSON.stringify(dialect.body({ max_tokens: 0 })).replace('"max_tokens":0', `"max_tokens":${number}`);
      const answer = await post(gateway, dialect.path, body);
      assert.deepEqual([answer.status, said(answer).text], [200, "one two"], answer.text);
    }
    for (const number of ["1.5", "-1.0", "1e-1", "1e99", "1e999999999999"]) {
      const body = JSON.stringify(dialect.body({ max_tokens: 0 })).replace('"max_tokens":0', `"max_tokens":${number}`);
      assert.equal((await post(gateway, dialect.path, body)).status, 400, number);
    }
  });

  test(`${name}: log probabilities are named`, async () => {
    await assertIgnored(dialect, { logprobs: true, top_logprobs: 5 }, "logprobs, top_logprobs");
  });

  const limits = [{ max_completion_tokens: 2 }, { max_output_tokens: 2 }];
  test(`${name}: a limit of tokens by a neighbour's name is kept`, async () => {
    for (const fields of limits) {
      upstream.queue({ text: "one two three four" });
      const answer = await post(gateway, dialect.path, dialect.body(fields));
      assert.deepEqual([said(answer).text, ignoredOf(answer)], ["one two", undefined]);
    }
  });

  test(`${name}: the form of an answer by a neighbour's name is kept`, async () => {
    const format = { type: "json_schema", schema };
    for (const fields of [
      { response_format: { type: "json_schema", json_schema: { name: "w", schema, strict: true } } },
      { output_config: { format } },
      { output_format: format },
    ]) {
      upstream.queue({ text: 'Sure: {"city": "Rome"}' });
      const answer = await post(gateway, dialect.path, dialect.body(fields));
      assert.deepEqual([said(answer).text, ignoredOf(answer)], ['{"city": "Rome"}', undefined], JSON.stringify(fields));
    }
    const unknown = { response_format: { type: "json_object", foo: 1 } };
    upstream.queue({ text: "{}" });
    assert.equal(ignoredOf(await post(gateway, dialect.path, dialect.body(unknown))), "response_format.foo");
  });

  const calling = 'Use weather({"city":"Paris"})';
  const FORMS = [
    { type: "function", function: { name: "weather", parameters: schema } },
    { type: "function", name: "weather", parameters: schema },
    { name: "weather", input_schema: schema },
    { type: "function", function: { name: "weather", input_schema: schema } },
    { type: "custom", name: "weather", input_schema: schema },
  ];
  const callsOf = ({ json }) =>
    json.choices
      ? (json.choices[0].message.tool_calls ?? []).map(({ function: { name, arguments: text } }) => [name, JSON.parse(text)])
      : json.content.filter(({ type }) => type === "tool_use").map((block) => [block.name, block.input]);

  test(`${name}: a tool in either dialect's form is one`, async () => {
    for (const tool of FORMS) {
      const answer = await post(gateway, dialect.path, dialect.body({ messages: [user(calling)], tools: [tool] }));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(callsOf(answer), [["weather", { city: "Paris" }]], JSON.stringify(tool));
      assert.equal(ignoredOf(answer), undefined);
      assert.match(toldOf(), /properties/);
    }
  });

  test(`${name}: unknown fields of tools are named`, async () => {
    for (const [tool, ignored] of [
      [{ type: "function", function: { name: "weather", parameters: schema, foo: 1, strict: true } }, "tools[].function.foo"],
      [{ name: "weather", input_schema: schema, strict: true, bar: 1 }, "tools[].bar"],
      [{ name: "weather", input_schema: schema, strict: false, eager_input_streaming: true, cache_control: { type: "ephemeral" } }, undefined],
    ]) {
      await assertIgnored(dialect, { tools: [tool, { ...tool, name: tool.name && "other" }] }, ignored);
    }
  });

  test(`${name}: of two schemas of a tool one counts, and the other is named`, async () => {
    const both = { name: "weather", input_schema: schema, parameters: { type: "object", title: "LOST" } };
    await assertIgnored(dialect, { tools: [both, { name: "other", input_schema: schema }] }, "tools[].parameters");
    assert.doesNotMatch(toldOf(), /LOST/);
    await assertIgnored(dialect, { tools: [{ type: "function", function: both }] }, "tools[].function.parameters");
    assert.doesNotMatch(toldOf(), /LOST/);
    const named = { type: "function", function: { name: "weather" }, name: "other" };
    const allowed_tools = { mode: "auto", tools: [named] };
    const place = "tool_choice.allowed_tools.tools[].name";
    await assertIgnored(dialect, { tools: [FORMS[0]], tool_choice: { type: "allowed_tools", allowed_tools } }, place);
  });

  test(`${name}: a tool_choice in either dialect's form is its word`, async () => {
    const tools = [FORMS[0], { type: "function", function: { name: "time", parameters: schema } }];
    for (const [tool_choice, must, none] of [
      ["auto"],
      ["none", "", true],
      ["required", "must call at least one tool"],
      ["any", "must call at least one tool"],
      [{ type: "auto" }],
      [{ type: "none" }, "", true],
      [{ type: "required" }, "must call at least one tool"],
      [{ type: "any" }, "must call at least one tool"],
      [{ type: "function", function: { name: "time" } }, "must call `time`"],
      [{ type: "function", name: "time" }, "must call `time`"],
      [{ type: "tool", name: "time" }, "must call `time`"],
      [{ type: "auto", disable_parallel_tool_use: true }, "one call at a time"],
    ]) {
      upstream.queue({ text: '<tool_call>{"name": "time", "arguments": {}}</tool_call>' });
      const answer = await post(gateway, dialect.path, dialect.body({ tools, tool_choice }));
      const what = `${JSON.stringify(tool_choice)}: ${answer.text}`;
      assert.equal(answer.status, 200, what);
      assert.equal(ignoredOf(answer), undefined, what);
      assert.equal(/# Tools/.test(toldOf()), !none, what);
      if (must) assert.ok(toldOf().includes(must), what);
      if (!must) assert.ok(!toldOf().includes("must call"), what);
    }
    for (const tool_choice of ["maybe", { type: "maybe" }]) {
      assert.equal((await post(gateway, dialect.path, dialect.body({ tools, tool_choice }))).status, 400);
    }
    upstream.queue({ text: "Hi" });
    const one = await post(gateway, dialect.path, dialect.body({ tools, parallel_tool_calls: false }));
    assert.equal(one.status, 200);
    assert.match(toldOf(), /one call at a time/);
  });

  test(`${name}: a call that nothing can make is not asked for`, async () => {
    for (const tools of [undefined, [], [{ type: "code_execution_20250825", name: "code_execution" }], [{ type: "code_interpreter" }]]) {
      for (const tool_choice of ["required", { type: "any" }, { type: "tool", name: "weather" }, { type: "function", function: { name: "weather" } }]) {
        const { status, text } = await post(gateway, dialect.path, dialect.body({ tools, tool_choice }));
        assert.equal(status, 400, `${JSON.stringify({ tools, tool_choice })} ${text}`);
        assert.match(text, /tool_choice/);
      }
      for (const tool_choice of ["auto", { type: "auto" }, "none", { type: "none" }]) {
        const { status } = await post(gateway, dialect.path, dialect.body({ tools, tool_choice }));
        assert.equal(status, 200);
      }
    }
  });

  test(`${name}: tools that a provider would run are named`, async () => {
    for (const [tool, ignored] of [
      [{ type: "code_execution_20250825", name: "code_execution", max_uses: 5 }, "tools.code_execution"],
      [{ type: "file_search", vector_store_ids: ["v"] }, "tools.file_search"],
      [{ type: "code_interpreter", container: { type: "auto" } }, "tools.code_interpreter"],
      [{ type: "image_generation" }, "tools.image_generation"],
      [{ type: "mcp", server_label: "s", server_url: "https://a.example" }, "tools.mcp"],
      [{ type: "mcp_toolset", mcp_server_name: "s" }, "tools.mcp_toolset"],
    ]) {
      await assertIgnored(dialect, { tools: [tool, tool] }, ignored);
      await assertIgnored(dialect, { tools: [tool, FORMS[0]], zeta: 1 }, `${ignored}, zeta`);
    }
    await assertRefused(dialect, { tools: [{ type: "teleport" }] }, name === "OpenAI" ? "tools[0].type" : "tools[0].type", "teleport");
  });

  test(`${name}: pictures that no model takes from a speaker are left out and named`, async () => {
    const openai = name === "OpenAI";
    const picture = openai
      ? { type: "image_url", image_url: { url: PICTURE } }
      : { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };
    const content = [{ type: "text", text: "DRAWN" }, picture];
    const place = `messages[].content[].${picture.type}`;
    await assertIgnored(dialect, { messages: [user("Draw"), { role: "assistant", content }, user("Again")] }, place);
    assert.match(toldOf(), /DRAWN/);
    assert.doesNotMatch(toldOf(), /iVBOR/);
    await assertIgnored(dialect, { messages: [{ role: "system", content }, user("Hi")] }, place);
    await assertIgnored(dialect, { system: content }, `system[].${picture.type}`);
    assert.match(toldOf(), /DRAWN/);
    // They are not looked at.
    for (const broken of openai
      ? [{ type: "image_url", image_url: { url: "data:image/png;base64," } }, { type: "file", file: { file_id: "f" } }]
      : [{ type: "image", source: { type: "base64", media_type: "image/png", data: "" } }, { type: "document", source: { type: "file", file_id: "f" } }]) {
      const messages = [user("Draw"), { role: "assistant", content: [{ type: "text", text: "DRAWN" }, broken] }, user("Again")];
      const left = await post(gateway, dialect.path, dialect.body({ messages }));
      assert.equal(left.status, 200, left.text);
      assert.ok(ignoredOf(left).split(", ").includes(`messages[].content[].${broken.type}`), ignoredOf(left));
      assert.match(toldOf(), /DRAWN/);
    }
    // Nothing but a picture: the turn is gone, and the conversation goes on.
    await assertIgnored(dialect, { messages: [user("Draw"), { role: "assistant", content: [picture] }, user("Again")] }, place);
  });

  test(`${name}: an empty or broken data URL is refused by its place`, async () => {
    const openai = name === "OpenAI";
    for (const data of ["", "!!!", "iVBORw0KGgo=====", "a b%c", "=AAA", "{}", "AAAAA"]) {
      const part = openai
        ? { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }
        : { type: "image", source: { type: "base64", media_type: "image/png", data } };
      const at = openai ? "image_url.url" : "source.data";
      await assertRefused(dialect, { messages: [user([part])] }, `messages[0].content[0].${at}`);
      const file = openai
        ? { type: "file", file: { file_data: `data:application/pdf;base64,${data}` } }
        : { type: "document", source: { type: "base64", media_type: "application/pdf", data } };
      await assertRefused(dialect, { messages: [user([file])] }, `messages[0].content[0].${openai ? "file.file_data" : at}`);
    }
    {
      const part = openai
        ? { type: "image_url", image_url: { url: PICTURE } }
        : { type: "image", source: { type: "base64", media_type: "image/png", data: PICTURE.split(",")[1] } };
      await assertIgnored(dialect, { model: openai ? "gpt-4o" : CLAUDE, messages: [user([part])] }, undefined);
    }
    const nameless = openai
      ? { type: "image_url", image_url: { url: "data:;base64,AAAA" } }
      : { type: "image", source: { type: "base64", media_type: "", data: "AAAA" } };
    await assertRefused(dialect, { messages: [user([nameless])] }, `messages[0].content[0].${openai ? "image_url.url" : "source.media_type"}`);
  });

  test(`${name}: a picture at no address is refused by its place`, async () => {
    for (const url of ["http:", "https://", "https:///a.png", "http:a.png", "https://?a", "https:// a", "", "/a.png", "data:image/png;base64,"]) {
      const [part, at] =
        name === "OpenAI"
          ? [{ type: "image_url", image_url: { url } }, "image_url.url"]
          : [{ type: "image", source: { type: "url", url } }, "source.url"];
      await assertRefused(dialect, { messages: [user([part])] }, `messages[0].content[0].${at}`);
    }
    for (const media_type of ["png", "/", "image/", "/png"]) {
      const [part, at] =
        name === "OpenAI"
          ? [{ type: "image_url", image_url: { url: `data:${media_type};base64,AAAA` } }, "image_url.url"]
          : [{ type: "image", source: { type: "base64", media_type, data: "AAAA" } }, "source.media_type"];
      await assertRefused(dialect, { messages: [user([part])] }, `messages[0].content[0].${at}`);
    }
  });

  test(`${name}: a part of an unknown type is refused by its place`, async () => {
    for (const type of ["container_upload", "hologram"]) {
      const part = { type, file_id: "f" };
      await assertRefused(dialect, { messages: [user([part])] }, "messages[0].content[0].type", type);
      await assertRefused(dialect, { messages: [user("Hi"), { role: "assistant", content: [part] }, user("Hi")] }, "messages[1].content[0].type", type);
    }
  });

  test(`${name}: fields in a part of another type are named`, async () => {
    const part = name === "OpenAI" ? { type: "text", text: "Hi", image_url: { url: PICTURE } } : { type: "text", text: "Hi", source: "s" };
    await assertIgnored(dialect, { messages: [user([part])] }, `messages[].content[].${name === "OpenAI" ? "image_url" : "source"}`);
  });

  test(`${name}: a history that ends in a call without its result goes on without it`, async () => {
    const turn =
      name === "OpenAI"
        ? { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: "{}" } }] }
        : { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "weather", input: {} }] };
    for (const model of ["deepseek-chat", CLAUDE, "gpt-5", QWEN, "qwen3-235b-a22b-think", "gemini-2.5-pro"]) {
      await assertIgnored(dialect, { model, tools: [FORMS[0]], messages: [user("Weather?"), turn] }, undefined);
      const { messages, reload = false } = lastBody(upstream);
      const last = messages.at(-1);
      assert.deepEqual([last.role, reload], ["user", false], model);
      assert.match(last.content, /^<tool_response id="c1" status="error">\n.*no result.*\n<\/tool_response>$/i, model);
      assert.doesNotMatch(toldOf(), /Continue exactly/);
    }
  });
}

test("OpenAI: thoughts of an assistant's turn are named", async () => {
  const messages = [user("Hi"), { role: "assistant", content: "Ho", reasoning_content: "SECRET" }, user("And?")];
  for (const model of ["deepseek-reasoner", QWEN, CLAUDE]) {
    await assertIgnored(OPENAI, { model, messages }, "messages[].reasoning_content");
    assert.doesNotMatch(toldOf(), /SECRET/);
  }
});

test("Anthropic: thoughts of an assistant's turn are named, and those of a user's ask nothing", async () => {
  const thought = { type: "thinking", thinking: "SECRET", signature: "" };
  const turn = (role) => ({ role, content: [thought, { type: "text", text: "Ho" }] });
  await assertIgnored(ANTHROPIC, { messages: [user("Hi"), turn("assistant"), user("And?")] }, "messages[].content[].thinking");
  await assertIgnored(ANTHROPIC, { messages: [turn("user")] }, undefined);
});

test("Anthropic: a block of an unknown type in a tool's result is refused by its place", async () => {
  for (const type of ["container_upload", "hologram"]) {
    const result = { type: "tool_result", tool_use_id: "c", content: [{ type: "text", text: "x" }, { type, file_id: "f" }] };
    await assertRefused(ANTHROPIC, { messages: [user([result])] }, "messages[0].content[0].content[1].type", type);
  }
});

test("OpenAI: what an assistant's message has from official clients is not named", async () => {
  const turn = { role: "assistant", content: "Ho", refusal: null, annotations: [], audio: null, function_call: null, tool_calls: null, parsed: null };
  await assertIgnored(OPENAI, { messages: [user("Hi"), turn, user("And?")] }, undefined);
  const call = { id: "c", type: "function", index: 0, function: { name: "f", arguments: "{}", parsed_arguments: {} } };
  const messages = [user("Hi"), { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "c", name: "f", content: "x" }];
  await assertIgnored(OPENAI, { messages }, undefined);
});

test("OpenAI: fields of another role's messages are named", async () => {
  const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
  await assertIgnored(OPENAI, { messages: [{ ...user("Hi"), tool_calls: [call], name: "ann" }] }, "messages[].tool_calls, messages[].name");
});

test("OpenAI: custom tools take text and give text, in requests and in the history", async () => {
  const custom = { type: "custom", custom: { name: "run", description: "Runs a script" } };
  const text = 'print("hi")\nexit';
  const written = `<tool_call>{"name": "run", "arguments": ${JSON.stringify({ input: text })}}</tool_call>`;
  const tools = [custom, { type: "function", function: { name: "weather", parameters: schema } }];
  for (const tool_choice of ["auto", { type: "custom", custom: { name: "run" } }]) {
    upstream.queue({ text: written });
    const { json, headers } = await post(gateway, CHAT, { messages: [user("Hi")], tools, tool_choice });
    const [{ id, ...call }] = json.choices[0].message.tool_calls;
    assert.deepEqual([call, headers["x-degpt-ignored"]], [{ type: "custom", custom: { name: "run", input: text } }, undefined]);

    upstream.queue({ text: written });
    const streamed = await post(gateway, CHAT, { messages: [user("Hi")], tools, tool_choice, stream: true });
    const deltas = chunks(streamed.text).flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    assert.deepEqual(deltas[0], { index: 0, id: deltas[0].id, type: "custom", custom: { name: "run", input: "" } });
    assert.equal(deltas.map((delta) => delta.custom.input).join(""), text);

    const turn = { role: "assistant", content: null, tool_calls: [{ id, ...call }] };
    const messages = [user("Hi"), turn, { role: "tool", tool_call_id: id, content: "DONE" }];
    await assertIgnored(OPENAI, { messages, tools }, undefined);
    assert.match(toldOf(), /DONE/);
    assert.ok(toldOf().includes(JSON.stringify(JSON.stringify({ input: text })).slice(1, -1).slice(1, 20)), toldOf());
  }
  const grammar = { type: "custom", custom: { name: "run", format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } } } };
  await assertIgnored(OPENAI, { tools: [grammar] }, undefined);
  assert.match(JSON.stringify(lastBody(upstream).messages), /lark/);
  await assertIgnored(OPENAI, { tools: [{ type: "custom", custom: { name: "run", format: { type: "text" } } }] }, undefined);
  await assertIgnored(OPENAI, { tools: [{ type: "custom", custom: { name: "run", format: { type: "regex" } } }] }, "tools[].custom.format");
  await assertIgnored(OPENAI, { tools: [{ type: "custom", name: "run", format: {} }] }, "tools[].format");
});

test("OpenAI: of tools and functions, both choices and both forms, what is not obeyed is named", async () => {
  const spec = { name: "weather", parameters: schema };
  const tools = [{ type: "function", function: spec }];
  await assertIgnored(OPENAI, { tools, functions: [spec], function_call: "none" }, "functions, function_call");
  await assertIgnored(OPENAI, { functions: [spec], tool_choice: "auto" }, "tool_choice");
  await assertIgnored(OPENAI, { functions: [{ ...spec, input_schema: schema }] }, "functions[].parameters");
  const call = { id: "c", type: "custom", custom: { name: "f", input: "x" }, function: { name: "LOST", arguments: "{}" } };
  const messages = [user("Hi"), { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "c", content: "x" }];
  await assertIgnored(OPENAI, { messages }, "messages[].tool_calls[].function");
  const file = { file_data: "https://a.example/a.pdf", file_url: "https://a.example/b.pdf" };
  await assertIgnored(OPENAI, { model: "gpt-4o", messages: [user([{ type: "file", file }])] }, "messages[].content[].file.file_url");
  assert.doesNotMatch(toldOf(), /LOST/);
  const format = { type: "json_schema", schema };
  upstream.queue({ text: "{}" });
  const answer = await post(gateway, CHAT, OPENAI.body({ response_format: { type: "json_object" }, output_format: format }));
  assert.equal(ignoredOf(answer), "output_format");
});

test("count_tokens is strict as well", async () => {
  const body = { model: "deepseek-chat", messages: [user("Hi")] };
  assert.equal((await post(gateway, COUNT_TOKENS, { ...body, foo: 1 })).status, 200);
  for (const fields of [{ foo: 1 }, { thinking: { type: "enabled" } }]) {
    const { status, text } = await post(gateway, COUNT_TOKENS, { ...body, ...fields }, STRICT);
    assert.equal(status, 400, text);
  }
});

test("/api/api/hello is /api/hello", async () => {
  for (const path of ["/api/hello", "/api/api/hello", "/api/v1/api/hello", "/v1/api/hello"]) {
    for (const method of ["GET", "HEAD"]) {
      const { status, text } = await send(gateway, method, path);
      assert.deepEqual([status, text.includes("degpt-edge")], [200, method === "GET"], `${method} ${path}`);
    }
  }
});

test("a wrong key cannot list the models; without a key anybody can", async () => {
  for (const path of ["/api/v1/models", "/api/v1/models/deepseek-chat"]) {
    for (const headers of [{ authorization: "Bearer wrong" }, { "x-api-key": "wrong" }]) {
      for (const sign of [{}, { "anthropic-version": "2023-06-01" }]) {
        const { status, json } = await get(gateway, path, { ...headers, ...sign });
        assert.equal(status, 401);
        assert.equal(json.error.type, sign["anthropic-version"] ? "authentication_error" : "invalid_request_error");
      }
    }
    for (const headers of [{}, { authorization: "Bearer key-of-the-tests" }, { "x-api-key": "key-of-the-tests" }, { authorization: "" }]) {
      assert.equal((await get(gateway, path, headers)).status, 200, JSON.stringify(headers));
    }
  }
});

test("streams say what is ignored, too", async () => {
  for (const { path, body } of dialects) {
    const answer = await post(gateway, path, body({ foo: 1, stream: true }));
    assert.deepEqual([answer.status, ignoredOf(answer)], [200, "foo"]);
    if (path === MESSAGES) messageEvents(answer.text);
    else chunks(answer.text);
  }
});
