// Answers POST /api/v1/conversation/refresh: may this account chat with this
// model once more? A pass counts as one chat; what was refused counts nothing.
//
// Does not: stop a chat, for DeGPT's chat endpoint does not ask it.
// Called by: server.mjs.

import { sendJson, sendRefusal } from './reply.mjs';
import { textFaults } from './validate.mjs';

const overLimit = 'The number of attempts has exceeded the limit. Please upgrade to VIP.';

/** How many chats each account has had of each model. */
export class Allowance {
  #counts = new Map();

  /** The row for one more chat. */
  take(account, model, limit = Infinity) {
    const key = JSON.stringify([account, model]);
    const num = this.#counts.get(key) ?? 0;
    if (num >= limit) return { passed: false, model, num, message: overLimit };
    this.#counts.set(key, num + 1);
    return { passed: true, model, num: num + 1, message: 'ok' };
  }

  clear() {
    this.#counts.clear();
  }
}

export async function refreshAllowance(exchange, state) {
  const bad = state.visitors.refusalOf(exchange.headers.authorization);
  if (bad) return sendRefusal(exchange, bad.status, bad.detail);
  const faults = textFaults(exchange, ['model', 'equip_id']);
  if (faults.length > 0) return sendRefusal(exchange, 422, faults);

  const behaviour = exchange.spendBehaviour();
  const { model } = exchange.json;
  const limit = behaviour.overLimit ? 0 : state.settings.of('limits', model);
  const row = state.allowance.take(exchange.record.account, model, limit);
  return sendJson(exchange, 200, { passed: true, data: [row] }, behaviour);
}
