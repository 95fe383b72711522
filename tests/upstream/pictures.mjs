// Reads the pictures and files out of messages, in OpenAI's and Anthropic's
// forms, and describes them so that a test can tell that the very bytes arrived.
//
// Does not: decide whether a family takes them (refusals.mjs), or fetch a URL.
// Called by: texts.mjs, refusals.mjs and the tests.

import { createHash } from 'node:crypto';

/** All pictures and files of a conversation, in order; unreadable ones are left out. */
export function attachments(messages) {
  return messages
    .flatMap((message) => (Array.isArray(message.content) ? message.content : []))
    .map(attachment)
    .filter((found) => found !== null);
}

/** One sentence for all attachments. */
export function describe(found) {
  return `I was shown ${found.map(describeOne).join(' and ')}.`;
}

/**
 * What a content part shows: `{kind, name, mediaType, data}` or `{kind, name, url}`;
 * null when it is a text or cannot be read.
 */
export function attachment(part) {
  switch (part?.type) {
    case 'image_url':
      return fromUrl('picture', null, part.image_url?.url);
    case 'file':
      return fromUrl('file', part.file?.filename ?? null, part.file?.file_data);
    case 'image':
      return fromSource('picture', part.source);
    case 'document':
      return fromSource('file', part.source);
    default:
      return null;
  }
}

function describeOne({ kind, name, mediaType, data, url }) {
  const label = name === null ? `a ${kind}` : `a ${kind} named ${name}`;
  if (url !== undefined) return `${label} at ${url}`;
  return `${label} (${mediaType}, ${data.length} bytes, sha256 ${sha256Prefix(data)})`;
}

/** The first 12 hex digits: enough to tell two pictures apart. */
export function sha256Prefix(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 12);
}

function fromSource(kind, source) {
  if (source?.type === 'url') return fromUrl(kind, null, source.url);
  if (source?.type !== 'base64' || typeof source.media_type !== 'string') return null;
  const data = decode(source.data);
  return data && { kind, name: null, mediaType: source.media_type, data };
}

function fromUrl(kind, name, url) {
  if (typeof url !== 'string') return null;
  if (/^https?:\/\/./.test(url)) return { kind, name, url };
  // By hand, not with one pattern: the data can be many megabytes.
  const comma = url.indexOf(',');
  const head = /^data:([^;]+\/[^;]+);base64$/.exec(url.slice(0, Math.max(comma, 0)));
  if (head === null) return null;
  const data = decode(url.slice(comma + 1));
  return data && { kind, name, mediaType: head[1], data };
}

// Buffer.from skips what is not base64, where a provider refuses it.
function decode(base64) {
  if (typeof base64 !== 'string' || base64 === '' || base64.length % 4 !== 0) return null;
  const data = Buffer.from(base64, 'base64');
  return data.toString('base64') === base64 ? data : null;
}
