/**
 * The Durable Object of a label: see ledger.rs, which it calls for each message. It keeps nothing in
 * memory, so nothing is lost with it.
 */
import { DurableObject } from "cloudflare:workers";

import { ledger } from "./index.js";

export class Ledger extends DurableObject {
  /** Takes a message; returns the answer. */
  act(message) {
    const answer = ledger(this.ctx.storage.sql, message);
    // The Rust part has failed.
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }
}
