/**
 * OpenAI's own JavaScript client, two majors of it, against the gateway.
 */
import assert from "node:assert/strict";

import OpenAI7 from "openai";
import OpenAI6 from "openai-6";

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
const request = { model: MODEL, messages };
const streamed = { ...request, stream: true };
const withUsage = { ...streamed, stream_options: { include_usage: true } };

for (const [OpenAI, folder] of [
  [OpenAI7, "openai"],
  [OpenAI6, "openai-6"],
]) {
  const name = `openai ${packageVersion(folder)}`;
  const connect = (options) => new OpenAI({ baseURL: stack.openai, apiKey: KEY, maxRetries: 0, ...options });

  check(`D1 ${name}: models.list() gives every model, and models.retrieve() each one`, async () => {
    const client = connect();
    const ids = (await collect(client.models.list())).map((model) => model.id);
    assert.ok(ids.length > 10 && ids.includes(MODEL), ids.join());
    assert.equal(new Set(ids).size, ids.length);
    for (const id of [MODEL, ids.at(-1)]) {
      const model = await client.models.retrieve(id);
      assert.deepEqual([model.id, model.object, typeof model.owned_by], [id, "model", "string"]);
    }
  });

  check(`D3 ${name}: create() gives the text, the end, the counts and the request's id`, async () => {
    stack.upstream.queue({ text: ANSWER });
    const completion = await connect().chat.completions.create(request);
    assert.equal(completion.choices[0].message.content, ANSWER);
    assert.equal(completion.choices[0].message.role, "assistant");
    assert.equal(completion.choices[0].finish_reason, "stop");
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
    assert.ok(prompt_tokens > 0 && completion_tokens > 0);
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
    assert.match(completion._request_id, /\S{8,}/);
  });

  check(`D5 ${name}: stream() with include_usage gives the text and the counts`, async () => {
    stack.upstream.queue({ text: ANSWER, times: 2 });
    const completion = await connect().chat.completions.stream(withUsage).finalChatCompletion();
    const [choice] = completion.choices;
    assert.deepEqual([choice.message.role, choice.message.content], ["assistant", ANSWER]);
    assert.equal(choice.finish_reason, "stop");
    assert.ok(completion.usage.total_tokens > 0);

    const chunks = await collect(await connect().chat.completions.create(withUsage));
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1));
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  });

  check(`D6 ${name}: without include_usage no chunk is about usage`, async () => {
    stack.upstream.queue({ text: ANSWER, times: 2 });
    const completion = await connect().chat.completions.stream(streamed).finalChatCompletion();
    assert.equal(completion.choices[0].message.content, ANSWER);
    assert.equal(completion.usage, undefined);

    const chunks = await collect(await connect().chat.completions.create(streamed));
    assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
    assert.equal(chunks.filter((chunk) => chunk.choices[0].delta.role).length, 1);
    assert.equal(chunks.filter((chunk) => chunk.choices[0].finish_reason).length, 1);
  });

  check(`D6 ${name}: reasoning stays out of the text`, async () => {
    stack.upstream.queue({ text: ANSWER, reasoning: "Hmm." });
    const stream = connect().chat.completions.stream({ ...streamed, model: THINKER });
    assert.equal(await stream.finalContent(), ANSWER);
  });

  check(`D13 ${name}: a rate limit is waited out as told, then a RateLimitError in OpenAI's shape`, async () => {
    stack.upstream.queue({ status: 429, headers: { "retry-after": "1" }, body: "slow down", times: "always" });
    const counting = countingFetch();
    const client = connect({ maxRetries: 1, fetch: counting });
    const error = await errorOf(client.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.RateLimitError, error);
    assert.equal(counting.calls.length, 2);
    assert.ok(counting.calls[1] - counting.calls[0] >= 990, "it waits a second");
    assert.deepEqual(Object.keys(error.error).sort(), ["code", "message", "param", "type"]);
    assert.deepEqual([error.type, error.code, error.param], ["rate_limit_exceeded", "rate_limit_exceeded", null]);
    assert.match(error.requestID, /\S{8,}/);
  });

  check(`D14 ${name}: a bad key is an AuthenticationError, asked once`, async () => {
    const counting = countingFetch();
    const client = connect({ apiKey: BAD_KEY, maxRetries: 2, fetch: counting });
    for (const body of [request, streamed]) {
      const error = await errorOf(client.chat.completions.create(body));
      assert.ok(error instanceof OpenAI.AuthenticationError, error);
      assert.equal(error.code, "invalid_api_key");
    }
    assert.equal(counting.calls.length, 2);
  });

  check(`D15 ${name}: an unknown model is a NotFoundError, asked once`, async () => {
    const counting = countingFetch();
    const client = connect({ maxRetries: 2, fetch: counting });
    const error = await errorOf(client.chat.completions.create({ ...request, model: NO_MODEL }));
    assert.ok(error instanceof OpenAI.NotFoundError, error);
    assert.equal(error.code, "model_not_found");
    const missing = await errorOf(client.models.retrieve("a/b 模"));
    assert.ok(missing instanceof OpenAI.NotFoundError, missing);
    assert.match(missing.message, /a\/b 模/, "the id is decoded");
    assert.equal(counting.calls.length, 2);
  });

  for (const [how, fault] of [
    ["breaks off", { breakAfter: 8 }],
    ["ends without its end mark", { endAfter: 8 }],
    ["sends an error", { errorLine: 8 }],
  ]) {
    check(`D17 ${name}: raises when DeGPT ${how} in the middle of its text`, async () => {
      stack.upstream.queue({ text: ANSWER, paceMs: 5, ...fault, times: 2 });
      const seen = [];
      const stream = await connect().chat.completions.create(streamed);
      const error = await errorOf(
        (async () => {
          for await (const chunk of stream) seen.push(chunk.choices[0].delta.content ?? "");
        })(),
      );
      assert.ok(error instanceof OpenAI.APIError, error);
      const text = seen.join("");
      assert.ok(text !== "" && ANSWER.startsWith(text), "what came before is handed over");
      await errorOf(connect().chat.completions.stream(streamed).finalChatCompletion());
    });
  }
}

check("D18: the connection closes at once after [DONE], whatever DeGPT does with its own", async () => {
  for (const keepOpenAfterDone of [undefined, true]) {
    stack.upstream.queue({ text: ANSWER, ...(keepOpenAfterDone && { keepOpenAfterDone }) });
    const response = await fetch(`${stack.openai}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify(streamed),
    });
    const waited = await timeFromMarkToEnd(response, "data: [DONE]\n\n");
    assert.ok(waited < 1000, `${waited} ms`);
  }
});
