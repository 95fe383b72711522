/**
 * The formats of JSON schema. Each is a test that takes linear time, or that is used only for texts
 * so short that its time does not matter. An unknown format is ignored, as the standard says.
 */

/** In characters. A longer text is not tested: URLs, addresses and times are shorter. */
const MAX_LENGTH = 4_096;

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const HOSTNAME = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;
/** An atom or a quoted string (RFC 5321). */
const MAILBOX = /^(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|"(?:[^"\\\x00-\x1f\x7f-\uffff]|\\[\x20-\x7e])*")$/;
const DURATION_DATE = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
const DURATION_TIME = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
const DURATION = new RegExp(`^P(?:\\d+W|${DURATION_DATE}(?:${DURATION_TIME})?|${DURATION_TIME})$`);

function isDate(text) {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && !isLeap ? 28 : DAYS[month - 1]);
}

function isTime(text) {
  const [whole, ...parts] = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i.exec(text) ?? [];
  if (whole === undefined) return false;
  const [hour, minute, second, , offsetHour = 0, offsetMinute = 0] = parts.map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  // A leap second is the last second of a UTC day.
  const offset = (offsetHour * 60 + offsetMinute) * (parts[3] === "-" ? -1 : 1);
  return second < 60 || (hour * 60 + minute - offset + 1_440) % 1_440 === 1_439;
}

function isDateTime(text) {
  return /^[t\s]$/i.test(text[10]) && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

const isHostname = (text) => text.length <= 253 && HOSTNAME.test(text);
const isIpv4 = (text) => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);

/** Groups of hexadecimal digits, at most one run of zeros left out, optionally an IPv4 address at the end. */
function isIpv6(text) {
  const [, head, address] = /^(.*:)([\d.]+\.[\d.]+)$/.exec(text) ?? [, text];
  if (address !== undefined && !isIpv4(address)) return false;
  const all = address === undefined ? head : `${head}0:0`;
  const halves = all.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const groups = halves.flat();
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group)) && (halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8);
}

function isEmail(text) {
  const at = text.lastIndexOf("@");
  const [name, host] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (name.length > 64 || host.length > 253 || !MAILBOX.test(name)) return false;
  const [, isNewer, address] = /^\[(ipv6:)?(.*)\]$/i.exec(host) ?? [];
  return address === undefined ? isHostname(host) : (isNewer ? isIpv6 : isIpv4)(address);
}

/** Whether it has only characters of a URL, and percent signs only where they encode a byte. */
const isUriReference = (text) => /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(text) && !/%(?![\da-f]{2})|#.*#/i.test(text);
const isUri = (text) => /^[a-z][a-z\d+.-]*:/i.test(text) && isUriReference(text);

const isPointer = (text) => /^(?:\/|$)/.test(text) && !/~(?![01])/.test(text);

function isRegex(text) {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

/** The cost of parsing a URL, in steps. Letters in a host that are not ASCII cost the square of their number. */
export const urlCost = (text) => 100 + (text.length >> 1) + (/^[\x00-\x7f]*$/.test(text) ? 0 : (text.length ** 2) / 16);

const FORMATS = {
  __proto__: null,
  date: isDate,
  time: isTime,
  "date-time": isDateTime,
  duration: (text) => DURATION.test(text),
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  uri: isUri,
  "uri-reference": isUriReference,
  "uri-template": (text) => /^(?:[^\s"<>%\\^`{}|]|%[\da-f]{2}|\{[+#./;?&=,!@|]?[\w.%]+(?:\*|:\d{1,4})?(?:,[\w.%]+(?:\*|:\d{1,4})?)*\})*$/i.test(text),
  url: (text) => URL.canParse(text),
  uuid: (text) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text),
  regex: isRegex,
  "json-pointer": isPointer,
  "json-pointer-uri-fragment": (text) => text[0] === "#" && isUriReference(text) && isPointer(text.slice(1)),
  "relative-json-pointer": (text) => /^(?:0|[1-9]\d*)(?:#$|\/|$)/.test(text) && !/~(?![01])/.test(text),
};

/** Whether `text` has the format of this name. Throws if the text is too long to decide soon. */
export function isOfFormat(name, text, spend) {
  const test = FORMATS[name];
  if (test === undefined) return true;
  spend(50 + (text.length >> 1));
  if (text.length > MAX_LENGTH) throw new Error("too long for a format");
  if (name === "url") spend(urlCost(text));
  return test(text);
}
