// Answers POST /api/v1/auths/printSignIn: a visitor's id in, a token out.
//
// Does not: keep the accounts (visitors.mjs).
// Called by: server.mjs.

import { sendJson, sendRefusal } from './reply.mjs';
import { signInFaults } from './validate.mjs';

export async function signIn(exchange, state) {
  const faults = signInFaults(exchange);
  if (faults.length > 0) return sendRefusal(exchange, 422, faults);

  const behaviour = exchange.spendBehaviour();
  const { id } = exchange.json;
  const { token, created } = state.visitors.signIn(id, behaviour.tokenLifetimeSeconds ?? state.options.tokenLifetimeSeconds);
  state.records.count('signIns');
  if (created) state.records.count('accountsCreated');
  return sendJson(
    exchange,
    200,
    {
      token,
      token_type: 'Bearer',
      id,
      email: `${id}@visitor.invalid`,
      name: 'Visitor',
      role: 'visitor',
      profile_image_url: '/user.png',
    },
    behaviour,
  );
}
