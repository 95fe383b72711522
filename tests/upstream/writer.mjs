// Writes a body to a response in a chosen cutting, no faster than the client
// takes it, and keeps count of what the socket has accepted.
//
// Does not: end the response, or wait for anything but the socket.
// Called by: reply.mjs.

import { setImmediate as nextTurn } from 'node:timers/promises';

export class BodyWriter {
  #held = [];
  #heldBytes = 0;
  #offered = 0;
  #chunkEnds = [];
  #pending = 0;
  #settled = () => {};

  constructor(res, record, records, writeMode = 'events') {
    const mode = typeof writeMode === 'string' ? { mode: writeMode } : writeMode;
    this.res = res;
    this.record = record;
    this.records = records;
    this.mode = mode.mode;
    this.groupSize = mode.events ?? 8;
    this.nextCut = randomSizes(mode.seed ?? 1, mode.max ?? 400);
  }

  /** Takes one event; returns when the socket can take more. `isChunk` is for the count. */
  async event(bytes, isChunk) {
    this.#offered += bytes.length;
    if (isChunk) this.#chunkEnds.push(this.#offered);
    if (this.mode === 'events') return this.#write(bytes);
    if (this.mode === 'bytes') return this.#writeApart(bytes, () => 1);

    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.mode === 'group' && this.#held.length >= this.groupSize) return this.flush();
    if (this.mode === 'random' && this.#heldBytes > 4096) return this.flush();
  }

  /** Writes what a mode holds back; call before every wait and every ending. */
  async flush() {
    if (this.#heldBytes === 0) return;
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    if (this.mode === 'random') return this.#writeApart(bytes, this.nextCut);
    return this.#write(bytes);
  }

  /** Waits until the socket has accepted everything, or is closed. */
  async settled() {
    await new Promise((resolve) => {
      this.#settled = resolve;
      if (this.#pending === 0 || this.res.destroyed) resolve();
      else this.res.once('close', resolve);
    });
  }

  // One write per piece and per turn of the event loop, or Node would put the
  // pieces into one packet again.
  async #writeApart(bytes, nextSize) {
    for (let start = 0; start < bytes.length && !this.res.destroyed; ) {
      const end = Math.min(start + nextSize(), bytes.length);
      await this.#write(bytes.subarray(start, end));
      await nextTurn();
      start = end;
    }
  }

  async #write(bytes) {
    const { res } = this;
    if (res.destroyed || bytes.length === 0) return;
    this.#pending += 1;
    const more = res.write(bytes, (error) => {
      if (!error) this.#accepted(bytes.length);
      this.#pending -= 1;
      if (this.#pending === 0) this.#settled();
    });
    if (!more) await drained(res);
  }

  #accepted(length) {
    this.record.bytesWritten += length;
    this.records.count('bytesWritten', length);
    let complete = 0;
    while (this.#chunkEnds[complete] <= this.record.bytesWritten) complete += 1;
    this.#chunkEnds.splice(0, complete);
    this.record.chunksWritten += complete;
    this.records.count('chunksWritten', complete);
  }
}

function drained(res) {
  return new Promise((resolve) => {
    const go = () => {
      res.off('drain', go);
      res.off('close', go);
      resolve();
    };
    res.on('drain', go);
    res.on('close', go);
  });
}

// A small seeded generator (mulberry32): a failing cut must be repeatable.
function randomSizes(seed, max) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return 1 + (((mixed ^ (mixed >>> 14)) >>> 0) % max);
  };
}
