/**
 * Runs in workerd in front of the built Worker (`front` of startWorker) and shows what a ledger keeps:
 * `GET /ledger/LABEL` answers with the rows of its two tables. No Worker sees that request. The ledger
 * of the label `lost` fails, that of `silent` never answers, that of `late` takes the first message after
 * 6 seconds, when others may have come, and that of `full` cannot keep its account at the second.
 */
import worker, { Ledger as Built } from "./index.js";

export class Ledger extends Built {
  #isLate = true;
  #messages = 0;

  async act(message) {
    const { name } = this.ctx.id;
    if (name === "late" && this.#isLate) {
      this.#isLate = false;
      await scheduler.wait(6_000);
    }
    if (name === "full" && ++this.#messages === 2) return this.#full(message);
    if (name === "lost") throw new Error("lost");
    return name === "silent" ? new Promise(() => {}) : super.act(message);
  }

  #full(message) {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TRIGGER full BEFORE INSERT ON account BEGIN SELECT RAISE(ABORT, 'full'); END");
    try {
      return super.act(message);
    } finally {
      sql.exec("DROP TRIGGER full");
    }
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
