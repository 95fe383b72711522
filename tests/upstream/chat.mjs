// Answers POST /api/v1/chat/completion/proxy, in DeGPT's order: the credential,
// the body's fields, the model behind it, the answer.
//
// Does not: hold any of these rules itself; it only puts them in order.
// Called by: server.mjs.

import { answerEvents, fakeSuccessEvents } from './events.mjs';
import { steps } from './faults.mjs';
import { models } from './models.mjs';
import { refusal } from './refusals.mjs';
import { sendJson, sendRefusal, sendStream } from './reply.mjs';
import { unstreamedAnswer } from './unstreamed.mjs';
import { chatFaults } from './validate.mjs';

export async function chat(exchange, state) {
  const { record, records, json: body } = exchange;
  records.count('chats');

  const checked = !exchange.behaviour.skipChecks;
  const badCredential = checked && state.visitors.refusalOf(exchange.headers.authorization);
  if (badCredential) return sendRefusal(exchange, badCredential.status, badCredential.detail);

  const faults = chatFaults(exchange);
  if (faults.length > 0) return sendRefusal(exchange, 422, faults);

  const model = models.get(body.model);
  const thinking = body.enable_thinking ?? true;
  const refused = refusal(body, model, thinking);
  if (refused !== null && (checked || model === undefined)) {
    record.why = refused.why;
    records.count('fakeSuccesses');
    return sendStream(exchange, refusedSteps(refused, body), exchange.defaults);
  }

  const behaviour = exchange.spendBehaviour();
  if (!body.stream) return sendJson(exchange, 200, unstreamedAnswer(body, model, thinking, behaviour), behaviour);
  return sendStream(exchange, steps(answerEvents(body, model, thinking, behaviour, exchange.headers.accept), behaviour), behaviour);
}

function refusedSteps({ kind }, body) {
  return kind === 'noBody' ? [{ end: 'clean' }] : steps(fakeSuccessEvents(body.model), {});
}
