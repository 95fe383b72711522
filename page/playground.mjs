/** The playground: asks a model and shows its answer as it comes. */
import { announce, byId, make, onCopy, saying } from "./dom.mjs";
import { Trouble, chat } from "./gateway.mjs";
import { key } from "./key.mjs";
import { hush, say, text } from "./language.mjs";
import { isOffered, takesPictures } from "./models.mjs";
import { Pictures } from "./pictures.mjs";
import { EXAMPLE_TOOL, bodyOf, curlOf, shortened } from "./request.mjs";
import { Answer, callForm, factsOf, question } from "./turns.mjs";

/** The conversation as the gateway is sent it, and what is being asked. */
const messages = [];
let running;
/** The question that failed last. */
let failed;
let command = "";
let known = [];

const turns = () => byId("turns");
const field = () => byId("question");
let pictures;

export function startPlayground() {
  pictures = new Pictures(byId("thumbs"), complain);
  pictures.from(byId("talk"), byId("picture"));
  byId("attach").addEventListener("click", () => byId("picture").click());
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    askAnew();
  });
  field().addEventListener("keydown", sendByKey);
  byId("stop").addEventListener("click", stop);
  byId("fresh").addEventListener("click", begin);
  byId("example-tool").addEventListener("click", () => {
    byId("tools").value = JSON.stringify(EXAMPLE_TOOL, null, 2);
    toolsAsked();
  });
  byId("tools").addEventListener("input", toolsAsked);
  byId("model").addEventListener("change", modelChosen);
  document.addEventListener("keydown", (event) => event.key === "Escape" && !isComposing(event) && stop());
  onCopy(byId("copy-curl"), () => command);
  begin();
}

/** Offers these models, in their tiers. The chosen one stays, if it is among them. */
export function offer(models) {
  known = models;
  const select = byId("model");
  const chosen = select.value || "auto";
  const tiers = [...new Set(models.map(({ tier }) => tier))].sort();
  const groups = tiers.map((tier) => {
    const options = models.filter((model) => model.tier === tier).map((model) => make("option", { value: model.id, textContent: optionOf(model) }));
    return make("optgroup", { label: text("tier", tier) }, ...options);
  });
  select.replaceChildren(make("option", { value: "auto", textContent: text("auto") }), ...groups);
  choose([...select.options].some(({ value }) => value === chosen) ? chosen : "auto");
}

const optionOf = (model) => (isOffered(model) ? model.name : `${model.name} (${text("offline")})`);

/** Chooses a model by its id. */
export function choose(id) {
  byId("model").value = id;
  modelChosen();
}

/** What is said of the model that was chosen. */
function modelChosen() {
  const model = known.find(({ id }) => id === byId("model").value);
  if (model && !takesPictures(model)) say(byId("model-hint"), "noPictures");
  else hush(byId("model-hint"));
}

/** Whether a key is for the input method with which Chinese is being typed. */
const isComposing = ({ isComposing, keyCode }) => isComposing || keyCode === 229;

/** Enter sends, but not the one that ends the input of Chinese by an input method. */
function sendByKey(event) {
  if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
  event.preventDefault();
  if (!running) askAnew();
}

/** Begins a new conversation. */
function begin() {
  stop();
  messages.length = 0;
  const suggestions = [0, 1, 2].map((index) => {
    const button = saying("button", { type: "button", className: "chip" }, `suggestions.${index}`);
    button.addEventListener("click", () => {
      field().value = button.textContent;
      field().focus();
    });
    return button;
  });
  turns().replaceChildren(make("div", { className: "empty" }, saying("p", {}, "empty"), make("div", { className: "suggestions" }, ...suggestions)));
  byId("fresh").hidden = true;
  command = "";
  say(byId("curl"), "sentNothing");
}

function complain(sentence) {
  byId("question-keys").classList.add("wrong");
  hush(byId("question-keys"));
  byId("question-keys").textContent = sentence;
  announce(sentence);
}

function askAnew() {
  const words = field().value.trim();
  if (running || (!words && pictures.count === 0) || toolsAsked() === undefined) return;
  leaveBehind();
  const urls = pictures.take();
  const parts = urls.map((url) => ({ type: "image_url", image_url: { url } }));
  messages.push({ role: "user", content: urls.length > 0 ? [...parts, ...(words ? [{ type: "text", text: words }] : [])] : words });
  field().value = "";
  byId("question-keys").classList.remove("wrong");
  say(byId("question-keys"), "questionKeys");
  turns().querySelector(".empty")?.remove();
  turns().append(question(words, urls));
  ask();
}

/**
 * What a new question ends: one that failed does not go along, for it may be why (a picture that is too
 * large); nothing is tried again, and no results are waited for.
 */
function leaveBehind() {
  if (failed && failed === messages.at(-1)) messages.pop();
  for (const button of turns().querySelectorAll(".again, .calls button")) button.remove();
  for (const field of turns().querySelectorAll(".calls textarea")) field.disabled = true;
}

/** Sends the conversation as it is, and takes the answer into it. */
async function ask() {
  const model = byId("model").value || "auto";
  const answer = new Answer(nameOf(model), follow);
  const control = new AbortController();
  running = { control, answer };
  const body = bodyOf(messages, { ...optionsAsked(), model });
  showCommand(body);
  turns().append(answer.element);
  answer.element.scrollIntoView({ block: "nearest" });
  busy(true);
  let headers;
  try {
    const times = await chat(body, {
      signal: control.signal,
      onHeaders: (found) => {
        headers = found;
        answer.model = nameOf(found.get("x-degpt-model") ?? model);
        announce(text("answering"));
      },
      onEvent: (chunk) => answer.take(chunk),
    });
    follow(() => answer.end({ facts: factsOf(times, answer.usage, headers), note: answer.finish === "length" ? "cutOff" : undefined }));
    keep(answer);
    announce(text("answered"));
  } catch (error) {
    fail(answer, error);
  } finally {
    running = undefined;
    busy(false);
  }
}

/** An answer that ended before its end: the user stopped it, or something went wrong. */
function fail(answer, error) {
  if (error.name === "AbortError") {
    follow(() => answer.end({ note: "stopped" }));
    if (answer.text) messages.push({ role: "assistant", content: answer.text });
    return announce(text("stopped"));
  }
  const trouble = error instanceof Trouble ? error : new Trouble("broken");
  if (messages.at(-1).role === "user") failed = messages.at(-1);
  const again = saying("button", { type: "button", className: "again" }, "again");
  again.addEventListener("click", () => {
    if (running) return;
    answer.element.remove();
    ask();
  });
  follow(() => {
    answer.end({ trouble });
    answer.element.append(again);
  });
  announce(answer.element.querySelector(".what").textContent);
}

/** Takes a whole answer into the conversation; its calls want results. */
function keep(answer) {
  const calls = answer.calls.map(({ id, name, arguments: given }) => ({ id, type: "function", function: { name, arguments: given } }));
  messages.push({ role: "assistant", content: answer.text || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) });
  if (calls.length === 0) return;
  const form = callForm(answer.calls, (results) => {
    results.forEach((content, index) => messages.push({ role: "tool", tool_call_id: calls[index].id, content }));
    ask();
  });
  follow(() => answer.element.append(form));
}

/** Ends the answer that is coming. */
function stop() {
  running?.control.abort();
}

function busy(isBusy) {
  byId("send").hidden = isBusy;
  byId("stop").hidden = !isBusy;
  byId("fresh").hidden = isBusy;
  turns().setAttribute("aria-busy", isBusy);
  if (isBusy && document.activeElement === document.body) byId("stop").focus();
}

/** Changes the conversation, and keeps its end in sight if it was. */
function follow(change) {
  const box = turns();
  const wasAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  change();
  if (wasAtEnd) box.scrollTop = box.scrollHeight;
}

const nameOf = (id) => known.find((model) => model.id === id || model.model === id)?.name ?? id;

function showCommand(body) {
  command = curlOf(body, { hasKey: key() !== "" });
  hush(byId("curl"));
  byId("curl").textContent = shortened(command);
}

function optionsAsked() {
  return {
    system: byId("system").value.trim(),
    reasoning: byId("reasoning").value,
    limit: byId("limit").valueAsNumber,
    web: byId("web").checked,
    tools: toolsAsked(),
  };
}

/** The tools that were typed in; `null` if none, `undefined` if they are no JSON list, which is said. */
function toolsAsked() {
  const typed = byId("tools").value.trim();
  const found = typed ? parsed(typed) : null;
  const isWrong = found !== null && !Array.isArray(found);
  byId("tools").setAttribute("aria-invalid", isWrong);
  if (isWrong) {
    say(byId("tools-hint"), "toolsWrong");
    byId("tools").closest("details").open = true;
    return undefined;
  }
  hush(byId("tools-hint"));
  return found;
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
