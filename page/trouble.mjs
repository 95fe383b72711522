/** What went wrong, in words: the page's own, and the gateway's, which know more. */
import { make, saying } from "./dom.mjs";
import { text } from "./language.mjs";

/** Elements that say it: a sentence, and below it what the gateway said and the request's id. */
export function told({ code, status, message, id }) {
  const isKnown = code !== "other" && text(`troubles.${code}`) !== undefined;
  const lines = [isKnown ? saying("p", { className: "what" }, wordsFor(code, message)) : saying("p", { className: "what" }, "troubles.other", status ?? code)];
  if (message) lines.push(saying("p", { className: "hint" }, "said", message));
  if (id) lines.push(saying("p", { className: "hint" }, "requestId", id));
  return make("div", { className: "trouble" }, ...lines);
}

/** A gateway without keys refuses each of them: that is the operator's to mend. */
export const wordsFor = (code, message) => (hasNoKeys({ code, message }) ? "noKeys" : `troubles.${code}`);

export const hasNoKeys = ({ code, message }) => code === "invalid_api_key" && /\bAPI_KEYS\b/.test(message ?? "");
