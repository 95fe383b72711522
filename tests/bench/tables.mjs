/** Everything that was measured, as tables. */
import { NAMES, count, kilobytes, least, ratio, table } from "./figures.mjs";
import { median } from "./measure.mjs";

/** The tables, each with its heading. */
export const tables = (results, about) =>
  [
    ["At the pace of real answers", pacedTable(results, about)],
    ["What enters the isolate", entriesTable(results, about)],
    ["How late chunks are", delayTable(results)],
    ["Short answers, one after the other", shortTable(results)],
    ["A visitor's daily number", shortTable({ short: results.visitor })],
    ["Answers as fast as they are read", burstTable(results, about)],
    ["Memory and start", othersTable(results, about)],
  ].map(([heading, text]) => `### ${heading}\n\n${text}`);

function pacedTable({ paced }, { pacedChunks }) {
  const rows = Object.entries(paced).flatMap(([aSecond, { cpuMs, toNoop, inside }]) =>
    Object.keys(cpuMs).map((name) => {
      const spent = median(cpuMs[name]);
      const parts = inside[name].filter((part) => part !== undefined);
      const insideMs = parts.length > 0 ? spent * median(parts) : undefined;
      return [aSecond, NAMES[name], spent, ((spent * 1e3) / pacedChunks).toFixed(0), median(toNoop[name]).toFixed(2), insideMs];
    }),
  );
  const head = ["chunks a second", "", `ms of CPU for ${count(pacedChunks)} chunks`, "µs a chunk", "to the no-op", "ms inside the isolate"];
  return table(head, rows, 1);
}

function entriesTable({ entries }, { pacedChunks }) {
  const kinds = Object.keys(Object.values(entries)[0].gateway);
  const rows = Object.entries(entries).flatMap(([aSecond, servers]) =>
    Object.entries(servers).map(([name, counts]) => [aSecond, NAMES[name], ...kinds.map((kind) => counts[kind])]),
  );
  return `For ${count(pacedChunks)} chunks; \`tests/entries.js\` says what the words mean.\n\n${table(["chunks a second", "", ...kinds], rows, 0)}`;
}

function delayTable({ delayMs }) {
  const rows = Object.entries(delayMs).flatMap(([aSecond, servers]) =>
    Object.entries(servers).map(([name, { first, later }]) => [aSecond, NAMES[name], ...[first, later].flatMap(({ p50, p99, most }) => [p50, p99, most])]),
  );
  const parts = ["first ten", "later"].flatMap((part) => [`${part}: median`, "99th percentile", "most"]);
  return `In milliseconds since the upstream sent them.\n\n${table(["chunks a second", "", ...parts], rows)}`;
}

function shortTable({ short }) {
  const rows = Object.entries(short).flatMap(([kind, { cpuMs, firstMs, totalMs }]) =>
    Object.keys(totalMs).map((name) => {
      const [delivery, chunks] = kind.split(" ");
      const spent = cpuMs[name].includes(undefined) ? undefined : median(cpuMs[name]);
      return [delivery === "json" ? "JSON" : "streamed", chunks, NAMES[name] ?? name, spent, median(firstMs[name]), median(totalMs[name])];
    }),
  );
  return table(["", "chunks", "", "ms of CPU", "ms to the first byte", "ms to the end"], rows);
}

const BURSTS = {
  ...NAMES,
  "gateway, include_usage": "**gateway**, `include_usage`",
  "gateway, stop": "**gateway**, `stop`",
  "gateway, tools": "**gateway**, `tools`",
  "gateway, all of these and max_tokens": "**gateway**, `include_usage`, `stop`, `tools`, `max_tokens`",
  "anthropic, stop and tools": "**gateway**, Anthropic, `stop_sequences` and `tools`",
  "responses, tools": "**gateway**, Responses, `tools`",
  "json: smallest": "smallest JavaScript, as JSON",
  "json: gateway": "**gateway**, as JSON",
  "json: anthropic": "**gateway**, Anthropic, as JSON",
  "json: responses": "**gateway**, Responses, as JSON",
};

function burstTable({ cpuMs }, { burstChunks }) {
  const rows = Object.entries(cpuMs)
    .filter(([name]) => name !== "models")
    .map(([name, spent]) => [BURSTS[name], least(spent), median(spent), ((median(spent) * 1e3) / burstChunks).toFixed(0), ratio(cpuMs, name, "noop")[0].toFixed(2)]);
  const models = `The list of models takes ${(median(cpuMs.models) * 1e3).toFixed(0)} µs of CPU.`;
  return `${table([`CPU of ${count(burstChunks)} chunks`, "least ms", "median ms", "µs a chunk", "to the no-op"], rows, 1)}\n\n${models}`;
}

function othersTable({ idleStreamBytes, imagePeak, startMs, bundle }, { imageBytes }) {
  const servers = Object.keys(startMs);
  const row = (what, digits, figure) => [what, ...servers.map((server) => figure(server)?.toFixed(digits))];
  const rows = [
    row("memory of an idle stream, KiB", 0, (server) => idleStreamBytes[server] / 1024),
    row(`peak memory of a picture of ${imageBytes / 1e6} MB, MB`, 1, (server) => imagePeak[server] && imagePeak[server].bytes / 1e6),
    row("CPU of such a request, ms", 1, (server) => imagePeak[server]?.cpuMs),
    row("start of workerd to the first answer, median, ms", 0, (server) => median(startMs[server])),
  ];
  const size = `The bundle is ${kilobytes(bundle.bytes)} gzipped, ${kilobytes(bundle.programBytes)} of it the program.`;
  return `${table(["", ...servers.map((server) => NAMES[server])], rows)}\n\n${size}`;
}
