// What `stream:false` comes to: a chat.completion from three families only;
// for the others the server's own slip, as published.
//
// Does not: answer a refused request, which is a fake success as ever.
// Called by: chat.mjs.

import { randomUUID } from 'node:crypto';
import { answerParts } from './events.mjs';
import { families } from './families.mjs';

/** The value that is sent as JSON. */
export function unstreamedAnswer(body, model, thinking, behaviour) {
  const kind = families[model.family].unstreamed;
  if (kind === 'null') return null;
  const { content, reasoning } = answerParts(body, model, thinking, behaviour);
  return kind === 'responses' ? responsesObject(body, content) : completion(body, content, reasoning);
}

function completion(body, content, reasoning) {
  const message = { role: 'assistant', content, ...(reasoning === '' ? {} : { reasoning_content: reasoning }) };
  return {
    id: randomUUID(),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
  };
}

// GPT models: the object of OpenAI's other API is handed on as it is.
function responsesObject(body, content) {
  return {
    id: `resp_${randomUUID().replaceAll('-', '')}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'completed',
    model: body.model,
    output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: content, annotations: [] }] }],
  };
}
