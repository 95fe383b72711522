// Keeps what happened: a bounded list of requests, and counters that go on
// counting when the list is full. All times are milliseconds since 1970.
//
// Does not: judge a request.
// Called by: server.mjs; the others count through the exchange's `records`.

import { bearer } from './visitors.mjs';

export class Records {
  #sequence = 0;
  #openAnswers = 0;
  #keptBodyBytes = 0;

  constructor({ keepRequests, keepBodyBytes }) {
    this.keepRequests = keepRequests;
    this.keepBodyBytes = keepBodyBytes;
    this.clear();
  }

  /** Begins the record of a request, and follows its connection to the end. */
  begin(req, res, url) {
    this.#sequence += 1;
    const record = {
      sequence: this.#sequence,
      at: Date.now(),
      method: req.method,
      path: url.pathname,
      query: url.search,
      headers: { ...req.headers },
      credential: bearer(req.headers.authorization),
      account: null, // whose credential it is: a visitor's id, or an API key itself
      body: null, // the parsed JSON, or the text when it is none
      bodyLength: 0, // raw bytes
      status: null,
      why: null, // why the stand-in refused it by itself
      outcome: null, // "answered", "broken" (by a behaviour) or "aborted" (by the client)
      aborted: false,
      headersAt: null,
      endedAt: null,
      releasedAt: null, // when the client left before the end
      bytesWritten: 0, // accepted by the socket
      chunksWritten: 0, // answer chunks whose last byte was
    };
    this.requests.push(record);
    this.#openAnswers += 1;
    this.counters.requests += 1;
    this.counters.peakOpenAnswers = Math.max(this.counters.peakOpenAnswers, this.#openAnswers);
    res.once('close', () => this.#end(record, res.writableFinished));
    this.#trim();
    return record;
  }

  /** Adds the body, and lets go of the oldest bodies when they become too much. */
  keepBody(record, value, length) {
    record.bodyLength = length;
    this.counters.bytesReceived += length;
    if (!this.requests.includes(record)) return; // cleared or pushed out in the meantime
    record.body = value;
    this.#keptBodyBytes += length;
    this.#trim();
  }

  count(name, by = 1) {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  get stats() {
    return { ...this.counters, openAnswers: this.#openAnswers };
  }

  clear() {
    this.requests = [];
    this.#keptBodyBytes = 0;
    this.counters = {
      requests: 0,
      chats: 0,
      signIns: 0,
      accountsCreated: 0,
      refused: 0, // 401, 403, 422
      fakeSuccesses: 0, // by the stand-in's own judgement, not scripted ones
      aborted: 0,
      errors: 0, // faults of the stand-in itself: must stay 0
      bytesReceived: 0,
      bytesWritten: 0,
      chunksWritten: 0,
      peakOpenAnswers: this.#openAnswers,
    };
  }

  #end(record, wasAnswered) {
    this.#openAnswers -= 1;
    record.endedAt = Date.now();
    if (wasAnswered) record.outcome = 'answered';
    if (record.outcome !== null) return;
    record.outcome = 'aborted';
    record.aborted = true;
    record.releasedAt = record.endedAt;
    this.counters.aborted += 1;
  }

  #trim() {
    while (this.requests.length > this.keepRequests) this.#release(this.requests.shift());
    for (const record of this.requests) {
      if (this.#keptBodyBytes <= this.keepBodyBytes) return;
      this.#release(record);
    }
  }

  #release(record) {
    if (record.body === null) return;
    record.body = null;
    this.#keptBodyBytes -= record.bodyLength;
  }
}
