/** The turns of a conversation as they are shown: what the user asked, and what comes as an answer. */
import { copyButton, make, saying } from "./dom.mjs";
import { current, say } from "./language.mjs";
import { Markdown } from "./markdown.mjs";
import { told } from "./trouble.mjs";

/** A question with its pictures. */
export function question(words, pictures) {
  const images = pictures.map((src) => make("img", { src, alt: "" }));
  const turn = make("article", { className: "turn question" }, saying("h3", { className: "unseen" }, "you"));
  if (images.length > 0) turn.append(make("div", { className: "images" }, ...images));
  if (words) turn.append(make("p", { className: "words", textContent: words }));
  return turn;
}

/**
 * An answer that is on its way. `asked` is the model that was asked for; `follow` makes a change to what is
 * shown, and keeps its end in sight.
 */
export class Answer {
  element;
  /** What came so far: `calls` as `{id, name, arguments}`, `usage` at the end. */
  text = "";
  thoughts = "";
  calls = [];
  usage;
  finish;
  #sources = new Map();
  #name;
  #body;
  #thoughts;
  #markdown;
  #frame = 0;
  #restUntil = 0;
  #follow;

  constructor(asked, follow) {
    this.#follow = follow;
    this.#name = make("h3", { textContent: asked });
    this.#body = make("div", { className: "markdown" });
    this.#markdown = new Markdown(this.#body);
    this.element = make("article", { className: "turn answer busy" }, this.#name, this.#body);
  }

  /** Who answers. */
  set model(name) {
    this.#name.textContent = name;
  }

  /** Takes a chunk of OpenAI's stream in. */
  take({ choices: [choice] = [], usage }) {
    if (usage) this.usage = usage;
    if (!choice) return;
    const { content, reasoning_content: thoughts, tool_calls: calls = [], annotations = [] } = choice.delta;
    this.text += content ?? "";
    this.thoughts += thoughts ?? "";
    for (const { index, id, function: { name, arguments: piece = "" } = {} } of calls) {
      const call = (this.calls[index] ??= { id, name, arguments: "" });
      call.arguments += piece;
    }
    for (const { url_citation: source } of annotations) if (source) this.#sources.set(source.url, source.title || source.url);
    if (choice.finish_reason) this.finish = choice.finish_reason;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Shows what has come; a long text is shown the less often, the longer that takes. */
  #draw() {
    this.#frame = 0;
    const start = performance.now();
    if (start < this.#restUntil) {
      this.#frame = requestAnimationFrame(() => this.#draw());
      return;
    }
    this.#follow(() => this.#show());
    this.#restUntil = performance.now() + 4 * (performance.now() - start);
  }

  #show() {
    if (this.thoughts && !this.#thoughts) {
      const summary = saying("summary", {}, "thinking");
      this.#thoughts = { summary, body: make("div", { className: "thoughts" }) };
      this.#body.before(make("details", { className: "reasoning" }, summary, this.#thoughts.body));
    }
    if (this.#thoughts) this.#thoughts.body.textContent = this.thoughts;
    if (this.#thoughts && this.text) say(this.#thoughts.summary, "thought");
    this.#markdown.show(this.text);
  }

  /** The answer is over: `facts` are what there is to say of it, or `trouble` ended it. */
  end({ facts = [], trouble, note } = {}) {
    cancelAnimationFrame(this.#frame);
    this.#show();
    if (this.#thoughts) say(this.#thoughts.summary, "thought");
    this.element.classList.remove("busy");
    if (this.#sources.size > 0) this.element.append(this.#sourceList());
    if (note) this.element.append(saying("p", { className: "hint note" }, note));
    if (trouble) this.element.append(told(trouble));
    const foot = make("div", { className: "facts" }, ...facts.map((fact) => saying("span", {}, ...fact)));
    if (this.text) foot.append(copyButton(() => this.text));
    if (foot.childElementCount > 0) this.element.append(foot);
  }

  #sourceList() {
    const items = [...this.#sources].filter(([url]) => /^https?:/.test(url)).map(([url, title]) =>
      make("li", {}, make("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: title })),
    );
    return make("details", { className: "reasoning" }, saying("summary", {}, "sources"), make("ol", {}, ...items));
  }
}

/**
 * The calls of an answer, with a field for the result of each; `send` gets the results, in their
 * order, as texts.
 */
export function callForm(calls, send) {
  const fields = calls.map(({ name }) => make("textarea", { rows: 2, name }));
  const cards = calls.map((call, index) => {
    const result = make("label", {}, saying("span", {}, "result", call.name), fields[index]);
    return make("div", { className: "call" }, saying("p", { className: "what" }, "call", call.name), make("pre", { tabIndex: 0, textContent: pretty(call.arguments) }), result);
  });
  const button = saying("button", { type: "submit" }, "sendResults");
  const form = make("form", { className: "calls" }, ...cards, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const element of [...fields, button]) element.disabled = true;
    button.hidden = true;
    send(fields.map(({ value }) => value));
  });
  return form;
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

const number = (value, digits = 0) => value.toLocaleString(current(), { maximumFractionDigits: digits });

/** A time in words: `420 ms`, `3.2 s`. */
export const duration = (ms) => (ms < 1_000 ? `${number(ms)} ms` : `${number(ms / 1_000, 1)} s`);

/** What there is to say of an answer: names of texts with their facts. */
export function factsOf({ firstByteMs, totalMs }, usage, headers) {
  const facts = [];
  if (firstByteMs !== undefined) facts.push(["firstByteIs", duration(firstByteMs)]);
  if (totalMs !== undefined) facts.push(["totalIs", duration(totalMs)]);
  if (usage) {
    facts.push(["tokens", number(usage.prompt_tokens), number(usage.completion_tokens)]);
    const reasoned = usage.completion_tokens_details?.reasoning_tokens;
    if (reasoned) facts.push(["reasoned", number(reasoned)]);
    const flowedMs = totalMs - firstByteMs;
    if (flowedMs > 250) facts.push(["speed", number((usage.completion_tokens / flowedMs) * 1_000)]);
  }
  const attempts = Number(headers?.get("x-degpt-attempts") ?? 1);
  if (attempts > 1) facts.push(["attempts", attempts]);
  const ignored = headers?.get("x-degpt-ignored");
  if (ignored) facts.push(["ignored", ignored]);
  return facts;
}
