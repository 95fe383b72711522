/**
 * Anthropic's own JavaScript client against the gateway: the one of the dialect 2026-10-21, and
 * two of 2023-06-01.
 */
import assert from "node:assert/strict";

import Anthropic1 from "@anthropic-ai/sdk";
import Anthropic137 from "@anthropic-ai/sdk-0.137";
import Anthropic52 from "@anthropic-ai/sdk-0.52";

import { packageVersion } from "./versions.mjs";
import {
  ANSWER,
  BAD_KEY,
  KEY,
  MODEL,
  NO_MODEL,
  QUESTION,
  THINKER,
  check,
  collect,
  countingFetch,
  errorOf,
  timeFromMarkToEnd,
  useStack,
} from "./support.mjs";

const stack = useStack();
const messages = [{ role: "user", content: QUESTION }];
const request = { model: MODEL, max_tokens: 1000, messages };

for (const [Anthropic, folder] of [
  [Anthropic1, "@anthropic-ai/sdk"],
  [Anthropic137, "@anthropic-ai/sdk-0.137"],
  [Anthropic52, "@anthropic-ai/sdk-0.52"],
]) {
  const name = `@anthropic-ai/sdk ${packageVersion(folder)}`;
  const connect = (options) => new Anthropic({ baseURL: stack.api, apiKey: KEY, maxRetries: 0, ...options });

  check(`D2 ${name}: models.list() gives Anthropic's pages, and they end`, async () => {
    const client = connect();
    const page = await client.models.list({ limit: 7 });
    assert.deepEqual([page.data.length, page.has_more], [7, true]);
    assert.deepEqual([page.first_id, page.last_id], [page.data[0].id, page.data[6].id]);
    const ids = [];
    for await (const model of client.models.list({ limit: 7 })) {
      assert.ok(ids.length < 200, "it goes on without end");
      assert.equal(model.type, "model");
      assert.ok(model.display_name && !Number.isNaN(Date.parse(model.created_at)), JSON.stringify(model));
      ids.push(model.id);
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes(MODEL));
    const betaIds = (await collect(client.beta.models.list())).map((model) => model.id);
    assert.deepEqual(betaIds, ids, "with or without ?beta=true");
    const model = await client.models.retrieve(MODEL);
    assert.deepEqual([model.id, model.type], [MODEL, "model"]);
  });

  check(`D4 ${name}: create() gives the text, the end, the counts and the request's id`, async () => {
    stack.upstream.queue({ text: ANSWER, times: 2 });
    for (const api of [connect().messages, connect().beta.messages]) {
      const message = await api.create(request);
      assert.deepEqual(message.content, [{ type: "text", text: ANSWER }]);
      assert.deepEqual([message.type, message.role, message.model], ["message", "assistant", MODEL]);
      assert.equal(message.stop_reason, "end_turn");
      assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
      assert.match(message._request_id, /\S{8,}/);
    }
  });

  check(`D9 ${name}: stream().finalMessage() is what create() gives`, async () => {
    stack.upstream.queue({ text: ANSWER, times: 2 });
    const whole = await connect().messages.create(request);
    const final = await connect().messages.stream(request).finalMessage();
    const essence = ({ content, stop_reason, model, role, type, usage }) => ({
      text: content.map((block) => block.text),
      stop_reason,
      model,
      role,
      type,
      tokens: [usage.input_tokens, usage.output_tokens],
    });
    assert.deepEqual(essence(final), essence(whole));
    assert.deepEqual(final.content.map((block) => block.text), [ANSWER]);
  });

  check(`D9 ${name}: thinking comes as a block of its own, before the text`, async () => {
    stack.upstream.queue({ text: ANSWER, reasoning: "Hmm." });
    const message = await connect().messages.stream({ ...request, model: THINKER }).finalMessage();
    assert.deepEqual(message.content.map((block) => block.type), ["thinking", "text"]);
    assert.deepEqual([message.content[0].thinking, message.content[1].text], ["Hmm.", ANSWER]);
  });

  check(`D9 ${name}: the events are Anthropic's, in their order`, async () => {
    stack.upstream.queue({ text: ANSWER });
    const events = await collect(await connect().messages.create({ ...request, stream: true }));
    const types = events.map((event) => event.type).filter((type) => type !== "ping");
    const deltas = types.filter((type) => type === "content_block_delta");
    assert.ok(deltas.length > 1);
    assert.deepEqual(types, [
      "message_start",
      "content_block_start",
      ...deltas,
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  check(`D13 ${name}: a rate limit is waited out as told, then a RateLimitError in Anthropic's shape`, async () => {
    stack.upstream.queue({ status: 429, headers: { "retry-after": "1" }, body: "slow down", times: "always" });
    const counting = countingFetch();
    const client = connect({ maxRetries: 1, fetch: counting });
    const error = await errorOf(client.messages.create(request));
    assert.ok(error instanceof Anthropic.RateLimitError, error);
    assert.equal(counting.calls.length, 2);
    assert.ok(counting.calls[1] - counting.calls[0] >= 990, "it waits a second");
    const { message } = error.error.error;
    assert.ok(message);
    const request_id = error.headers.get("request-id");
    assert.deepEqual(error.error, { type: "error", error: { type: "rate_limit_error", message }, request_id });
  });

  check(`D14 ${name}: a bad key is an AuthenticationError, asked once`, async () => {
    const counting = countingFetch();
    const client = connect({ apiKey: BAD_KEY, maxRetries: 2, fetch: counting });
    const error = await errorOf(client.messages.create(request));
    assert.ok(error instanceof Anthropic.AuthenticationError, error);
    assert.equal(error.error.error.type, "authentication_error");
    await errorOf(client.messages.stream(request).finalMessage());
    assert.equal(counting.calls.length, 2);
  });

  check(`D15 ${name}: an unknown model is a NotFoundError, asked once`, async () => {
    const counting = countingFetch();
    const client = connect({ maxRetries: 2, fetch: counting });
    const error = await errorOf(client.messages.create({ ...request, model: NO_MODEL }));
    assert.ok(error instanceof Anthropic.NotFoundError, error);
    assert.equal(error.error.error.type, "not_found_error");
    const missing = await errorOf(client.models.retrieve("a/b"));
    assert.ok(missing instanceof Anthropic.NotFoundError, missing);
    assert.equal(missing.error.error.type, "not_found_error");
    assert.equal(counting.calls.length, 2);
  });

  check(`D16 ${name}: countTokens() counts, without a word to DeGPT`, async () => {
    const { messages: api, beta } = connect();
    const { input_tokens } = await api.countTokens({ model: MODEL, messages });
    assert.ok(input_tokens > 0);
    const system = "Be brief, and do not say more than you were asked to say.";
    const more = await beta.messages.countTokens({ model: MODEL, system, messages });
    assert.ok(more.input_tokens > input_tokens);
    assert.equal(stack.upstream.requests.length, 0);
  });

  for (const [how, fault] of [
    ["breaks off", { breakAfter: 8 }],
    ["ends without its end mark", { endAfter: 8 }],
    ["sends an error", { errorLine: 8 }],
  ]) {
    check(`D17 ${name}: raises when DeGPT ${how} in the middle of its text`, async () => {
      stack.upstream.queue({ text: ANSWER, paceMs: 5, ...fault, times: 2 });
      const seen = [];
      const stream = await connect().messages.create({ ...request, stream: true });
      const error = await errorOf(
        (async () => {
          for await (const event of stream) seen.push(event.delta?.text ?? "");
        })(),
      );
      assert.ok(error instanceof Anthropic.APIError, error);
      const text = seen.join("");
      assert.ok(text !== "" && ANSWER.startsWith(text), "what came before is handed over");
      await errorOf(connect().messages.stream(request).finalMessage());
    });
  }
}

check("D18: the connection closes at once after message_stop, whatever DeGPT does with its own", async () => {
  for (const keepOpenAfterDone of [undefined, true]) {
    stack.upstream.queue({ text: ANSWER, ...(keepOpenAfterDone && { keepOpenAfterDone }) });
    const response = await fetch(`${stack.api}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ ...request, stream: true }),
    });
    const waited = await timeFromMarkToEnd(response, 'data: {"type":"message_stop"}\n\n');
    assert.ok(waited < 1000, `${waited} ms`);
  }
});
