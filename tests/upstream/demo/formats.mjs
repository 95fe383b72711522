// The formats of texts that JSON schemas name: what a text of each looks like,
// and one of each.
//
// Called by: fits.mjs, fill.mjs.

const uuid = '3f2c8a1e-5b7d-4c9e-8f10-2a6b4d8c0e12';
const day = () => new Date().toISOString().slice(0, 10);

const formats = {
  'date-time': [/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/, () => `${day()}T09:30:00Z`],
  date: [/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, day],
  time: [/^\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/, () => '09:30:00Z'],
  duration: [/^P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/, () => 'PT30M'],
  email: [/^[\w.+-]+@([\w-]+\.)+[a-z]{2,}$/i, () => 'someone@example.com'],
  hostname: [/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i, () => 'example.com'],
  ipv4: [/^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/, () => '192.0.2.1'],
  ipv6: [/^[\da-f:]*:[\da-f:.]+$/i, () => '2001:db8:0:0:0:0:0:1'],
  uri: [/^[a-z][a-z\d+.-]*:\/\/[^\s"<>\\^`{|}]+$/i, () => 'https://example.com/'],
  'uri-reference': [/^[^\s"<>\\^`{|}]*$/, () => '/example'],
  'uri-template': [/^([^\s"<>\\^`{|}]|\{[\w,.*]+\})*$/, () => 'https://example.com/{id}'],
  uuid: [/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i, () => uuid],
  'json-pointer': [/^(\/([^~/]|~[01])*)*$/, () => '/example'],
  'relative-json-pointer': [/^(0|[1-9]\d*)(#|(\/([^~/]|~[01])*)*)$/, () => '0/example'],
  regex: [/^[\w.*+^$-]*$/, () => '^[a-z]+$'],
  byte: [/^([A-Za-z\d+/]{4})*([A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/, () => 'ZXhhbXBsZQ=='],
};
for (const [name, like] of [['idn-email', 'email'], ['idn-hostname', 'hostname'], ['iri', 'uri'], ['url', 'uri'], ['iri-reference', 'uri-reference'], ['base64', 'byte']]) {
  formats[name] = formats[like];
}

/** Unknown formats ask nothing. */
export const isFormat = (text, format) => formats[format] === undefined || formats[format][0].test(text);

/** One text of a format; undefined if that is unknown. */
export const sampleOf = (format) => formats[format]?.[1]();

/** One of each, for patterns that mean one of them. */
export const samples = () => [...new Set(Object.values(formats).map(([, make]) => make()))];
