/**
 * Answers at the pace of real ones, 50 and 200 chunks a second: how often the gateway reads and
 * writes then, what it holds back (`GATHER_MS`) and what it never does.
 *
 * Counts have fixed limits: a busy machine makes fewer reads of more chunks. Times are taken beside
 * those of a client without a gateway, on the same machine in the same moment.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { KEY, ask, median } from "../bench/measure.mjs";
import { request } from "../bench/requests.mjs";
import { startFastUpstream } from "../bench/upstream.mjs";
import { ENTRIES, entries, startGateway } from "../harness.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { CHAT, MESSAGES } from "./client.mjs";

const PATHS = [CHAT, MESSAGES];
/** The longest that a client may wait for more of a text that flows, with the default `GATHER_MS`. */
const LONGEST_GAP_MS = 45;
/** What goes out at once is at most so much later than without a gateway. */
const AT_ONCE_MS = 10;

const upstream = await startFastUpstream();
after(() => upstream.close());
const started = async (gathering, more) => {
  const vars = { API_KEYS: KEY, DEGPT_API_KEY: "degpt-of-the-tests", DEGPT_ORIGINS: upstream.url, ...gathering };
  const gateway = await startGateway({ vars, ...more });
  after(() => gateway.close());
  return gateway;
};
const gateway = await started({});
const ungathered = await started({ GATHER_MS: "0" }, { front: ENTRIES });
const wide = await started({ GATHER_MS: "250" });
const paced = (server, path, order) => ask(server, request(path, order), { times: true });

/** A busy machine makes anything late: what is about times has three chances. */
async function inThree(check) {
  for (let left = 2; ; left -= 1) {
    try {
      return await check();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** `[chunks, milliseconds between two, the most reads]` */
const PACES = [
  [1_000, 20, 520],
  [1_000, 5, 160],
];

// It takes 20 s, and the other tests run meanwhile.
const counting = countEntries();
counting.catch(() => {});

/** What enters the isolate for one answer of each pace, in each dialect. */
async function countEntries() {
  const answers = PACES.flatMap((pace) => PATHS.map((path) => ({ pace, path })));
  const { urls } = await started({}, { front: ENTRIES, isolates: answers.length });
  const count = async ({ pace, path }, index) => {
    await paced({ url: urls[index] }, path, `paced ${pace[0]} ${pace[1]}`);
    return { pace, path, counts: await entries(urls[index]) };
  };
  return Promise.all(answers.map(count));
}

test("a client gets its text in pieces at most 45 ms apart", () =>
  inThree(async () => {
    const order = "paced 600 5";
    const [direct, held, ...answers] = await Promise.all([
      paced(upstream, CHAT, order),
      paced(wide, CHAT, order),
      ...PATHS.map((path) => paced(gateway, path, order)),
    ]);
    for (const answer of answers) {
      assert.equal(answer.chunks.length, 600);
      assert.ok(longestGap(answer, direct) <= LONGEST_GAP_MS, `${longestGap(answer, direct)} ms`);
    }
    assert.ok(longestGap(held, direct) > 1.5 * LONGEST_GAP_MS, `this would not see that ${longestGap(held, direct)} ms are too long`);
  }));

/** The longest wait for a piece of an answer, less what the machine held up `direct` by meanwhile. */
function longestGap(answer, direct) {
  const gaps = ({ pieces }) => pieces.slice(1).map((to, index) => ({ from: pieces[index], to, ms: to - pieces[index] }));
  const usual = median(gaps(direct).map(({ ms }) => ms));
  const hiccup = ({ from, to }) => Math.max(usual, ...gaps(direct).filter((gap) => gap.from < to && gap.to > from).map(({ ms }) => ms)) - usual;
  return Math.max(...gaps(answer).map((gap) => gap.ms - hiccup(gap)));
}

test("the first words go out at once, and so does what comes after a pause", () =>
  inThree(async () => {
    const order = "paced 300 5, pause 400, paced 10 5";
    const [direct, ...answers] = await Promise.all([
      paced(upstream, CHAT, order),
      ...[gateway, wide, ungathered].flatMap((server) => PATHS.map((path) => paced(server, path, order))),
    ]);
    const late = (answer, from, to) => Math.max(...answer.chunks.slice(from, to).map(({ tookMs }) => tookMs));
    for (const answer of answers) {
      for (const part of [[0, 10], [300, 301]]) {
        const laterMs = late(answer, ...part) - late(direct, ...part);
        assert.ok(laterMs <= AT_ONCE_MS, `${laterMs} ms later from chunk ${part[0]} on`);
      }
    }
  }));

test("with GATHER_MS=0 every piece goes out at once", () =>
  inThree(async () => {
    await entries(ungathered.url);
    const answers = await Promise.all([upstream, ungathered].map((server) => paced(server, CHAT, "paced 400 5")));
    const [direct, answer] = answers.map(({ chunks }) => median(chunks.map(({ tookMs }) => tookMs)));
    assert.ok(answer - direct <= AT_ONCE_MS / 2, `${answer - direct} ms later`);
    const { reads, transforms } = await entries(ungathered.url);
    assert.ok(reads + transforms >= 200, `400 chunks are read by ${reads} reads: are they all counted?`);
  }));

test("an end and a break are not held back", () =>
  inThree(async () => {
    // Of many lengths, so that they end anywhere between two reads.
    const answers = [["", 5], [", pause 20, break", 20]].flatMap(([end, afterMs]) =>
      Array.from({ length: 8 }, async (_, index) => {
        const { chunks, endedAt } = await paced(wide, PATHS[index % 2], `paced ${400 + 13 * index} 5${end}`);
        return endedAt - chunks.at(-1).sentAt - afterMs;
      }),
    );
    const laterMs = await Promise.all(answers);
    assert.ok(median(laterMs.slice(0, 8)) <= 1.5 * AT_ONCE_MS, `ends are ${median(laterMs.slice(0, 8))} ms late`);
    assert.ok(median(laterMs.slice(8)) <= 1.5 * AT_ONCE_MS, `breaks are ${median(laterMs.slice(8))} ms late`);
  }));

test("a client gets the same bytes, however they are gathered", async () => {
  const standIn = await startUpstream({ defaults: { chunkCount: 200, paceMs: 5 } });
  after(() => standIn.close());
  const servers = await Promise.all([{ GATHER_MS: "0" }, {}, { GATHER_MS: "250" }].map((gathering) => started({ ...gathering, DEGPT_ORIGINS: standIn.url })));
  for (const path of PATHS) {
    const texts = await Promise.all(servers.map(async (server) => masked(await textOf(server, path))));
    assert.match(texts[0], /\[DONE\]|message_stop/);
    assert.equal(texts[1], texts[0]);
    assert.equal(texts[2], texts[0]);
  }
});

async function textOf(server, path) {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const response = await fetch(server.url + path, { method: "POST", headers, body: request(path, "Hello").body });
  assert.equal(response.status, 200);
  return response.text();
}

/** Without what differs between any two answers. */
const masked = (text) => text.replaceAll(/"id":"[a-z]+[_-][0-9a-f]{32}"/g, '"id":""').replaceAll(/"created":\d+/g, '"created":0');

for (const pace of PACES) {
  const [chunks, everyMs, mostReads] = pace;
  test(`${1_000 / everyMs} chunks a second: at most ${mostReads} reads for ${chunks}, and a write and a timer for each`, async () => {
    for (const { path, counts } of (await counting).filter((counted) => counted.pace === pace)) {
      const seen = `${path}: ${JSON.stringify(counts)}`;
      const taken = Math.max(counts.reads, counts.transforms);
      assert.ok(taken >= 50, `the reads are not seen; ${seen}`);
      assert.ok(taken <= mostReads, seen);
      // Beside these: the beginning, the end and a few for keep-alives.
      assert.ok(Math.max(counts.enqueued, counts.written) <= taken + 10, seen);
      assert.ok(counts.timers <= taken + 30, seen);
    }
  });
}
