/**
 * Pictures: they reach DeGPT byte for byte, in the form the answering model takes, or are refused
 * by the name of the model that takes none.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { deflateSync } from "node:zlib";

import { attachment } from "../upstream/pictures.mjs";
import { CHAT, MESSAGES, chatsOf, lastBody, messageEvents, post, said, startBoth, startFor, user } from "./client.mjs";

const { gateway, upstream } = await startBoth();

const seedRequest = JSON.parse(readFileSync(new URL("./fixtures/seed-picture-request.json", import.meta.url), "utf8"));
const SEED_URL = seedRequest.messages[0].content[1].image_url.url;
const SEED_DATA = SEED_URL.split(",")[1];

/** A real PNG of about 300 KB: noise does not compress. Fixed, so that a failure can be repeated. */
function noisePng(width, height) {
  let state = 1;
  const noise = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  const rows = Buffer.from(Array.from({ length: height * (1 + width * 3) }, (_, at) => (at % (1 + width * 3) === 0 ? 0 : noise())));
  const table = Array.from({ length: 256 }, (_, n) => Array.from({ length: 8 }).reduce((c) => (c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1), n));
  const crc = (bytes) => (bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), -1) ^ -1) >>> 0;
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const LARGE_DATA = noisePng(320, 320).toString("base64");
const LARGE_URL = `data:image/png;base64,${LARGE_DATA}`;

const words = { type: "text", text: "图片是啥" };
const openAiPart = (url, more) => ({ type: "image_url", image_url: { url, ...more } });
const anthropicBlock = (data, mediaType = "image/png") => ({ type: "image", source: { type: "base64", media_type: mediaType, data } });
const byUrl = (url) => ({ type: "image", source: { type: "url", url } });

const chat = (model, content, more) => post(gateway, CHAT, { model, messages: [user(content)], ...more });
const message = (model, content, more) => post(gateway, MESSAGES, { model, max_tokens: 4096, messages: [user(content)], ...more });

const VISION = "doubao-seed-1-6-250615";

/** The client's model, then the one that answers, and its name at DeGPT with a picture. */
const OPENAI_SHAPED = [
  ["deepseek-chat", VISION, VISION],
  ["auto", VISION, VISION],
  ["deepseek-reasoner", VISION, VISION],
  [VISION, VISION, VISION],
  ["qwen3-235b-a22b", "qwen3-235b-a22b", "qwen-vl-plus"],
  ["qwen3-235b-a22b-think", "qwen3-235b-a22b-think", "qvq-max"],
  ["qwen3-max-preview", "qwen3-max-preview", "qvq-max"],
  ["gpt-4o", "gpt-4o", "gpt-4o"],
  ["o3", "o3", "o3"],
  ["grok-4-0709", "grok-4-0709", "grok-4-0709"],
  ["gemini-2.5-pro", "gemini-2.5-pro", "gemini-2.5-pro"],
];
for (const [asked, answering, degptName] of OPENAI_SHAPED) {
  test(`a picture for ${asked} reaches ${degptName} byte for byte as a data URL, from both dialects`, async () => {
    for (const [url, data] of [[SEED_URL, SEED_DATA], [LARGE_URL, LARGE_DATA]]) {
      const expected = [user([words, openAiPart(url)])];
      for (const answer of [await chat(asked, [words, openAiPart(url)]), await message(asked, [words, anthropicBlock(data)])]) {
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([answer.json.model, answer.headers["x-degpt-model"]], [answering, degptName]);
        const { model, messages } = lastBody(upstream);
        assert.equal(model, degptName);
        // Not by deepEqual: a failure would print it all.
        assert.ok(JSON.stringify(messages) === JSON.stringify(expected), "the messages are not the ones sent");
        assert.equal(chatsOf(upstream).at(-1).why, null);
        assert.match(said(answer).text, new RegExp(`${attachment(openAiPart(url)).data.length} bytes`));
      }
    }
  });
}

for (const model of ["claude-opus-4-20250514", "claude-sonnet-4-5-20250929-think"]) {
  test(`a picture for ${model} arrives as an Anthropic image block, from both dialects`, async () => {
    for (const [url, data] of [[SEED_URL, SEED_DATA], [LARGE_URL, LARGE_DATA]]) {
      const expected = [user([words, anthropicBlock(data)])];
      for (const answer of [await chat(model, [words, openAiPart(url)]), await message(model, [words, anthropicBlock(data)])]) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.model, model);
        assert.ok(JSON.stringify(lastBody(upstream).messages) === JSON.stringify(expected), "the messages are not the ones sent");
        assert.match(said(answer).text, new RegExp(`${Buffer.from(data, "base64").length} bytes`));
      }
    }
  });
}

test("a picture at an address keeps it, in the form of the answering model", async () => {
  const address = "https://pictures.example/猫.png?a=1&b=%20";
  const table = [
    ["gpt-4o", openAiPart(address)],
    ["deepseek-chat", openAiPart(address)],
    ["claude-opus-4-20250514", byUrl(address)],
  ];
  for (const [model, expected] of table) {
    await chat(model, [words, openAiPart(address)]);
    assert.deepEqual(lastBody(upstream).messages, [user([words, expected])]);
    await message(model, [words, byUrl(address)]);
    assert.deepEqual(lastBody(upstream).messages, [user([words, expected])]);
  }
});

test("the order of words and pictures stays, and so do several pictures", async () => {
  const content = [openAiPart(SEED_URL), words, openAiPart("https://pictures.example/2.png"), { type: "text", text: "?" }];
  assert.equal((await chat("gpt-4o", content)).status, 200);
  assert.deepEqual(lastBody(upstream).messages, [user(content)]);
});

test("a picture of an earlier turn still decides on the model", async () => {
  const messages = [user([words, openAiPart(SEED_URL)]), { role: "assistant", content: "A cat." }, user("What colour?")];
  const { json } = await post(gateway, CHAT, { model: "deepseek-chat", messages });
  assert.equal(json.model, VISION);
  assert.deepEqual(lastBody(upstream).messages, messages);
});

test("a picture in a tool's result reaches the model", async () => {
  const messages = [
    user("Look"),
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "camera", input: {} }] },
    user([{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "Taken" }, anthropicBlock(SEED_DATA)] }]),
  ];
  for (const model of ["claude-opus-4-20250514", "gpt-4o"]) {
    const answer = await post(gateway, MESSAGES, { model, max_tokens: 4096, messages });
    assert.match(said(answer).text, /7929 bytes, sha256 3d4486690f25/, answer.text);
  }
});

test("`detail` and a bare string as image_url are accepted", async () => {
  for (const part of [openAiPart(SEED_URL, { detail: "low" }), { type: "image_url", image_url: SEED_URL }]) {
    assert.equal((await chat("gpt-4o", [words, part])).status, 200);
    assert.deepEqual(lastBody(upstream).messages, [user([words, openAiPart(SEED_URL)])]);
  }
});

test("thinking with a picture goes to the image model that thinks", async () => {
  const answer = await chat("qwen3-235b-a22b", [words, openAiPart(SEED_URL)], { reasoning_effort: "high" });
  assert.deepEqual([answer.json.model, answer.headers["x-degpt-model"]], ["qwen3-235b-a22b-think", "qvq-max"]);
});

test("a streamed answer to a picture names the model that answered", async () => {
  const answer = await message("deepseek-chat", [words, anthropicBlock(SEED_DATA)], { stream: true });
  assert.equal(messageEvents(answer.text)[0].message.model, VISION);
  assert.match(said(answer).text, /7929 bytes, sha256 3d4486690f25/);
});

test("what is no picture is a 400 that names the place", async () => {
  const table = [
    [CHAT, openAiPart("file:///etc/passwd"), "messages[0].content[1].image_url.url"],
    [CHAT, openAiPart("hello"), "messages[0].content[1].image_url.url"],
    [CHAT, openAiPart("data:image/png,raw"), "messages[0].content[1].image_url.url"],
    [CHAT, { type: "image_url" }, "messages[0].content[1].image_url"],
    [CHAT, { type: "input_audio", input_audio: {} }, "messages[0].content[1].type"],
    [MESSAGES, { type: "image" }, "messages[0].content[1].source"],
    [MESSAGES, { type: "image", source: { type: "base64", data: "AAAA" } }, "messages[0].content[1].source.media_type"],
    [MESSAGES, { type: "image", source: { type: "base64", media_type: "image/png" } }, "messages[0].content[1].source.data"],
    [MESSAGES, byUrl("file:///etc/passwd"), "messages[0].content[1].source.url"],
    [MESSAGES, { type: "image", source: { type: "file", file_id: "f" } }, "messages[0].content[1].source.type"],
    [MESSAGES, { type: "video" }, "messages[0].content[1].type"],
  ];
  upstream.reset();
  for (const [path, part, place] of table) {
    const { status, json } = await post(gateway, path, { model: "gpt-4o", max_tokens: 1, messages: [user([words, part])] });
    assert.equal(status, 400, place);
    assert.ok(json.error.message.includes(path === CHAT ? "" : place), json.error.message);
    if (path === CHAT) assert.equal(json.error.param, place);
  }
  assert.equal(chatsOf(upstream).length, 0);
});

test("sound is a 400 that says so, also for the model that is named for it", async () => {
  const part = { type: "input_audio", input_audio: { data: Buffer.from("RIFF").toString("base64"), format: "wav" } };
  upstream.reset();
  for (const model of ["gpt-4o-audio-preview", "gpt-4o", "auto"]) {
    for (const [path, name] of [[CHAT, "messages"], ["/v1/responses", "input"]]) {
      const { status, json } = await post(gateway, path, { model, [name]: [user([part])] });
      assert.equal(status, 400, `${model} ${path}`);
      assert.equal(json.error.param, `${name}[0].content[0].type`);
      assert.match(json.error.message, /No model takes sound/);
    }
  }
  assert.equal(chatsOf(upstream).length, 0);
});

test("VISION_MODEL may be another one", async () => {
  const other = await startFor(upstream, { VISION_MODEL: "claude-opus-4-20250514" });
  const { json } = await post(other, CHAT, { messages: [user([words, openAiPart(SEED_URL)])] });
  assert.equal(json.model, "claude-opus-4-20250514");
  assert.deepEqual(lastBody(upstream).messages, [user([words, anthropicBlock(SEED_DATA)])]);
});

test("with VISION_MODEL off, a picture for a model without eyes is a 400 that names it", async () => {
  const off = await startFor(upstream, { VISION_MODEL: "off" });
  upstream.reset();
  for (const [path, part] of [[CHAT, openAiPart(SEED_URL)], [MESSAGES, anthropicBlock(SEED_DATA)]]) {
    const refused = await post(off, path, { model: "deepseek-reasoner", max_tokens: 1, messages: [user([words, part])] });
    assert.equal(refused.status, 400);
    assert.equal(refused.json.error.type, "invalid_request_error");
    assert.match(refused.json.error.message, /deepseek-reasoner/);
  }
  assert.equal(chatsOf(upstream).length, 0);
  const seeing = await post(off, CHAT, { model: "gpt-4o", messages: [user([words, openAiPart(SEED_URL)])] });
  assert.equal(seeing.status, 200);
});
