/** A chart of bars as SVG, readable on light and dark pages. */

const WIDTH = 760;
const ROW = 26;
const LABELS = 350;
const TOP = 44;

export function chart(bars) {
  const most = Math.max(...bars.map(({ value }) => value));
  const scale = (WIDTH - LABELS - 80) / most;
  const rows = bars.map(({ name, value, isOurs }, index) => {
    const y = TOP + index * ROW;
    const width = (value * scale).toFixed(1);
    return `  <text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${escape(name)}</text>
  <rect x="${LABELS}" y="${y + 2}" width="${width}" height="16" rx="2" fill="${isOurs ? "#e8710a" : "#8a8f98"}"/>
  <text x="${LABELS + Number(width) + 6}" y="${y + 14}">${value.toFixed(1)} ms</text>`;
  });
  const height = TOP + bars.length * ROW + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">
  <title>CPU of 1,000 chunks</title>
  <style>text { fill: #24292f } @media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>
  <text x="8" y="22" font-size="15" font-weight="600">CPU of 1,000 chunks in workerd (shorter is better)</text>
${rows.join("\n")}
</svg>
`;
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
