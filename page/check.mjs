/** The self-check: gateway, key, DeGPT and model, one after the other, with what is wrong in words. */
import { byId, make, saying } from "./dom.mjs";
import { Trouble, chat, health, hello, judge } from "./gateway.mjs";
import { key } from "./key.mjs";
import { bodyOf } from "./request.mjs";
import { told } from "./trouble.mjs";
import { duration } from "./turns.mjs";

/** The longest that the model's answer is waited for. */
const PATIENCE_MS = 60_000;

/** Each step: its name, what it needs to have gone well, and what it does; it resolves to what to say. */
const STEPS = [
  { name: "stepGateway", needs: [], run: () => hello().then(() => ["gatewayFine"]) },
  { name: "stepKey", needs: ["stepGateway"], run: () => judge("auto").then(() => [key() ? "keyFine" : "keyless"]) },
  { name: "stepUpstream", needs: ["stepGateway"], run: () => health().then(() => ["upstreamFine"]) },
  { name: "stepModel", needs: ["stepKey", "stepUpstream"], run: answers },
];

/** Has the button check everything; `modelChosen` gives the model that is tried. */
export function startCheck(modelChosen) {
  const button = byId("check");
  button.addEventListener("click", async () => {
    button.disabled = true;
    byId("findings").replaceChildren();
    const well = new Set();
    for (const step of STEPS) if (await finding(step, well, modelChosen())) well.add(step.name);
    button.disabled = false;
    button.focus();
  });
}

/** Carries a step out and shows what it found; resolves to whether all is well. */
async function finding({ name, needs, run }, well, model) {
  const item = make("li", { className: "asking" }, saying("strong", {}, name));
  const show = (state, ...found) => {
    item.className = state;
    item.replaceChildren(item.firstChild, ...found);
    return state === "fine";
  };
  byId("findings").append(item);
  if (!needs.every((need) => well.has(need))) return show("skipped", saying("span", {}, "notTried"));
  show("asking", saying("span", {}, "asking"));
  try {
    return show("fine", saying("span", {}, ...(await run(model))));
  } catch (error) {
    return show("wrong", told(error instanceof Trouble ? error : new Trouble("upstream_timeout")));
  }
}

/** Has the model answer a question of a word. */
async function answers(model) {
  const body = bodyOf([{ role: "user", content: "Reply with the word OK." }], { model, limit: 16 });
  let name = model;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const onHeaders = (headers) => (name = headers.get("x-degpt-model") ?? model);
  const { totalMs } = await chat(body, { signal, onHeaders, onEvent: () => {} });
  return ["modelFine", name, duration(totalMs)];
}
