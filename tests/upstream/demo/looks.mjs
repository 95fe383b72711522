// What a model can tell of a picture or a file at a glance: format, size, and a
// PNG's colour.
//
// Does not: judge whether a family takes it (../refusals.mjs).
// Called by: talk.mjs.

import { inflateSync } from 'node:zlib';

const mostPixels = 4_000_000;

/** `{format, width, height, colour, pages}` of the bytes, as far as they tell. */
export function lookAt(data) {
  if (data.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n') return png(data);
  if (data.readUInt16BE(0) === 0xffd8) return { format: 'JPEG', ...jpegSize(data) };
  if (data.subarray(0, 3).toString('latin1') === 'GIF') return { format: 'GIF', width: data.readUInt16LE(6), height: data.readUInt16LE(8) };
  if (data.subarray(8, 12).toString('latin1') === 'WEBP') return { format: 'WebP', ...webpSize(data) };
  if (data.subarray(0, 4).toString('latin1') === '%PDF') return { format: 'PDF', pages: pagesOf(data) };
  return {};
}

/** The same, where the bytes may end too early for it. */
export function glance(data) {
  try {
    return lookAt(data);
  } catch {
    return {};
  }
}

function png(data) {
  const [width, height] = [16, 20].map((at) => data.readUInt32BE(at));
  return { format: 'PNG', width, height, colour: pngColour(data, width, height) };
}

/** The name of the average colour, of the usual kinds of PNG: eight bits, not interlaced. */
function pngColour(data, width, height) {
  const [depth, kind, , , interlaced] = data.subarray(24, 29);
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[kind];
  if (depth !== 8 || channels === undefined || interlaced !== 0 || width * height > mostPixels) return undefined;
  const chunks = { IDAT: [], PLTE: [] };
  for (let at = 8; at + 12 <= data.length; ) {
    const length = data.readUInt32BE(at);
    chunks[data.subarray(at + 4, at + 8).toString('latin1')]?.push(data.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  let raw;
  try {
    raw = inflateSync(Buffer.concat(chunks.IDAT), { maxOutputLength: height * (width * channels + 1) });
  } catch {
    return undefined;
  }
  const rows = unfiltered(raw, width * channels, height, channels);
  const [palette] = chunks.PLTE;
  const sum = [0, 0, 0];
  for (let at = 0; at < rows.length; at += channels) {
    const place = kind === 3 ? rows[at] * 3 : at;
    const from = kind === 3 ? palette : rows;
    for (let index = 0; index < 3; index += 1) sum[index] += from[place + (channels > 2 || kind === 3 ? index : 0)];
  }
  return colourName(sum.map((value) => value / (width * height)));
}

function unfiltered(raw, stride, height, size) {
  const rows = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = raw[row * (stride + 1)];
    for (let at = 0; at < stride; at += 1) {
      const place = row * stride + at;
      const left = at >= size ? rows[place - size] : 0;
      const up = row > 0 ? rows[place - stride] : 0;
      const corner = row > 0 && at >= size ? rows[place - stride - size] : 0;
      const before = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      rows[place] = (raw[row * (stride + 1) + 1 + at] ?? 0) + before;
    }
  }
  return rows;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

const colours = { red: [255, 0, 0], green: [0, 160, 0], blue: [0, 0, 255], yellow: [255, 255, 0], orange: [255, 150, 0], purple: [140, 0, 160], pink: [255, 150, 190], cyan: [0, 255, 255], brown: [130, 80, 30], black: [0, 0, 0], white: [255, 255, 255], grey: [128, 128, 128] };

function colourName(mean) {
  const distance = (colour) => colour.reduce((sum, value, index) => sum + (value - mean[index]) ** 2, 0);
  return Object.keys(colours).sort((a, b) => distance(colours[a]) - distance(colours[b]))[0];
}

function jpegSize(data) {
  for (let at = 2; at + 9 < data.length; ) {
    const marker = data[at + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) };
    at += 2 + data.readUInt16BE(at + 2);
  }
  return {};
}

function webpSize(data) {
  const kind = data.subarray(12, 16).toString('latin1');
  if (kind === 'VP8X') return { width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 };
  if (kind === 'VP8 ') return { width: data.readUInt16LE(26) & 0x3fff, height: data.readUInt16LE(28) & 0x3fff };
  const bits = data.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}

const pagesOf = (data) => data.toString('latin1').match(/\/Type\s*\/Page(?![a-z])/gi)?.length;
