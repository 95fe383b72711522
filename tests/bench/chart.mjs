/** A chart of the CPU of a thousand chunks, as SVG, readable on light and dark pages. */
import { NAMES } from "./figures.mjs";
import { median } from "./measure.mjs";

const WIDTH = 760;
const ROW = 22;
const LABELS = 170;
const TOP = 34;
/** Above each group of bars. */
const HEADING = 34;

const SERVERS = ["passthrough", "noop", "smallest", "gateway", "ungathered"];

export function chart({ cpuMs, paced }, { burstChunks, pacedChunks }) {
  const groups = [
    ...Object.entries(paced).map(([aSecond, one]) => [`${aSecond} chunks a second`, one.cpuMs, pacedChunks]),
    ["as fast as they are read", cpuMs, burstChunks],
  ];
  const bars = groups.map(([name, spent, chunks]) => [name, SERVERS.map((server) => ({ server, value: (median(spent[server]) * 1e3) / chunks }))]);
  const most = Math.max(...bars.flatMap(([, each]) => each.map(({ value }) => value)));
  const scale = (WIDTH - LABELS - 80) / most;
  let y = TOP;
  const parts = bars.map(([name, each]) => {
    y += HEADING;
    const heading = `  <text x="8" y="${y - 8}" font-weight="600">${name}</text>`;
    const rows = each.map((one) => {
      y += ROW;
      return bar(one, y - ROW, scale);
    });
    return [heading, ...rows].join("\n");
  });
  const height = y + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">
  <title>CPU of 1,000 chunks</title>
  <style>text { fill: #24292f } @media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>
  <text x="8" y="22" font-size="15" font-weight="600">CPU of 1,000 chunks in workerd (shorter is better)</text>
${parts.join("\n")}
</svg>
`;
}

function bar({ server, value }, y, scale) {
  const width = (value * scale).toFixed(1);
  const name = NAMES[server].replaceAll(/[*`]/g, "");
  return `  <text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${name}</text>
  <rect x="${LABELS}" y="${y + 2}" width="${width}" height="14" rx="2" fill="${server === "gateway" ? "#e8710a" : "#8a8f98"}"/>
  <text x="${LABELS + Number(width) + 6}" y="${y + 13}">${value.toFixed(0)} ms</text>`;
}
