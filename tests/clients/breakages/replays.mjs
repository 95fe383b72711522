/**
 * The breakages that the replayed requests of apps must see.
 */
import { events, isStream, json, withoutHeaders } from "./edits.mjs";

const REPLAYS = "replays.test.mjs";

export const REPLAYED = [
  {
    name: "the preflight does not allow an app's headers",
    breaks: ["NextChat: a plugin", "Chatbox: a (?!wrong)", "LobeChat: a plugin", "Open WebUI: .*from the browser", "Cherry Studio: a "],
    in: [REPLAYS],
    apply: withoutHeaders("access-control-allow-headers"),
  },
  {
    name: "an app's preflight is for no method",
    breaks: ["NextChat: a title", "Chatbox: the list of models", "Open WebUI: .*from the browser"],
    in: [REPLAYS],
    apply: withoutHeaders("access-control-allow-methods"),
  },
  {
    name: "the chunk of the usage has no choices",
    breaks: ["Zed: a question$", "Continue: a question$", "Open WebUI: a question$"],
    in: [REPLAYS],
    apply: events((value) => {
      if (value.usage) delete value.choices;
    }),
  },
  {
    name: "a stream ends without its mark",
    breaks: ["\\w+: a question$", "SillyTavern: a turn$", "Cline: a task"],
    in: [REPLAYS],
    apply: (exchange) => {
      if (isStream(exchange)) exchange.body = exchange.body.replace(/data: \[DONE\]\n\n$|event: message_stop\n.*\n\n$/, "");
    },
  },
  {
    name: "the reasoning is nowhere that an app looks",
    breaks: ["NextChat: a model that thinks$", "Open WebUI: a model that thinks$", "SillyTavern: a turn of a model that thinks"],
    in: [REPLAYS],
    apply: events((value) => {
      const delta = value.choices?.[0]?.delta;
      if (delta) delete delta.reasoning_content;
    }),
  },
  {
    name: "every piece of a call has its id",
    breaks: ["NextChat: a plugin is called$", "Zed: a tool is called$", "SillyTavern: a function is called$"],
    in: [REPLAYS],
    apply: events((value) => {
      const [choice] = value.choices ?? [];
      const [piece] = choice?.delta.tool_calls ?? [];
      if (!piece) return undefined;
      const again = structuredClone(value);
      Object.assign(again.choices[0].delta.tool_calls[0].function, { arguments: "" });
      return [value, again];
    }),
  },
  {
    name: "there is one choice, however many are asked for",
    breaks: ["SillyTavern: three swipes, not"],
    in: [REPLAYS],
    apply: json((value) => {
      if (value.choices) value.choices.length = 1;
    }),
  },
  {
    name: "what has no effect is not named",
    breaks: ["NextChat: a question$", "Cline: a task$", "Zed: a question$"],
    in: [REPLAYS],
    apply: withoutHeaders("x-degpt-ignored"),
  },
  {
    name: "an error has no message",
    breaks: ["[\\w ]+: a wrong key"],
    in: [REPLAYS],
    apply: json((value) => {
      if (value.error) delete value.error.message;
    }),
  },
  {
    name: "the list of models is called models",
    breaks: ["[\\w ]+: the list of models"],
    in: [REPLAYS],
    apply: json((value) => (Array.isArray(value.data) ? { models: value.data } : undefined)),
  },
];
