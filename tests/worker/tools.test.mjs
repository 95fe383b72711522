/**
 * Tools and structured output through the built Worker: what the model is told, what the client
 * gets, and a loop of calls and results to its end, in both dialects and for every family.
 */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { CHAT, MESSAGES, chatsOf, chunks, messageEvents, post, said, startBoth, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();
beforeEach(() => upstream.reset());

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const WEATHER = { paris: "18 °C, rain", rome: "25 °C" };
/** What the tools of the tests do. */
const run = ({ city }) => WEATHER[city.toLowerCase()] ?? `no such city: ${city}`;

const TASK = 'Use weather({"city":"Paris"}) and weather({"city":"Rome"}) then weather({"city":"Atlantis"})';
const OUTCOME = "The tools say: 18 °C, rain; 25 °C; error no such city: Atlantis.";
const isError = (result) => result.startsWith("no such");

/** A client of each dialect: `ask(messages, more)` gives `{text, calls, finish, turn}`. */
const clients = {
  OpenAI: {
    finish: { called: "tool_calls", done: "stop" },
    async ask(messages, { stream = false, ...more }) {
      const tools = [{ type: "function", function: { name: "weather", description: "Tells the weather", parameters: schema } }];
      const answer = await post(gateway, CHAT, { messages, tools, stream, ...more });
      assert.equal(answer.status, 200, answer.text);
      const message = { content: "", tool_calls: [] };
      let finish;
      if (stream) {
        for (const { choices } of chunks(answer.text)) {
          const [{ delta, finish_reason: reason } = { delta: {} }] = choices;
          message.content += delta.content ?? "";
          for (const { index, function: { arguments: more }, ...rest } of delta.tool_calls ?? []) {
            const call = (message.tool_calls[index] ??= { ...rest, function: { name: "", arguments: "" } });
            call.function.name ||= delta.tool_calls[0].function.name;
            call.function.arguments += more;
          }
          finish = reason ?? finish;
        }
      } else {
        Object.assign(message, answer.json.choices[0].message);
        finish = answer.json.choices[0].finish_reason;
      }
      const calls = (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: text } }) => {
        assert.match(id, /^call_\w+$/);
        assert.equal(type, "function");
        return { id, name, input: JSON.parse(text) };
      });
      return { text: message.content ?? "", calls, finish, turn: { role: "assistant", content: message.content, tool_calls: message.tool_calls }, answer };
    },
    results: (results) => results.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: isError(result) ? `error ${result}` : result })),
  },
  Anthropic: {
    finish: { called: "tool_use", done: "end_turn" },
    async ask(messages, { stream = false, ...more }) {
      const tools = [{ name: "weather", description: "Tells the weather", input_schema: schema }];
      const answer = await post(gateway, MESSAGES, { messages, tools, stream, max_tokens: 4096, ...more });
      assert.equal(answer.status, 200, answer.text);
      const content = [];
      let finish;
      if (stream) {
        for (const event of messageEvents(answer.text)) {
          const { type, index, content_block: block, delta } = event;
          if (type === "content_block_start") content[index] = { ...block, json: "" };
          if (type === "content_block_delta") {
            if (delta.type === "text_delta") content[index].text += delta.text;
            else content[index].json += delta.partial_json;
          }
          if (type === "message_delta") finish = delta.stop_reason;
        }
        for (const block of content) {
          if (block.type === "tool_use") block.input = JSON.parse(block.json);
          delete block.json;
        }
      } else {
        content.push(...answer.json.content);
        finish = answer.json.stop_reason;
      }
      const calls = content.filter(({ type }) => type === "tool_use");
      for (const { id } of calls) assert.match(id, /^toolu_\w+$/);
      const text = content.map(({ text }) => text ?? "").join("");
      return { text, calls, finish, turn: { role: "assistant", content }, answer };
    },
    results: (results) => [
      user(results.map(({ id, result }) => ({ type: "tool_result", tool_use_id: id, content: result, ...(isError(result) && { is_error: true }) }))),
    ],
  },
};

const MODELS = ["deepseek-chat", "claude-opus-4-20250514", "gpt-5", "qwen3-235b-a22b"];
for (const [dialect, client] of Object.entries(clients)) {
  for (const stream of [false, true]) {
    for (const model of MODELS) {
      test(`${dialect}: ${model} works with tools to the end, ${stream ? "streamed" : "whole"}`, async () => {
        const messages = [user(TASK)];
        const seen = [];
        const ids = new Set();
        let last;
        for (let round = 0; round < 5; round += 1) {
          last = await client.ask(messages, { model, stream });
          assert.doesNotMatch(last.text, /tool_call|tool_response/, "markup reached the client");
          if (last.calls.length === 0) break;
          assert.equal(last.finish, client.finish.called);
          assert.match(last.text, /^Step \d: I call .*\.$/);
          last.calls.forEach(({ id }) => ids.add(id));
          seen.push(last.calls.map(({ input }) => input.city));
          messages.push(last.turn, ...client.results(last.calls.map(({ id, input }) => ({ id, result: run(input) }))));
        }
        assert.deepEqual(seen, [["Paris", "Rome"], ["Atlantis"]]);
        assert.equal(ids.size, 3, "ids are unique in a conversation");
        assert.equal(last.text, OUTCOME.replace("error error", "error"));
        assert.equal(last.finish, client.finish.done);
        assert.ok(chatsOf(upstream).every(({ why }) => why === null), "the shape was refused at first");
        for (const id of ids) assert.ok(JSON.stringify(chatsOf(upstream).at(-1).body).includes(id), `the model is not told of ${id}`);
      });
    }

    test(`${dialect}: a call that must come is asked for once more, ${stream ? "streamed" : "whole"}`, async () => {
      const must = dialect === "OpenAI" ? { tool_choice: "required" } : { tool_choice: { type: "any" } };
      upstream.queue({ text: "I would rather not." });
      upstream.queue({ text: '<tool_call>{"name": "weather", "arguments": {"city": "Paris"}}</tool_call>' });
      const called = await client.ask([user("Hi")], { stream, ...must });
      assert.deepEqual([called.text, called.calls[0].input, called.finish], ["", { city: "Paris" }, client.finish.called]);
      assert.equal(chatsOf(upstream).length, 2);
      const [first, second] = chatsOf(upstream).map(({ body }) => body.messages);
      assert.deepEqual(second.slice(0, -2), first);
      assert.deepEqual(second.slice(-2).map(({ role }) => role), ["assistant", "user"]);

      upstream.queue({ text: "I would rather not." });
      upstream.queue({ text: "No, really." });
      const refused = await client.ask([user("Hi")], { stream, ...must });
      assert.deepEqual([refused.text, refused.calls, refused.finish], ["No, really.", [], client.finish.done]);

      upstream.queue({ text: "I would rather not." });
      upstream.queue({ status: 429 });
      const alone = await client.ask([user("Hi")], { stream, ...must });
      assert.deepEqual([alone.text, alone.finish], ["I would rather not.", client.finish.done]);
    });
  }

  test(`${dialect}: a call is held, and the words before it are not`, async () => {
    upstream.queue({ chunks: ["Let me ", "look.", '\n<tool_call>{"name": "weather", ', { content: null }, '"arguments": {}}</tool_call>'], pauseAfter: { chunk: 3, ms: 400 } });
    const { answer, calls } = await client.ask([user("Hi")], { stream: true });
    assert.deepEqual(calls.map(({ input }) => input), [{}]);
    const before = answer.pieces.filter(({ at }) => at < answer.endedAt - 200).map(({ text }) => text).join("");
    assert.ok(before.includes("look.") && !before.includes("weather"), before);
  });

  test(`${dialect}: an upstream that breaks off within a call is an error, and its pieces are not lost as calls`, async () => {
    upstream.queue({ text: 'Hm. <tool_call>{"name": "weather", "arguments": {"city": "Paris"}}</tool_call>', dropDone: true });
    const path = dialect === "OpenAI" ? CHAT : MESSAGES;
    const tools = dialect === "OpenAI" ? [{ function: { name: "weather" } }] : [{ name: "weather", input_schema: schema }];
    const answer = await post(gateway, path, { messages: [user("Hi")], tools, stream: true, max_tokens: 99 });
    assert.match(answer.text, /upstream_truncated|api_error/);
    assert.doesNotMatch(answer.text, /\[DONE\]|message_stop/);
  });
}

for (const stream of [false, true]) {
  test(`Anthropic: tools without a schema of their own work to the end, ${stream ? "streamed" : "whole"}`, async () => {
    const tools = [
      { type: "bash_20250124", name: "bash" },
      { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
      { type: "memory_20250818", name: "memory" },
    ];
    const inputs = {
      bash: { command: "ls" },
      str_replace_based_edit_tool: { command: "view", path: "/a.txt" },
      memory: { command: "create", path: "/memories/a", file_text: "b" },
    };
    const steps = Object.entries(inputs).map(([name, input]) => `${name}(${JSON.stringify(input)})`);
    const messages = [user(`Use ${steps.join(" then ")}`)];
    for (const model of MODELS) {
      const turns = [...messages];
      for (const [name, input] of Object.entries(inputs)) {
        const { calls, turn } = await clients.Anthropic.ask(turns, { model, stream, tools });
        assert.deepEqual(calls.map(({ name, input }) => [name, input]), [[name, input]]);
        turns.push(turn, ...clients.Anthropic.results([{ id: calls[0].id, result: `did ${name}` }]));
      }
      const { text, calls } = await clients.Anthropic.ask(turns, { model, stream, tools });
      assert.deepEqual([text, calls], ["The tools say: did bash; did str_replace_based_edit_tool; did memory.", []]);
    }
  });
}

test("a conversation that began at Anthropic goes on with every family", async () => {
  const searched = { type: "web_search_result", title: "Rain", url: "https://a.example", encrypted_content: "SECRET" };
  const content = [
    { type: "redacted_thinking", data: "SECRET" },
    { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "rain" } },
    { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [searched] },
    { type: "text", text: "It rains.", citations: [{ type: "web_search_result_location", url: "https://a.example", encrypted_index: "SECRET" }] },
  ];
  for (const model of MODELS) {
    const messages = [user("News?"), { role: "assistant", content }, user("Where?")];
    const { status, text } = await post(gateway, MESSAGES, { model, messages, max_tokens: 99 });
    assert.equal(status, 200, text);
    const { body, why } = chatsOf(upstream).at(-1);
    assert.equal(why, null, "the family takes the shape");
    assert.deepEqual(body.messages.map(({ role }) => role), ["user", "assistant", "user", "assistant", "user"]);
    const told = JSON.stringify(body.messages);
    assert.ok(told.includes("Rain: https://a.example") && told.includes("srvtoolu_1") && !told.includes("SECRET"), told);
  }
});

test("a thread that the server is to keep is refused as Anthropic refuses it, so that its SDK goes on without", async () => {
  for (const thread of [{ type: "create" }, { type: "continue", previous_message_id: "msg_1" }]) {
    const { status, json } = await post(gateway, MESSAGES, { messages: [user("Hi")], max_tokens: 9, thread });
    assert.deepEqual([status, json.error.type, json.error.details.error_code], [400, "invalid_request_error", "thread_unsupported_request"]);
  }
  assert.equal((await post(gateway, MESSAGES, { messages: [user("Hi")], max_tokens: 9, thread: null })).status, 200);
});

const FORMS = [
  ["OpenAI's json_object", CHAT, { response_format: { type: "json_object" } }],
  ["OpenAI's json_schema", CHAT, { response_format: { type: "json_schema", json_schema: { name: "w", strict: true, schema } } }],
  ["Anthropic's output_config", MESSAGES, { output_config: { format: { type: "json_schema", schema } } }],
  ["Anthropic's output_format", MESSAGES, { output_format: { type: "json_schema", schema } }],
];
for (const [name, path, form] of FORMS) {
  test(`${name}: the object is what is left`, async () => {
    const ask = (more) => post(gateway, path, { messages: [user("Hi")], max_tokens: 999, ...form, ...more });
    for (const stream of [false, true]) {
      upstream.queue({ text: 'Sure:\n```json\n{"city": "Paris"}\n```\nAnything else?' });
      const answer = await ask({ stream });
      assert.equal(said(answer).text, '{"city": "Paris"}');
      assert.equal(answer.headers["x-degpt-json"], undefined);
      assert.equal(answer.headers["x-degpt-ignored"], undefined);
    }
    const told = JSON.stringify(chatsOf(upstream).at(-1).body.messages);
    assert.ok(told.includes("one JSON object"));
    assert.equal(told.includes("required"), name !== "OpenAI's json_object", "the schema is told");

    upstream.reset();
    upstream.queue({ text: "I cannot." });
    upstream.queue({ text: '{"city": "Rome"}' });
    const second = await ask({});
    assert.deepEqual([said(second).text, second.headers["x-degpt-json"]], ['{"city": "Rome"}', undefined]);
    assert.match(JSON.stringify(chatsOf(upstream).at(-1).body.messages), /I cannot\./);

    upstream.queue({ text: "I cannot.", times: 2 });
    const never = await ask({});
    assert.deepEqual([never.status, said(never).text, never.headers["x-degpt-json"]], [200, "I cannot.", "invalid"]);
  });
}
