// What the providers behind DeGPT refuse in `messages`. DeGPT tells none of it:
// the answer is still a 200, with a fake success, or here and there no body.
//
// Does not: check DeGPT's own table of fields (validate.mjs, a 422).
// Called by: chat.mjs. The reasons go into the request record, for the reader
// of a failed test; they are never sent.

import { attachment } from './pictures.mjs';

/** Returns null, or `{kind: 'fakeSuccess' | 'noBody', why}`. */
export function refusal(body, model, thinking) {
  if (model === undefined) return fake(`unknown model ${body.model}`);
  if (body.messages.length === 0) return fake('no messages');
  if (thinking && !model.effort) return fake(`${model.id} takes no reasoning effort`);
  for (const message of body.messages) {
    if (isEmpty(message.content)) return fake(`empty ${message.role} message`);
    if (!roles(model).includes(message.role)) return fake(`${model.family} takes no role ${message.role}`);
  }
  switch (model.family) {
    case 'claude':
      return refusalOfClaude(body.messages, thinking);
    case 'gpt':
      return refusalOfGpt(body.messages);
    default:
      return refusalOfOpenAiShape(body.messages, model);
  }
}

function roles({ family }) {
  if (family === 'claude') return ['user', 'assistant'];
  if (family === 'gpt') return ['system', 'developer', 'user', 'assistant'];
  return ['system', 'user', 'assistant'];
}

// Claude's messages reach Anthropic's API unchanged, so its own rules hold.
function refusalOfClaude(messages, thinking) {
  if (messages[0].role !== 'user') return fake('claude: the first turn is not the user');
  for (const [index, { role, content, ...more }] of messages.entries()) {
    if (Object.keys(more).length > 0) return fake(`claude: extra message fields ${Object.keys(more)}`);
    if (index > 0 && messages[index - 1].role === role) return fake(`claude: two ${role} turns in a row`);
    for (const part of asParts(content)) {
      if (part.type === 'text' && isText(part) && part.text.trim() !== '') continue;
      if (role === 'user' && isAnthropicPart(part)) continue;
      return fake(`claude: ${role} part of type ${part.type}${part.source?.media_type ? ` and ${part.source.media_type}` : ''}`);
    }
  }
  const last = messages.at(-1);
  if (last.role === 'assistant') {
    if (thinking) return fake('claude: a last assistant turn with thinking on');
    if (/\s$/.test(asParts(last.content).at(-1).text)) return fake('claude: a last assistant turn ends in white space');
  }
  return null;
}

// GPT's parts are rewritten by DeGPT: where that code itself fails, before
// its first chunk, the body stays empty.
function refusalOfGpt(messages) {
  for (const { role, content } of messages) {
    if (role === 'assistant' && typeof content !== 'string') return fake('gpt: assistant turn as a part list');
    for (const part of asParts(content)) {
      if (part.type === 'image_url' && typeof part.image_url?.url !== 'string') {
        return { kind: 'noBody', why: 'gpt: image_url is no object with a url' };
      }
      if (isFileAtAddress(part)) continue;
      if (!isOpenAiPart(part, 'openai')) return fake(`gpt: part of type ${part.type}`);
    }
  }
  return null;
}

function refusalOfOpenAiShape(messages, model) {
  for (const { content } of messages) {
    for (const part of asParts(content)) {
      if (!isOpenAiPart(part, model.pictures)) return fake(`${model.id}: part of type ${part.type}`);
    }
  }
  return null;
}

function isOpenAiPart(part, pictures) {
  if (part.type === 'text') return isText(part);
  // No provider takes a file in this form; GPT's, which DeGPT rewrites, is another matter.
  return part.type === 'image_url' && pictures === 'openai' && attachment(part) !== null;
}

// It becomes `file_url`, which OpenAI fetches: no data URL.
function isFileAtAddress(part) {
  return part.type === 'file' && attachment(part)?.url !== undefined;
}

const claudeMediaTypes = {
  image: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
  document: ['application/pdf'],
};

function isAnthropicPart(part) {
  const types = claudeMediaTypes[part.type];
  const found = types && attachment(part);
  return Boolean(found) && (found.url !== undefined || types.includes(found.mediaType));
}

function isText(part) {
  return typeof part.text === 'string';
}

function asParts(content) {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function isEmpty(content) {
  return asParts(content).every((part) => part.type === 'text' && part.text === '');
}

function fake(why) {
  return { kind: 'fakeSuccess', why };
}
