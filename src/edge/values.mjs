/** JSON values, and the errors about them. */

/** An error: its place, the innermost key first, and its reason, a function that is called only if the error is reported. */
export const fail = (at, why) => ({ at, why });

export function tell({ at, why }) {
  const keys = [];
  for (let step = at; step; step = step.up) keys.unshift(`/${String(step.key).replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return keys.length === 0 ? why() : `at ${keys.join("")}: ${why()}`;
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** Whether two values are equal. */
export function isEqual(one, other, spend) {
  spend(3);
  if (typeof one === "string" && one.length === other?.length) spend(one.length >> 3);
  if (typeof one !== "object" || one === null) return one === other;
  if (typeOf(one) !== typeOf(other)) return false;
  const keys = Object.keys(one);
  spend(keys.length * 6);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key], spend));
}

/** A text that is the same for equal values, and only for those. */
export function canonical(value, spend) {
  spend(25);
  if (typeof value === "string") spend(value.length >> 2);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, spend)).join()}]`;
  const keys = Object.keys(value).sort();
  spend(keys.length * 20);
  return `{${keys.map((key) => `${canonical(key, spend)}:${canonical(value[key], spend)}`).join()}}`;
}

/** In code points, as the standard says. */
export function lengthOf(text, spend) {
  spend(text.length >> 2);
  let length = 0;
  for (let at = 0; at < text.length; length += 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return length;
}

/** Exact for numbers written in decimal, unlike a floating-point remainder. */
export function isMultiple(value, divisor, spend) {
  spend(400);
  if (!Number.isFinite(value) || divisor <= 0) return false;
  const [one, other] = [value, divisor].map((number) => {
    const [digits, exponent = "0"] = String(Math.abs(number)).split("e");
    const [whole, fraction = ""] = digits.split(".");
    return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
  });
  const least = Math.min(one.exponent, other.exponent);
  const scaled = ({ digits, exponent }) => digits * 10n ** BigInt(exponent - least);
  return scaled(one) % scaled(other) === 0n;
}
