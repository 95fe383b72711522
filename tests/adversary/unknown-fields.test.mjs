/** Fields that nobody knows, by the million: what is kept of them is bounded, and so is the work. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CHAT, MESSAGES, post, startBoth, user } from "../worker/client.mjs";
import { cpuMsOf } from "./support.mjs";

const { gateway } = await startBoth({ upstream: { keepRequests: 4 } });
await post(gateway, CHAT, { messages: [user("Hi")] });

const COUNT = 400_000;
const many = (make, count) => Array.from({ length: count }, (_, index) => make(index));
const MESSAGE = '{"role":"user","content":"Hi"';

for (const [what, fields, inMessages] of [
  ["none", () => '"user":1', 1],
  ["each another", (index) => `"f${index}":1`, 1],
  ["sixty, again and again", (index) => `"f${index % 60}":1`, 1],
  ["sixty, in many messages", (index) => `"f${index % 60}":1`, 10_000],
]) {
  test(`unknown fields: ${what}`, async () => {
    for (const path of [CHAT, MESSAGES]) {
      const lists = many((list) => many((index) => fields(list + index), COUNT / inMessages).join(), inMessages);
      const messages = inMessages === 1 ? `${MESSAGE}}` : lists.map((list) => `${MESSAGE},${list}}`).join();
      const body = `{"max_tokens":9,"messages":[${messages}]${inMessages === 1 ? `,${lists[0]}` : ""}}`;
      const before = cpuMsOf(gateway);
      const answer = await post(gateway, path, body);
      const spent = cpuMsOf(gateway) - before;
      console.log(`${what}: ${body.length >> 10} KiB, ${spent} ms of CPU`);
      assert.equal(answer.status, 200, answer.text.slice(0, 200));
      assert.ok((answer.headers["x-degpt-ignored"] ?? "").length <= 1024);
      assert.ok(spent <= 1_000, `${spent} ms of CPU`);
    }
  });
}
