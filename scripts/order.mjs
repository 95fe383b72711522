/**
 * Names the functions of a wasm file by how their code begins, so that wasm-opt's
 * `--reorder-functions-by-name` puts those that are alike beside each other. gzip looks back 32 KB:
 * the bundle is more than 2 KB smaller for it, and nothing else changes.
 */

const CODE = 10;
const CUSTOM = 0;
/** How many bytes of its code name a function. */
const BEGINNING = 40;

/** `wasm` with such names in place of its own. */
export function namedByCode(wasm) {
  const kept = [wasm.subarray(0, 8)];
  let bodies = [];
  for (let at = 8; at < wasm.length; ) {
    const [size, start] = number(wasm, at + 1);
    const isOfNames = wasm[at] === CUSTOM && wasm.subarray(start, start + 5).equals(Buffer.from("\x04name"));
    if (!isOfNames) kept.push(wasm.subarray(at, start + size));
    if (wasm[at] === CODE) bodies = bodiesOf(wasm, start);
    at = start + size;
  }
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const imported = imports.filter(({ kind }) => kind === "function").length;
  const names = bodies.map((body, index) => {
    const name = Buffer.from(`${body.toString("hex")}_${index}`);
    return Buffer.concat([written(imported + index), written(name.length), name]);
  });
  const list = Buffer.concat([written(names.length), ...names]);
  const section = Buffer.concat([Buffer.from("\x04name\x01"), written(list.length), list]);
  return Buffer.concat([...kept, Buffer.from([CUSTOM]), written(section.length), section]);
}

/** The beginnings of the functions' code. */
function bodiesOf(wasm, start) {
  let [count, at] = number(wasm, start);
  return Array.from({ length: count }, () => {
    const [size, from] = number(wasm, at);
    at = from + size;
    return wasm.subarray(from, Math.min(from + BEGINNING, at));
  });
}

/** The unsigned LEB128 number at `at`, and where it ends. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}

function written(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
