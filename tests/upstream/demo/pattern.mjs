// Writes texts that match a regular expression.
//
// Does not: heed what looks ahead or behind; whoever asks looks at the texts.
// Called by: fill.mjs.

const classes = { d: '5', w: 'a', s: ' ', D: 'a', W: '-', S: 'a', n: '\n', t: '\t', r: '\r', b: '', B: '', 0: '\0' };
const candidates = 'a5AZ0 z9-_.:/@#+,!bcx1234678~é中';

/** Texts for a pattern, shorter ones first: each repeats what may be repeated so many times more. */
export function* textsOf(pattern) {
  for (const [more, branch, shift] of ways) {
    try {
      yield new Reader(pattern, more, branch, shift).alternatives();
    } catch {
      return; // Not a pattern that this can read.
    }
  }
}

/** How much is repeated, which of the alternatives is taken, and with which characters sets begin. */
const ways = [
  ...[0, 1, 2, 4, 8, 16, 32, 64].flatMap((more) => [0, 1, 2].map((branch) => [more, branch, 0])),
  ...[1, 2, 3, 4, 5, 6].flatMap((shift) => [0, 1].map((more) => [more, 0, shift])),
];

class Reader {
  #at = 0;
  #groups = [];

  constructor(pattern, more, branch, shift) {
    this.pattern = pattern;
    this.more = more;
    this.branch = branch;
    this.shift = shift;
  }

  alternatives() {
    const texts = [this.#sequence()];
    while (this.#takes('|')) texts.push(this.#sequence());
    return texts[Math.min(this.branch, texts.length - 1)];
  }

  #sequence() {
    let text = '';
    while (this.#at < this.pattern.length && !'|)'.includes(this.pattern[this.#at])) {
      const start = this.#at;
      const atom = this.#atom();
      const end = this.#at;
      const [least, most] = this.#count();
      const times = Math.min(Math.max(least, Math.min(least + this.more, 64)), most);
      text += atom.repeat(times);
      if (end === start) throw new Error('stuck');
    }
    return text;
  }

  #atom() {
    const ch = this.#next();
    if (ch === '^' || ch === '$') return '';
    if (ch === '.') return 'a';
    if (ch === '[') return this.#set();
    if (ch === '(') return this.#group();
    return ch === '\\' ? this.#escape() : ch;
  }

  #group() {
    const looks = this.#takes('?=') || this.#takes('?!') || this.#takes('?<=') || this.#takes('?<!');
    const named = !looks && /^\?<(\w+)>/.exec(this.pattern.slice(this.#at));
    const plain = !looks && !named && this.#takes('?:');
    if (named) this.#at += named[0].length;
    const place = looks || plain ? -1 : this.#groups.push('') - 1;
    const text = this.alternatives();
    if (!this.#takes(')')) throw new Error('an open group');
    if (place >= 0) this.#groups[place] = text;
    return looks ? '' : text;
  }

  /** A character of the set: the first that it says itself, or one that it does not exclude. */
  #set() {
    const start = this.#at - 1;
    for (let first = true; first || this.pattern[this.#at] !== ']'; first = false) {
      if (this.#at >= this.pattern.length) throw new Error('an open set');
      if (first) this.#takes('^');
      if (this.pattern[this.#at] === ']') break;
      if (this.#next() === '\\') this.#at += 1;
    }
    this.#at += 1;
    const source = this.pattern.slice(start, this.#at);
    const set = new RegExp(`^${source}$`, 'u');
    const found = [...candidates, ...source.slice(1, -1)].filter((ch) => set.test(ch));
    if (found.length === 0) throw new Error('an empty set');
    return found[this.shift % found.length];
  }

  #escape() {
    const rest = this.pattern.slice(this.#at);
    const coded = /^(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\})/i.exec(rest);
    const property = /^[pP]\{.+?\}/.exec(rest);
    const [whole] = coded ?? property ?? [rest[0]];
    this.#at += whole.length;
    if (coded) return String.fromCodePoint(parseInt(coded[1] ?? coded[2] ?? coded[3], 16));
    if (property) return [...candidates].find((ch) => new RegExp(`\\${whole}`, 'u').test(ch)) ?? 'a';
    if (/[1-9]/.test(whole)) return this.#groups[Number(whole) - 1] ?? '';
    return classes[whole] ?? whole;
  }

  #count() {
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.pattern.slice(this.#at));
    if (found === null) return [1, 1];
    this.#at += found[0].length;
    const [sign] = found[0];
    if (sign === '*') return [0, Infinity];
    if (sign === '+') return [1, Infinity];
    if (sign === '?') return [0, 1];
    const least = Number(found[1]);
    return [least, found[2] === '' ? least : found[3] === '' ? Infinity : Number(found[3])];
  }

  #next() {
    const ch = String.fromCodePoint(this.pattern.codePointAt(this.#at));
    this.#at += ch.length;
    return ch;
  }

  #takes(text) {
    if (!this.pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}
