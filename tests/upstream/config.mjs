// Answers GET /api/config, which asks for no credential.
//
// Does not: keep what a test has set (settings.mjs).
// Called by: server.mjs.

import { models } from './models.mjs';
import { sendJson } from './reply.mjs';

/** The upstream ids that the newest web client offers, as `default_models` has them. */
export const offeredModels = [...models.values()]
  .filter(({ offered }) => offered)
  .map(({ id }) => id)
  .join(',');

export function sendConfig(exchange, state) {
  const behaviour = exchange.spendBehaviour();
  const config = {
    status: true,
    name: 'DeGPT',
    version: '0.1.125',
    default_locale: 'en-US',
    auth: true,
    images: false,
    default_models: offeredModels,
    default_prompt_suggestions: [],
    trusted_header_auth: false,
    ...state.settings.config,
    ...behaviour.config,
  };
  for (const name of behaviour.withoutKeys ?? []) delete config[name];
  return sendJson(exchange, 200, config, behaviour);
}
