// The demo's English. `about` is {model, question, turn}.
//
// Called by: texts.mjs.

const live = ({ model }) => `Live, the gateway asks DeGPT, and **${model}** itself answers.`;

export const english = {
  live: (about, what) => (what === 'seen' ? `This is the demo: I only read the file's first facts. ${live(about)}` : live(about)),
  opening: (about) => `You asked: “${about.question}”\n\nThis is the **demo** of degpt-edge: a stand-in answers in place of **${about.model}**. ${live(about)}`,
  turn: ({ turn }) => (turn === 1 ? 'This is the first question of our conversation.' : `This is question ${turn} of our conversation, and I remember the earlier ones.`),
  short: ({ model }) => `An answer of the demo in place of ${model}.`,
  lengthOf: (text) => text.split(/\s+/).length,
  space: ' ',
  long: /\b(?:long|story|essay|article|detailed|lengthy|in detail|tale|novel|paragraphs)\b/i,
  sentence: (index) => ['A small gateway stood between many apps and many models.', 'Every question came in one language and left in another.', 'The answers flowed back piece by piece, as soon as they were there.', 'Nobody had to wait for the last word to read the first.', `And so part ${Math.ceil(index / 5)} of the story came to its end.`][(index - 1) % 5],
  shapes: { list: /\b(?:list|steps|ideas|tips|ways|how (?:do|can|to)|reasons|name \w+)\b/i, code: /\b(?:code|function|program|script|python|javascript|rust|sql|html|regex|snippet|implement)\b/i, table: /\b(?:table|compare|comparison|versus|vs)\b/i },
  list: () => 'Try these:\n\n1. **A picture**: I tell its format, its size and, of a PNG, its colour.\n2. **A tool**: offer one and ask for what it does; I call it and tell the result.\n3. **A JSON schema**: I fill it with words of your question.\n4. **“My name is Ada.”** Then ask me for it.',
  code: ({ model }) => `\`\`\`python\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="http://localhost:7860/api/v1", api_key="YOUR_API_KEY")\nanswer = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello!"}],\n)\nprint(answer.choices[0].message.content)\n\`\`\``,
  table: ({ model }) => `| | in this demo | live |\n|---|---|---|\n| who answers | a stand-in | ${model} |\n| account | none | a visitor's, or your key |\n| tools, schemas, streams | as live | yes |\n| knowledge | next to none | the model's |`,
  topics: [
    [/\b(?:who|what) are you\b|\bwhich model\b|\bwhat model\b|\byour name\b|introduce yourself/i, (about) => `You asked for **${about.model}**. I am its stand-in in the demo of degpt-edge and know next to nothing. ${live(about)}`],
    [/^\s*(?:thanks|thank you|thx)\b/i, () => 'You are welcome! Is there anything else that you would like to try?'],
    [/^\s*(?:test|testing|ping)\W*$/i, (about) => `It works: your question reached the stand-in for **${about.model}**, and this answer came back.`],
    [/capital of france/i, (about) => `The capital of France is **Paris**. (That is one of the few things that the demo knows. ${live(about)})`],
    [/\bhaiku\b|\bpoem\b/i, (about) => `Words cross a small bridge,\none by one, and none is lost:\na stream reaches you.\n\n*The demo wrote this in place of ${about.model}.*`],
    [/\bjoke\b/i, (about) => `Why did the token cross the gateway? To get to the other stream.\n\n*Live, ${about.model} knows better ones.*`],
    [/^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|howdy)\b.{0,40}$/is, (about) => `Hello! 👋 I am the demo's stand-in for **${about.model}**. ${live(about)}\n\nAsk me anything, show me a picture, or offer me a tool.`],
  ],
  pixels: (width, height) => `${width} × ${height} pixels`,
  pages: (count) => `${count} page${count === 1 ? '' : 's'}`,
  bytes: (count) => `${count.toLocaleString('en-US')} bytes`,
  colour: (name) => `mostly ${name}`,
  seen: (kind, facts) => `I see a ${kind}: ${facts.join(', ')}.`,
  document: (name, lines, characters) => `I read ${name ? `**${name}**` : 'your document'}: ${lines} line${lines === 1 ? '' : 's'}, ${characters} characters. It begins:`,
  recalled: (key, value) => (key === 'question' ? `You said: “${value}”` : key === 'name' ? `Your name is ${value}.` : `You told me: ${key} is ${value}.`),
  result: (name, about, text) => `\`${name}\` says${about ? ` about ${about}` : ''}:${text}`,
  failed: (name, text) => `\`${name}\` failed: ${text}`,
  sources: (query, list) => `I searched the web for “${query}”. This is what I found:\n\n${list}`,
  continued: ({ model }) => ` and so the demo goes on in place of ${model}, from where the text ended.`,
  reasoning: ({ model, question }, { tools, form, results }) =>
    [`The user asks: “${question}”.`, `This is the demo, so DeGPT is not asked; I stand in for ${model}.`, tools > 0 ? (results > 0 ? 'The tools have answered; I tell what they said.' : `${tools === 1 ? 'One tool is' : `${tools} tools are`} offered; I check whether one fits.`) : '', form ? 'The answer has to be JSON of a given form.' : '', 'I answer in the language of the question.'].filter(Boolean).join(' '),
};
