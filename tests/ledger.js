/**
 * Runs in workerd in front of the built Worker (`front` of startWorker) and shows what a ledger keeps:
 * `GET /ledger/LABEL` answers with the rows of its `usage`, and its `account`. No Worker sees that
 * request.
 */
import worker, { Ledger as Built } from "./index.js";

export class Ledger extends Built {
  tables() {
    const rows = (table) => this.ctx.storage.sql.exec(`SELECT * FROM ${table}`).toArray();
    return { usage: rows("usage"), account: JSON.parse(rows("account")[0]?.state ?? "null") };
  }
}

export default {
  async fetch(request, env, context) {
    const [, label] = /^\/ledger\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (!label) return worker.fetch(request, env, context);
    return Response.json(await env.LEDGER.getByName(label).tables());
  },
};
