/** Who the gateway is to DeGPT, and who a client is to the gateway: what neither may give away, nor be taken for. */
import assert from "node:assert/strict";
import { createHash, pbkdf2Sync } from "node:crypto";
import { test } from "node:test";

import { paths } from "../upstream/paths.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { CHAT, COUNT_TOKENS, MESSAGES, chatsOf, guestKey, post, startFor, user } from "../worker/client.mjs";

const upstream = await startUpstream();
test.after(() => upstream.close());

const ask = (gateway, key, path = CHAT, header = "x-api-key") =>
  post(gateway, path, { messages: [user("Hello")] }, { authorization: undefined, [header]: key });

const signIns = () => upstream.requests.filter(({ path }) => path === paths.signIn);

/** The rule, as docs/configuration.md has it. */
const slowly = (keys) => pbkdf2Sync([...keys].sort().join("\n"), "degpt-edge visitor", 100_000, 16, "sha256").toString("hex");

/** What a word list would be tried with: every quick digest of the keys that anyone could think of. */
function quickly(keys) {
  const texts = [[...keys].sort(), keys].flatMap((list) => ["\n", ","].map((between) => list.join(between)));
  const salted = texts.flatMap((text) => [text, `degpt-edge visitor\n${text}`, `degpt-edge visitor${text}`]);
  return salted.flatMap((text) => ["sha256", "sha1", "md5", "sha512"].map((name) => createHash(name).update(text).digest("hex").slice(0, 32)));
}

test("the visitor's id costs who guesses the keys 100,000 rounds of HMAC a guess, and is the same everywhere", async () => {
  const ids = [];
  for (const keys of [["k1", "another"], ["another", "k1"]]) {
    // A process of its own has nothing in its cache, as another data centre has not.
    const gateway = await startFor(upstream, { API_KEYS: keys.join(", ") });
    upstream.reset();
    assert.equal((await ask(gateway, "k1")).status, 200);
    assert.equal((await ask(gateway, "another", MESSAGES)).status, 200);
    assert.equal(signIns().length, 1, "it signs in once");
    const { id } = signIns()[0].body;
    assert.ok(!quickly(keys).includes(id), "a quick digest of the keys was sent to DeGPT");
    assert.ok(!upstream.requests.some((request) => quickly(keys).some((digest) => JSON.stringify(request).includes(digest))));
    ids.push(id);
  }
  assert.deepEqual(ids, Array(2).fill(slowly(["k1", "another"])));
});

test("an id that is set is used as it is", async () => {
  const gateway = await startFor(upstream, { API_KEYS: "k1", DEGPT_VISITOR_ID: "somebody-in-particular" });
  upstream.reset();
  assert.equal((await ask(gateway, "k1")).status, 200);
  assert.deepEqual(signIns().map(({ body }) => body.id), ["somebody-in-particular"]);
});

test("keys that can be guessed are warned of in one line that shows none", async () => {
  const [short, long] = ["short-key", "a-key-of-twenty-characters-or-more"];
  const gateway = await startFor(upstream, { API_KEYS: `${long}, ${short}` });
  for (const key of [short, long, short]) assert.equal((await ask(gateway, key)).status, 200);
  const lines = gateway.log().split("\n").filter((line) => line.includes("API_KEYS"));
  assert.equal(lines.length, 1, gateway.log());
  assert.match(lines[0], /shorter than 20 characters.*number 2\b/);
  assert.ok(!gateway.log().includes(short) && !gateway.log().includes(long));
  const sound = await startFor(upstream, { API_KEYS: long });
  assert.equal((await ask(sound, long)).status, 200);
  assert.doesNotMatch(sound.log(), /API_KEYS/);
});

test("a key of the gateway's that looks like DeGPT's stays with the gateway", async () => {
  const member = guestKey("abc");
  const gateway = await startFor(upstream, { API_KEYS: `other, ${member}`, CLIENT_DEGPT_KEYS: "pass", DEGPT_API_KEY: "degpt-of-the-deployment" });
  upstream.reset();
  assert.equal((await ask(gateway, member)).status, 200);
  assert.equal((await ask(gateway, `Bearer ${member}`, MESSAGES, "authorization")).status, 200);
  assert.deepEqual(chatsOf(upstream).map(({ credential }) => credential), Array(2).fill("degpt-of-the-deployment"));
  assert.ok(!JSON.stringify(upstream.requests).includes(member), "a key of the gateway's went to DeGPT");
  const guest = guestKey("def");
  assert.equal((await ask(gateway, guest)).status, 200);
  assert.equal(chatsOf(upstream).at(-1).credential, guest);
});

test("what cannot be a key of DeGPT's admits nobody, neither to DeGPT nor to the counter of tokens", async () => {
  const gateway = await startFor(upstream, { API_KEYS: "k1", CLIENT_DEGPT_KEYS: "pass" });
  upstream.reset();
  const endings = [
    ...["", "x", "bad", "-", "0123456789abcde", "a".repeat(129), "a".repeat(4000)],
    ...["0123456789 abcdef", "0123456789.abcdef", "0123456789/abcdef", "0123456789,abcdef", "../../0123456789", "0123456789abcde\u00ff"],
  ];
  for (const ending of endings) {
    for (const path of [CHAT, MESSAGES, COUNT_TOKENS]) {
      const { status, json } = await ask(gateway, `degpt-${ending}`, path);
      assert.equal(status, 401, `degpt-${ending} at ${path}`);
      assert.equal(json.error.type, path === CHAT ? "invalid_request_error" : "authentication_error");
    }
  }
  assert.equal(upstream.requests.length, 0);
  for (const path of [CHAT, MESSAGES, COUNT_TOKENS]) assert.equal((await ask(gateway, guestKey(), path)).status, 200);
});
