/**
 * Runs in workerd in front of the built Worker (`front` of startWorker) and shows what a ledger keeps:
 * `GET /ledger/LABEL` answers with the rows of its two tables. No Worker sees that request. The ledger
 * of the label `lost` fails, and that of `silent` never answers.
 */
import worker, { Ledger as Built } from "./index.js";

export class Ledger extends Built {
  act(message) {
    const { name } = this.ctx.id;
    if (name === "lost") throw new Error("lost");
    return name === "silent" ? new Promise(() => {}) : super.act(message);
  }

  tables() {
    const rows = (query) => this.ctx.storage.sql.exec(query).toArray();
    const [account] = rows("SELECT * FROM account");
    return { usage: rows("SELECT * FROM usage"), account: account && JSON.parse(account.state) };
  }
}

export default {
  async fetch(request, env, context) {
    const [, label] = /^\/ledger\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (!label) return worker.fetch(request, env, context);
    return Response.json(await env.LEDGER.getByName(label).tables());
  },
};
