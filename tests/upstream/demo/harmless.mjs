// What a tool that can do harm is given: commands that only print, and files
// that nobody has.
//
// Called by: words.mjs, choose.mjs.

const note = 'Hello from the degpt-edge demo';
const nobodysFile = '/tmp/degpt-edge-demo/example.txt';

const values = [
  [/^(?:cmd|command|commands|script|shell|bash)$/, (text) => (/\b(?:list|ls|files?|folder|directory)\b|列出|文件/i.test(text) ? ['ls', ['ls']] : [`echo "${note}"`, ['echo', note]])],
  [/^(?:code|source|program|python)$/, () => [`print("${note}")`]],
  [/^(?:sql|statement)$/, () => ['SELECT 1']],
  [/^(?:old ?str(?:ing)?|old ?text|old ?content)$/, () => [note]],
];

/** Values for a field that is a command, code, or what is to be replaced; none for others. */
export const harmless = (key, text) => values.filter(([like]) => like.test(key)).flatMap(([, make]) => make(text));

// These set programs, files or other agents to work: only for who names the tool.
const heavy = 'write edit delete remove patch exec execute bash shell run command terminal kill move rename commit deploy install replace notebook agent task delegate spawn subagent cron worktree'.split(' ');
// These change something of the client's, as it may well be asked to.
const light = 'send create update insert add push submit upload book plan todo set cancel schedule save post'.split(' ');

/** How much a tool changes, by the words of its name: "nothing", "something" or "much". */
export function change(parts) {
  const has = (words) => parts.some((part) => words.includes(part));
  return has(heavy) ? 'much' : has(light) ? 'something' : 'nothing';
}

/** For a file that the question does not name. */
export const safeFile = nobodysFile;
