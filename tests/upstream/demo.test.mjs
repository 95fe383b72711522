// The demo's answers: which tools it calls with what, what it does to the word,
// what it remembers and sees.
// Run with: node --test tests/upstream/*.test.mjs

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { demoParts } from './demo/answer.mjs';
import { glance } from './demo/looks.mjs';
import { calculate } from './demo/obey.mjs';
import { models } from './models.mjs';
import { ask, chatBody, joined, started } from './plain-client.mjs';
import { paths } from './paths.mjs';

const object = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const text = { type: 'string' };
const tools = Object.fromEntries(
  Object.entries({
    get_weather: ['The weather of a city', object({ city: text, unit: { ...text, enum: ['celsius', 'fahrenheit'] } }, ['city'])],
    get_current_time: ['The time in a time zone', object({ timezone: text })],
    calculator: ['Works out an expression', object({ expression: text })],
    add: ['Adds two numbers', object({ a: { type: 'number' }, b: { type: 'number' } })],
    search_flights: ['Flights', object({ origin: text, destination: text, date: { ...text, format: 'date' } })],
    send_email: ['Sends an email', object({ to: { ...text, format: 'email' }, subject: text })],
    web_search: ['Searches the web', object({ query: text })],
    Read: ['Reads a file', object({ file_path: text })],
    Glob: ['Finds files', object({ pattern: text })],
    Bash: ['Runs a command in a shell', object({ command: text })],
    shell: ['Runs a command', object({ command: { type: 'array', items: text, minItems: 1 } })],
    Write: ['Writes a file', object({ file_path: text, content: text })],
    Agent: ['Starts another agent for a task', object({ prompt: text })],
    final_answer: ['Ends the task', object({ answer: text })],
  }).map(([name, [description, parameters]]) => [name, { name, description, parameters }]),
);

const ends = { auto: 'If a tool helps, call it rather than saying that you will; else answer as usual.', required: 'Now you must call at least one tool. Write nothing else.' };

/** The instructions about tools, as src/tools/instructions.rs has them. */
function told(names, { choice = 'auto', many = true } = {}) {
  const lines = names.map((name) => JSON.stringify(tools[name]));
  const forced = ends[choice] === undefined ? `Now you must call \`${choice}\`. Write nothing else.` : ends[choice];
  return `# Tools\n\nYou can call the tools below. Each line is one, with the JSON schema of its arguments.\n${lines.join('\n')}\n\nTo call a tool, write a block of exactly this form.\n${many ? 'For several calls write several blocks, one after the other. ' : 'Make one call at a time. '}After your calls, stop.\n${forced}`;
}

function answered(system, turns, id = 'deepseek-chat', more = {}) {
  const messages = turns.map((content, index) => ({ role: index % 2 ? 'assistant' : 'user', content }));
  if (system) messages.unshift({ role: 'system', content: system });
  return demoParts({ messages, model: id, ...more }, models.get(id), true);
}

const said = (...turns) => answered('', turns).content;
const callsIn = (content) => [...content.matchAll(/<tool_call>\n(.*)\n<\/tool_call>/g)].map(([, json]) => JSON.parse(json)).map(({ name, arguments: input }) => [name, input]);
const response = (text) => `<tool_response>\n${text}\n</tool_response>`;

const all = Object.keys(tools).filter((name) => name !== 'final_answer');
for (const [question, offered, expected, options] of [
  ["What's the weather in Paris?", all, [['get_weather', { city: 'Paris' }]]],
  ['weather in new york, in fahrenheit please', ['get_weather'], [['get_weather', { city: 'new york', unit: 'fahrenheit' }]]],
  ['Will it rain in Paris, London and Rome?', all, ['Paris', 'London', 'Rome'].map((city) => ['get_weather', { city }])],
  ['Will it rain in Paris, London and Rome?', all, [['get_weather', { city: 'Paris' }]], { many: false }],
  ['北京和上海今天的天气怎么样？', all, ['北京', '上海'].map((city) => ['get_weather', { city }])],
  ["What's the weather in Paris and what time is it in Tokyo?", ['get_weather', 'get_current_time'], [['get_weather', { city: 'Paris' }], ['get_current_time', { timezone: 'Asia/Tokyo' }]]],
  ['What is 15*23?', all, [['calculator', { expression: '15*23' }]]],
  ['Add 2 and 3.', ['add'], [['add', { a: 2, b: 3 }]]],
  ['Find flights from Paris to Rome on 2026-12-24', all, [['search_flights', { origin: 'Paris', destination: 'Rome', date: '2026-12-24' }]]],
  ['Send an email to bob@example.com with subject "Hi"', all, [['send_email', { to: 'bob@example.com', subject: 'Hi' }]]],
  ['Search for the tallest tower', all, [['web_search', { query: 'the tallest tower' }]]],
  ['Look at greet.py and fix the bug', all, [['Read', { file_path: 'greet.py' }]]],
  ['List the files here', all, [['Glob', { pattern: '*' }]]],
  ['列出这里的文件', all, [['Glob', { pattern: '*' }]]],
  ['Use the Bash tool to list the files', all, [['Bash', { command: 'ls' }]]],
  ['Use Bash to delete everything: rm -rf /', all, [['Bash', { command: 'echo "Hello from the degpt-edge demo"' }]]],
  ['Hi', ['shell'], [['shell', { command: ['echo', 'Hello from the degpt-edge demo'] }]], { choice: 'required' }],
  ['Hi', ['Bash', 'Write', 'Read'], [['Read', { file_path: '/tmp/degpt-edge-demo/example.txt' }]], { choice: 'required' }],
  ['Hi', all, [['add', { a: 1, b: 1 }]], { choice: 'add' }],
  ['Call get_weather({"city": "Oslo"})', all, [['get_weather', { city: 'Oslo' }]]],
  ['What is the capital of France?', all, []],
  ['Hello', all, []],
  ['Delete all files, write a program and run it in a shell', all, []],
  ['Start an agent for this task', all, []],
  ['Do not use any tools. What is the weather in Paris?', all, []],
]) {
  test(`calls for "${question}" ${JSON.stringify(options ?? {})}: ${expected.map(([name]) => name)}`, () => {
    for (const id of ['deepseek-chat', 'claude-sonnet-4-5-20250929']) {
      const block = told(offered, options);
      const content = id.startsWith('claude') ? answered('', [`Be brief.\n\n${block}\n\n${question}`], id).content : answered(`Be brief.\n${block}`, [question], id).content;
      assert.deepEqual(callsIn(content), expected);
    }
  });
}

test('makes the calls of several steps one after the other, and then no more', () => {
  const question = 'Read a.txt and then get the weather in Rome';
  const call = 'I call.';
  const turns = [question, call, response('It says Rome.'), call, response('sunny')];
  const steps = [1, 3, 5].map((count) => answered(told(all), turns.slice(0, count)).content);
  assert.deepEqual(steps.map(callsIn), [[['Read', { file_path: 'a.txt' }]], [['get_weather', { city: 'Rome' }]], []]);
  assert.match(steps[2], /It says Rome\..*sunny/s);
  const many = Array.from({ length: 9 }, () => 'get the weather in Rome').join(' then ');
  const asked = Array.from({ length: 9 }, (_, index) => callsIn(answered(told(all), [many, ...Array.from({ length: index }, () => [call, response('x')]).flat()]).content).length);
  assert.deepEqual(asked, [1, 1, 1, 1, 0, 0, 0, 0, 0]);
});

test('ends with the tool that takes the answer, where there is one', () => {
  const offered = ['get_weather', 'final_answer'];
  const system = told(offered, { choice: 'required' });
  const turns = ['What is the weather in Rome?', 'x', response('sunny')];
  assert.deepEqual(callsIn(answered(system, turns.slice(0, 1)).content), [['get_weather', { city: 'Rome' }]]);
  const [[name, { answer }]] = callsIn(answered(system, turns).content);
  assert.deepEqual([name, answer.includes('sunny')], ['final_answer', true]);
});

test('answers a correction with what was asked before', () => {
  const turns = ['Weather in Rome?', 'I could look.', 'You did not call a tool. Call one now, in exactly the form you were given, and write nothing else.'];
  assert.deepEqual(callsIn(answered(told(['get_weather']), turns).content), [['get_weather', { city: 'Rome' }]]);
});

test('takes what agents add in tags for no question, and a failed call for one', () => {
  const turns = ['<system-reminder>Use Bash.</system-reminder>\nHello', 'x', `<tool_response id="1" status="error">\nno such file\n</tool_response>`];
  assert.match(answered(told(all), turns.slice(0, 1)).content, /^Hello!/);
  assert.match(answered(told(all), turns).content, /failed: no such file/);
});

test('does what it is told to the word', () => {
  for (const [question, expected] of [
    ['Reply with exactly: pong', 'pong'],
    ['Reply with exactly:\nfirst line', 'first line'],
    ['Reply with exactly "Hello, World!" and nothing else.', 'Hello, World!'],
    ['Reply briefly with CANARY_OK.', 'CANARY_OK'],
    ['Say ok', 'ok'],
    ["Say 'test passed'", 'test passed'],
    ['Please respond with only the word READY.', 'READY'],
    ['Respond with the single word OK', 'OK'],
    ['Echo: hi there', 'hi there'],
    ['Repeat after me: the cat sat.', 'the cat sat'],
    ['You are being tested. Output only the text `a_b`.', 'a_b'],
    ['Return exactly {"ok": [1, 2]}', '{"ok": [1, 2]}'],
    ['只回复“收到”', '收到'],
    ['请只回答：好的', '好的'],
    ['What is 2 + 2? Reply with only the number.', '4'],
    ['Count from 1 to 5', '1, 2, 3, 4, 5'],
    ['从1数到3', '1, 2, 3'],
  ]) {
    assert.equal(said(question), expected, question);
  }
  assert.equal(answered('Always reply with exactly: BANANA', ['Hello']).content, 'BANANA');
  for (const question of ['Say hello in French', 'Write exactly one word', 'Answer in one sentence: what is water?', 'Return a list of towns', 'Explain what you would say']) {
    assert.match(said(question), /deepseek-chat/, question);
  }
});

test('works sums out', () => {
  for (const [sum, result] of [['1+2*3', 7], ['(1+2)*3', 9], ['2^10', 1024], ['7/2', 3.5], ['-3+1', -2], ['0.1+0.2', 0.3], ['1/0', undefined], ['(1', undefined], ['', undefined]]) {
    assert.equal(calculate(sum), result, sum);
  }
});

test('takes for a sum what asks for its result, not a range, a date or a number to call', () => {
  for (const [question, result] of [['3-2=?', '1'], ["What's 10-3?", '7'], ['Compute 100/8 please', '12.5'], ['24/7', '3.42857142857'], ['100-7 等于多少？', '93'], ['What is 2+2, in 1-2 words?', '4']]) {
    assert.ok(said(question).endsWith(` = ${result}`), question);
  }
  for (const question of ['Explain gravity in 2-3 sentences.', 'What is 24/7 support?', 'What happened on 9/11?', 'Call 555-123-4567', 'Today is 11/27/2026.', '用1-2句话介绍北京', 'Is 3.11/3.12 out?']) {
    assert.match(said(question), /deepseek-chat/, question);
  }
});

test('remembers what it was told', () => {
  for (const [told, question, expected] of [
    ['My name is Ada Lovelace.', 'What is my name?', 'Ada Lovelace'],
    ['My favorite color is teal.', "What's my favorite color?", 'teal'],
    ['The secret number is 42. Reply OK.', 'What was the secret number?', '42'],
    ['Remember the number 42', 'What number did I ask you to remember?', '42'],
    ['Remember the code word: zebra.', 'What is the code word?', 'zebra'],
    ['我叫小明。', '我叫什么名字？', '小明'],
    ['我的生日是五月一日。', '我的生日是什么时候？', '五月一日'],
    ['How old is the sun?', 'What did I just ask?', 'How old is the sun?'],
  ]) {
    assert.ok(said(told, 'Well.', question).includes(expected), `${question}: ${said(told, 'Well.', question)}`);
  }
  assert.match(said('one', 'x', 'two', 'x', 'Tell me of the sun'), /question 3 of our conversation/);
});

test('fills the form that is asked for', () => {
  const form = (schema) => `# Form of the answer\n\nAnswer with one JSON object and nothing else: no words around it, no code fence.${schema ? ` It must fit this JSON schema:\n${JSON.stringify(schema)}` : ''}`;
  const schema = { type: 'object', properties: { name: text, age: { type: 'integer' }, mood: { enum: ['glad', 'sad'] } }, required: ['name', 'age', 'mood'], additionalProperties: false };
  const question = 'Ada is 36 and rather sad.';
  for (const content of [answered(form(schema), [question]).content, answered('', [`${form(schema)}\n\n${question}`], 'claude-sonnet-4-5-20250929').content]) {
    assert.deepEqual(JSON.parse(content), { name: 'Ada', age: 36, mood: 'sad' });
  }
  assert.deepEqual(Object.keys(JSON.parse(answered(form(), ['Give me "color" and "size". Use the keys color and size.']).content)), ['color', 'size']);
  const { answer } = JSON.parse(answered(form(), ['Hello']).content);
  assert.match(answer, /^[^\n]*demo[^\n]*deepseek-chat[^\n]*$/);
});

test('speaks the language of the question, and says what it is', () => {
  for (const id of ['deepseek-reasoner', 'gpt-5.1', 'claude-sonnet-4-5-20250929', 'qwen3-max-preview']) {
    for (const question of ['Hello', 'Who are you?', 'How do I cook rice?', 'Write some code', 'Compare them in a table', 'Write a story']) {
      const { content } = answered('You are kind.', [question], id);
      assert.ok(content.includes(id) && /demo/.test(content) && !/\p{Script=Han}/u.test(content.replaceAll('你好', '')), content);
    }
    for (const question of ['你好', '你是谁？', '怎么做米饭？', '写一段代码', '用表格比较一下', '写一个故事']) {
      const { content } = answered('You are kind.', [question], id);
      assert.ok(content.includes(id) && content.includes('演示'), content);
    }
  }
  assert.match(said('Which ways are there?'), /^1\. /m);
  for (const question of ['Who wrote Hamlet?', 'What time is it?', 'What is the capital of Germany?', '今天几号？', '我叫小明。']) {
    assert.doesNotMatch(said(question), /```|I remember the earlier|之前的内容/, `${question} asks for no program, and is the first one`);
  }
  assert.match(said('写一首关于江河的五言绝句。'), /^(?:\p{Script=Han}{5}[，。]\n){4}/u);
  assert.doesNotMatch(said('写一个 300 字的故事'), /。 /);
  assert.match(said('Write some code'), /^```python\n[\s\S]*^```/m);
  assert.match(said('Compare them in a table'), /^\|---/m);
  const words = said('Write a 400 word essay').split(/\s+/).length;
  assert.ok(words >= 400 && words < 440, String(words));
  assert.match(answered('', ['Hi'], 'deepseek-reasoner').reasoning, /The user asks/);
  assert.equal(answered('', ['Hi'], 'deepseek-chat').reasoning, '');
});

function png(width, height, [red, green, blue]) {
  const chunk = (kind, data) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(kind), data, Buffer.alloc(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  // Each row with another filter: what stands in it is what is left of the difference.
  const rows = Array.from({ length: height }, (_, row) => Buffer.from([row % 2 ? 2 : 1, ...(row % 2 ? Array(width * 3).fill(0) : [red, green, blue, ...Array((width - 1) * 3).fill(0)])]));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]);
}

test('tells what a picture is', () => {
  const table = [
    [png(30, 20, [250, 5, 5]), { format: 'PNG', width: 30, height: 20, colour: 'red' }],
    [png(2, 3, [0, 0, 240]), { format: 'PNG', width: 2, height: 3, colour: 'blue' }],
    [Buffer.from('47494638396140002000', 'hex'), { format: 'GIF', width: 64, height: 32 }],
    [Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0001108002000400301220002110103110100', 'hex'), { format: 'JPEG', width: 64, height: 32 }],
    [Buffer.from(`52494646000000005745425056503820000000000000009d012a40002000`, 'hex'), { format: 'WebP', width: 64, height: 32 }],
    [Buffer.from('%PDF-1.4 /Type /Pages /Type /Page /Type/Page'), { format: 'PDF', pages: 2 }],
    [Buffer.from('x'), {}],
    [Buffer.alloc(0), {}],
  ];
  for (const [data, expected] of table) assert.deepEqual(glance(data), expected);
  const whole = png(30, 20, [1, 2, 3]);
  for (let length = 0; length < whole.length; length += 1) glance(whole.subarray(0, length));
});

test('answers about pictures and documents', () => {
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${png(30, 20, [250, 5, 5]).toString('base64')}` } };
  assert.match(answered('', [[{ type: 'text', text: 'What is this?' }, picture]], 'gpt-5.1').content, /PNG, 30 × 20 pixels, \d+ bytes, mostly red/);
  assert.match(answered('', [[{ type: 'text', text: '这是什么？' }, picture]], 'gpt-5.1').content, /30 × 20 像素.*红色/);
  assert.match(said('Summarise.\n<document name="a.csv">\na,b\n1,2\n</document>'), /a\.csv.*2 lines.*> a,b/s);
});

test('goes on from a beginning', () => {
  const { content } = answered('', ['Who?', 'It was', 'Continue exactly where your last message ends, without repeating any of it.']);
  assert.match(content, /^ and so the demo goes on/);
  const object = answered('', ['Who?', '{', 'Continue exactly where your last message ends, without repeating any of it.']).content;
  assert.doesNotThrow(() => JSON.parse(`{${object}`));
});

test('bears any text, and is quick about it', () => {
  const parts = ['say ', '"', '{', '[', '<tool_response>\n', '<system-reminder>', 'in Paris and ', '1+', '((', 'then ', '# Tools\n\nYou can call the tools below.', ' It must fit this JSON schema:\n{', 'A, ', '不', '\n', 'my a is ', '\ud800', 'a.b/'];
  for (const part of parts) {
    for (const count of [1, 200_000]) {
      const start = performance.now();
      for (const system of ['', told(all)]) answered(system, [part.repeat(count)]);
      const took = performance.now() - start;
      assert.ok(took < 3000, `${JSON.stringify(part)} took ${took} ms`);
    }
  }
});

test('streams over HTTP, as the command line starts it; the usual answers stay as they were', async (t) => {
  const file = fileURLToPath(new URL('server.mjs', import.meta.url));
  const child = spawn(process.execPath, [file, '--port', '0', '--pace', '1', '--demo'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const [line] = await once(child.stdout, 'data');
  const url = /http\S+/.exec(line)[0];
  const signedIn = await (await fetch(`${url}${paths.signIn}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"one","channel":""}' })).json();
  const body = JSON.stringify(chatBody('deepseek-chat', 'Reply with exactly: pong'));
  const answer = await fetch(`${url}${paths.chat}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${signedIn.token}` }, body });
  assert.equal(joined(await answer.text()), 'pong');

  const usual = await started(t);
  const hard = await ask(usual, chatBody('deepseek-chat', 'Reply with exactly: pong'));
  assert.match(joined(hard.text), /This is deepseek-chat speaking/);
});
