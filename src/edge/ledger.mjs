/**
 * The Durable Object of a label: see ledger.rs, which it calls for each message. One more, which is called
 * `*`, is the registry of the keys that were made without a deployment. None of them keeps anything in
 * memory, so nothing is lost with it.
 *
 *     account    state                                  one row: what `act` keeps, as JSON
 *     usage      day, model, requests, failures,        one row for each day (of UTC, counted from 1970-01-01)
 *                prompt, completion, reasoning          and model: sums
 *     outcomes   model, status, error, n                one row for each: sums, see ledger/outcome.rs; with the
 *                                                       status 0 attempts that failed at an origin (in `model`)
 *     keys       hash, label, policy, created, revoked  one row for each key, also for one that was revoked: its
 *                                                       SHA-256, its own policy as JSON, and seconds since
 *                                                       1970-01-01 UTC
 */
import { DurableObject } from "cloudflare:workers";

import { ledger } from "./index.js";

const TABLES = `
CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS usage (day INTEGER, model TEXT, requests INTEGER, failures INTEGER, prompt INTEGER,
completion INTEGER, reasoning INTEGER, PRIMARY KEY (day, model)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcomes (model TEXT, status INTEGER, error TEXT, n TEXT NOT NULL,
PRIMARY KEY (model, status, error)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (hash TEXT PRIMARY KEY, label TEXT NOT NULL, policy TEXT NOT NULL,
created INTEGER NOT NULL, revoked INTEGER) WITHOUT ROWID`;

/** What is shown of a key, and which key has an id: that is how its hash begins. */
const KEY = "substr(hash, 1, 16) AS id, label, policy, created";
const BY_ID = "WHERE hash BETWEEN ?1 AND ?1 || 'g' AND revoked IS NULL";

/** What can be asked with `query`. */
const STATEMENTS = {
  usage: "SELECT * FROM usage WHERE day BETWEEN ? AND ? ORDER BY day, model",
  outcomes: "SELECT * FROM outcomes ORDER BY model, status, error",
  labels: "SELECT DISTINCT label FROM keys ORDER BY label",
  find: `SELECT ${KEY} FROM keys WHERE hash = ? AND revoked IS NULL`,
  list: `SELECT ${KEY} FROM keys WHERE revoked IS NULL ORDER BY created, hash`,
  read: `SELECT ${KEY} FROM keys ${BY_ID}`,
  create: `INSERT INTO keys VALUES (?, ?, ?, ?, NULL) RETURNING ${KEY}`,
  change: `UPDATE keys SET policy = ?2 ${BY_ID} RETURNING ${KEY}`,
  revoke: `UPDATE keys SET revoked = ?2 ${BY_ID} RETURNING ${KEY}`,
};

export class Ledger extends DurableObject {
  constructor(context, env) {
    super(context, env);
    context.storage.sql.exec(TABLES);
  }

  /** Takes a message; returns the answer. If it fails, nothing of it is kept: it is sent again. */
  act(message) {
    const { sql } = this.ctx.storage;
    return this.ctx.storage.transactionSync(() => {
      const answer = ledger(sql, message);
      // The Rust part has failed.
      if (answer === undefined) throw new Error("no answer");
      return answer;
    });
  }

  /** Runs a statement with these values; returns its rows as JSON. */
  query(statement, values) {
    return JSON.stringify(this.ctx.storage.sql.exec(STATEMENTS[statement], ...values).toArray());
  }
}
