/** The page at `/`: sets its parts up, and asks the gateway what there is. */
import { startCheck } from "./check.mjs";
import { drawApps, startConnect } from "./connect.mjs";
import { byId } from "./dom.mjs";
import { health, judge, models } from "./gateway.mjs";
import { key, onKey, setKey, takeFromLink } from "./key.mjs";
import { say, startLanguage } from "./language.mjs";
import { showModels, showNoModels, startModels } from "./models.mjs";
import { choose, offer, startPlayground } from "./playground.mjs";
import { hasNoKeys, told } from "./trouble.mjs";
import { drawUsage, startUsage } from "./usage.mjs";

/** What `GET /api/v1/models` has said; empty until then. */
let found = [];

function startKey() {
  const input = byId("key");
  const show = byId("key-show");
  input.value = key();
  input.addEventListener("input", () => setKey(input.value));
  onKey(() => {
    if (input.value.trim() !== key()) input.value = key();
  });
  addEventListener("hashchange", takeFromLink);
  byId("key-form").addEventListener("submit", (event) => event.preventDefault());
  byId("key-forget").addEventListener("click", () => {
    setKey("");
    input.focus();
  });
  show.addEventListener("click", () => {
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    show.setAttribute("aria-pressed", isShown);
    say(show, isShown ? "hide" : "show");
  });
}

/** Says whether this gateway wants a key at all, which is asked only while there is none. */
async function showWhetherKeyed() {
  const hint = byId("key-hint");
  if (key()) return say(hint, "keyHint");
  const refused = await judge("auto").catch((trouble) => trouble);
  if (key()) return;
  if (!refused) say(hint, "keyless");
  else if (hasNoKeys(refused)) say(hint, "noKeys");
  else say(hint, refused.code === "invalid_api_key" ? "keyWanted" : "keyHint");
}

async function showHealth() {
  const pill = byId("health");
  say(pill, "asking");
  const trouble = await health().then(() => undefined, (error) => error);
  pill.className = trouble ? "pill wrong" : "pill fine";
  const isGateways = ["network", "configuration_error"].includes(trouble?.code);
  say(pill, isGateways ? `troubles.${trouble.code}` : trouble ? "unhealthy" : "healthy");
  pill.title = trouble ? trouble.message : "";
}

async function showFound() {
  try {
    found = await models();
    draw();
  } catch (trouble) {
    showNoModels(told(trouble));
  }
}

/** Draws what is no text alone: options in a list are in the page's language too. */
function draw() {
  offer(found);
  if (found.length > 0) showModels(found);
  drawApps();
  drawUsage();
}

function use(id) {
  choose(id);
  byId("playground").scrollIntoView();
  byId("question").focus({ preventScroll: true });
}

takeFromLink();
startPlayground();
startConnect();
startModels(use);
startCheck(() => byId("model").value || "auto");
startKey();
startLanguage(byId("languages"), draw);
onKey(showWhetherKeyed);
draw();
startUsage();
showWhetherKeyed();
showHealth();
showFound();
