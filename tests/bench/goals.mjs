/** What the gateway is to reach, and whether it does. */
import { NAMES, count, difference, ratio, table } from "./figures.mjs";
import { median } from "./measure.mjs";

/** The default of that variable, in milliseconds. */
const GATHER_MS = 40;

/**
 * The goals. `of(server)` is that server's figure, or undefined: by the medians, and where there were
 * rounds also by the minima. `whose` is the server that the goal is about, if it is not the gateway.
 * Those that `lead` stand in the first table of docs/performance.md.
 */
function goals(results, { burstChunks, imageBytes }) {
  const { cpuMs, paced, short, delayMs, entries, idleStreamBytes, imagePeak, startMs, bundle } = results;
  const late = (part, quantile) => (server) => {
    const added = Object.values(delayMs).map((pace) => pace[server] && pace[server][part][quantile] - pace.direct[part][quantile]);
    return added.includes(undefined) ? undefined : [Math.max(...added)];
  };
  const taken = (pace) => (server) => entries[pace][server] && [Math.max(entries[pace][server].reads, entries[pace][server].transforms)];
  const pacedTo = (pace) => (server) => paced[pace].toNoop[server] && [median(paced[pace].toNoop[server])];
  return [
    { lead: true, what: "CPU at 50 chunks a second for 20 s, to the no-op's", most: 0.65, unit: "×", of: pacedTo(50) },
    { lead: true, what: "CPU at 200 chunks a second for 5 s, to the no-op's", most: 0.5, unit: "×", of: pacedTo(200) },
    { what: "CPU at 50 chunks a second with `GATHER_MS=0`, to the no-op's", most: 1.05, unit: "×", of: pacedTo(50), whose: "ungathered" },
    { lead: true, what: `CPU of a burst of ${count(burstChunks)} chunks, to the no-op's`, most: 0.15, unit: "×", of: (server) => ratio(cpuMs, server, "noop") },
    { lead: true, what: "reads of 1,000 chunks at 50 a second", most: 520, unit: "", of: taken(50) },
    { lead: true, what: "reads of 1,000 chunks at 200 a second", most: 160, unit: "", of: taken(200) },
    { lead: true, what: "delay added to the first ten chunks, median", most: 1, unit: " ms", of: late("first", "p50") },
    { lead: true, what: "delay added later, median", most: GATHER_MS / 2, unit: " ms", of: late("later", "p50") },
    { lead: true, what: "delay added later, at most", most: GATHER_MS + 5, unit: " ms", of: late("later", "most") },
    { lead: true, what: "CPU of a streamed answer of 1 chunk, to the no-op's", most: 1, unit: "×", of: (server) => ratio(short["stream 1"].cpuMs, server, "noop") },
    { lead: true, what: "CPU of a JSON answer of 20 chunks, to the smallest JavaScript's", most: 1.5, unit: "×", of: (server) => asJson(server) && ratio(short["json 20"].cpuMs, server, "smallest") },
    { lead: true, what: "time added to a JSON answer of 1 chunk", most: 1, unit: " ms", of: (server) => asJson(server) && difference(short["json 1"].totalMs, server, "direct") },
    { what: `CPU of a burst of ${count(burstChunks)} chunks for Responses, to the no-op's`, most: 0.2, unit: "×", of: () => ratio(cpuMs, "responses", "noop") },
    { what: "CPU at 50 chunks a second for Responses, to the no-op's", most: 0.65, unit: "×", of: pacedTo(50), whose: "responses" },
    { what: "CPU at 200 chunks a second for Responses, to the no-op's", most: 0.5, unit: "×", of: pacedTo(200), whose: "responses" },
    { what: "time added to the first byte", most: 1, unit: " ms", of: (server) => difference(short["stream 1"].firstMs, server, "direct") },
    { what: "start of the isolate to the first answer, above the no-op's", most: 15, unit: " ms", of: (server) => difference(startMs, server, "noop") },
    { what: "memory of an idle stream", most: 150, unit: " KiB", of: (server) => [idleStreamBytes[server] / 1024] },
    { what: "program without the token tables, gzipped", most: 200, unit: " kB", of: () => [bundle.programBytes / 1e3] },
    { what: `CPU of ${count(burstChunks)} chunks as one JSON answer, to the pass-through's`, most: 1.6, unit: "×", of: () => jsonBurst(cpuMs) },
    { what: `peak memory of a request with a picture of ${imageBytes / 1e6} MB, to its size`, most: 4, unit: "×", of: (server) => [imagePeak[server].bytes / imageBytes] },
  ];
}

/** Those that make JSON of an answer. */
const asJson = (server) => (["smallest", "gateway", "ungathered"].includes(server) ? true : undefined);
const jsonBurst = ({ "json: gateway": json, passthrough }) => ratio({ json, passthrough }, "json", "passthrough");

const DIGITS = { "×": 2, " ms": 1, " kB": 1, " KiB": 0, "": 0 };
const written = ([value, smallest], unit) => value.toFixed(DIGITS[unit]) + (smallest === undefined ? "" : ` (${smallest.toFixed(DIGITS[unit])})`);

/** All goals, and whether they are met. */
export function goalTable(results, about) {
  const rows = goals(results, about).map(({ what, most, unit, of, whose = "gateway" }) => {
    const figure = of(whose);
    return [what, `≤ ${most}${unit}`, written(figure, unit), figure[0] <= most ? "met" : "**not met**"];
  });
  return table(["what", "goal", "medians (minima)", ""], rows);
}

/** Those at the pace of real answers, beside the other Workers. */
export function leadingTable(results, about) {
  const servers = ["gateway", "ungathered", "smallest", "noop", "passthrough"];
  const rows = goals(results, about)
    .filter(({ lead }) => lead)
    .map(({ what, most, unit, of }) => {
      const figures = servers.map((server) => of(server)).map((figure) => figure && written(figure.slice(0, 1), unit));
      return [what, `≤ ${most}${unit}`, ...figures];
    });
  return table(["", "goal", ...servers.map((server) => NAMES[server])], rows);
}
