// Writes JSON as Python's json.dumps does by default, for that is what DeGPT
// puts into its event stream: a space after ":" and ",", and nothing but
// ASCII, so that a character outside the BMP becomes two \uXXXX escapes.
//
// Does not: read JSON, or write the exponents of very large or small floats.
// DeGPT's plain JSON answers are not written this way (they are compact).
// Called by: chunks.mjs, events.mjs, faults.mjs and the tests.

/** A number that Python holds as a float: 3 is written "3.0". */
export class PythonFloat {
  constructor(value) {
    this.value = value;
  }
}

export function dumps(value) {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof PythonFloat) return floatRepr(value.value);
  if (Array.isArray(value)) return `[${value.map(dumps).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${quote(key)}: ${dumps(member)}`);
  return `{${members.join(', ')}}`;
}

// Python escapes all that is not between the space and "~": also U+007F,
// which JSON.stringify lets through. Going by UTF-16 units gives the pairs.
function quote(text) {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Both languages print the shortest digits that read back as the same number.
function floatRepr(number) {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}
