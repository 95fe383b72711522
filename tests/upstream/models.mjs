// The upstream models this stand-in knows: every text and image model that the
// server accepts, with what matters to an answer. Any other id gets a fake
// success, as from the real server.
//
// Does not: hold names, tiers or what a gateway publishes to its clients.
// Called by: chat.mjs and the tests.
//
//   family    decides the shape of the chunks (families.mjs)
//   pictures  how a picture reaches it: "openai" parts, "anthropic" blocks, "none"
//   thinks    it reasons when enable_thinking is on. Wider than the web client's
//             own list, for GPT models reason whenever they can and are told to
//   offered   the newest web client offers it; the others are accepted all the same
//   effort    false: a GPT model whose provider refuses a reasoning effort, which
//             the server asks for whenever thinking is on

const offered = true;

const rows = [
  ['deepseek-chat', 'deepseek', 'none', { offered }],
  ['deepseek-reasoner', 'deepseek', 'none', { thinks: true, offered }],

  ['doubao-seed-1-6-250615', 'doubao', 'openai', { offered }],
  ['doubao-seed-1-6-thinking-250615', 'doubao', 'openai', { thinks: true, offered }],

  // Qwen's text models see nothing: a request with a picture goes to another id.
  ['qwen3-235b-a22b', 'qwen', 'none', { thinks: true }],
  ['qwen3-max-preview', 'qwen', 'none', { offered }],
  ['qwen-vl-plus', 'qwen', 'openai'],
  ['qvq-max', 'qwen', 'openai', { thinks: true }],

  ['gpt-5-mini', 'gpt', 'openai', { thinks: true }],
  ['gpt-5', 'gpt', 'openai', { thinks: true }],
  ['gpt-5.1', 'gpt', 'openai', { thinks: true, offered }],
  ['gpt-5.2', 'gpt', 'openai', { thinks: true, offered }],
  ['o3', 'gpt', 'openai', { thinks: true }],
  ['o4-mini', 'gpt', 'openai', { thinks: true }],
  ['gpt-4o', 'gpt', 'openai', { effort: false }],
  ['gpt-4o-mini', 'gpt', 'openai', { effort: false }],
  ['gpt-4o-audio-preview', 'gpt', 'openai', { effort: false }],
  ['gpt-4.1', 'gpt', 'openai', { effort: false }],
  ['gpt-5-chat-latest', 'gpt', 'openai', { effort: false }],

  ['claude-opus-4-20250514', 'claude', 'anthropic', { thinks: true }],
  ['claude-sonnet-4-5-20250929', 'claude', 'anthropic', { thinks: true, offered }],

  ['gemini-2.5-flash-preview-05-20', 'gemini', 'openai', { offered }],
  ['gemini-2.5-pro', 'gemini', 'openai'],
  ['gemini-3-pro-preview', 'gemini', 'openai', { offered }],

  ['grok-4-0709', 'grok', 'openai'],
  ['grok-3', 'grok', 'openai'],
  ['grok-3-mini', 'grok', 'openai', { thinks: true }],
  ['grok-4-1-fast-non-reasoning', 'grok', 'openai', { offered }],
  ['grok-4-1-fast-reasoning', 'grok', 'openai', { offered }],
];

export const models = new Map(
  rows.map(([id, family, pictures, more]) => [id, { id, family, pictures, thinks: false, effort: true, offered: false, ...more }]),
);
