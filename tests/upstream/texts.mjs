// The answers' texts: the recorded ones, and for every other question a text
// made to be hard on a client, always the same for the same question.
//
// Does not: cut, escape or send a text.
// Called by: events.mjs, unstreamed.mjs and the tests.

import { agentText } from './agent.mjs';
import { attachments, describe } from './pictures.mjs';

/** The whole content of a fake success. */
export const fakeSuccess = "Sorry, you don't have sufficient access rights at the moment.";

/** The recorded answer of deepseek-chat to the same question, not streamed: another run, another text. */
export const seedJsonText =
  '我是 **DeepSeek-V3**，由 **深度求索（DeepSeek）** 公司开发的 **大语言模型**。我的知识截止到 **2024年7月**，可以处理 **128K 超长上下文**，并且支持 **文本、文档（如PDF、Word、Excel、PPT等）的解析和分析**。  \n\n如果你有任何问题，不论是学习、编程、写作，还是生活相关，都可以问我！😊';

/** The recorded answer of claude-opus-4-20250514 to it. */
export const seedClaudeText =
  '我是Claude，一个由Anthropic公司创建的AI助手。我是基于大型语言模型训练而成的，旨在通过自然对话的方式提供帮助。我可以协助处理各种任务，包括回答问题、写作、分析、编程、翻译等。有什么我可以帮助您的吗？';

/** Whether the last user turn is the recorded question, with either question mark. */
export function isSeedQuestion(body) {
  return /^你是什么模型[?？]$/.test(lastText(body.messages, 'user').trim());
}

/** The text of an answer that no test has scripted. */
export function answerText(body, model) {
  const agent = agentText(body);
  if (agent !== null) return agent;
  const shown = attachments(body.messages);
  const question = shorten(lastText(body.messages, 'user'));
  if (shown.length > 0) return `${describe(shown)} You asked ${model.id}: "${question}"`;
  if (model.family === 'claude' && isSeedQuestion(body)) return seedClaudeText;
  return [
    `This is ${model.id} speaking. You said: "${question}"`,
    '我收到了您的消息，谢谢！🎉 Família 👨‍👩‍👧‍👦, flag 🇨🇳, rare 𠮷.',
    'A quote ", an apostrophe \', a backslash \\, a path C:\\new\\table and a literal \\n.',
    'data: x',
    'data: [DONE]',
    '',
    '\t- tab,\r\n  carriage return, NUL-free \u007f and \u2028 in one line',
    '```json\n{"a": [1, 2.0, null], "b": "é"}\n```',
    'The end. ✅',
  ].join('\n');
}

/** The text that continues an assistant turn, for `reload`. */
export function continuationText(body, model) {
  const begun = [...lastText(body.messages, 'assistant').slice(-60)].slice(-20).join('');
  return `, and so ${model.id} went on after "${begun}": 接着说下去 🚀.`;
}

export function reasoningText(body) {
  return `Hmm, the user wants: "${shorten(lastText(body.messages, 'user'))}".\n让我想想 🤔 … I will answer.`;
}

/** The content of chunk `index` of a `chunkCount` answer: five characters each. */
export function countedContent(index) {
  return `${String(index % 10000).padStart(4, '0')} `;
}

/** The text of the last turn of `role`; its text parts are joined. */
export function lastText(messages, role) {
  const content = messages.findLast((message) => message.role === role)?.content ?? '';
  if (typeof content === 'string') return content;
  return content
    .filter((part) => part.type === 'text' && typeof part.text === 'string')
    .map((part) => part.text)
    .join('\n');
}

// The slice before the spread keeps a question of many megabytes cheap.
function shorten(text) {
  const characters = [...text.slice(0, 200)];
  return characters.length > 60 ? `${characters.slice(0, 60).join('')}…` : text;
}
