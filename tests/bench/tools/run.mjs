/**
 * `npm run bench:tools [-- --peers] [-- --publish]`: which forms of tool calls are read, how exactly, and
 * what stays text: the table of `table.mjs` through the gateway's own reader, natively at every cut, and
 * through the built Worker over HTTP. Less than a minute, after the builds.
 *
 * `--peers` has the same rows read by what a user could take instead (peers/), which it installs.
 * `--publish` writes docs/tool-forms.md, with their last figures (peers/last.json) unless `--peers` makes new
 * ones. Loopback only.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { args } from "../../../scripts/args.mjs";
import { build } from "../../../scripts/build.mjs";
import { command, inProject } from "../../../scripts/process.mjs";
import { startGateway } from "../../harness.mjs";
import { startUpstream } from "../../upstream/server.mjs";
import { readNatively } from "./native.mjs";
import { readWithPeers } from "./peers/peers.mjs";
import { figures, page, print } from "./report.mjs";
import { differences } from "./served.mjs";
import { UNREAD, rows } from "./table.mjs";

const KEY = "key-of-the-bench";
const LAST = inProject("tests/bench/tools/peers/last.json");

async function bench() {
  const values = args({
    command: "npm run bench:tools",
    about: "Measures which forms of tool calls are read.",
    options: { peers: { about: "measures other readers too" }, publish: { about: "writes docs/tool-forms.md anew" } },
  });
  const all = rows();
  const readings = await readNatively(all);
  const served = await through(readings);
  const peers = values.peers ? await readWithPeers(all) : [];
  print(readings, peers);
  console.log(`workerd: ${served.asked} answers over HTTP, ${served.different.length} other than natively`);
  for (const { row, way, got } of served.different) console.log(`  ${row.id} (${way}): ${JSON.stringify(got)}`);
  if (values.publish) {
    const fresh = peers.map(figures);
    // One of them a line.
    if (values.peers) writeFileSync(LAST, `[\n${fresh.map((peer) => JSON.stringify(peer)).join(",\n")}\n]\n`);
    const known = values.peers ? fresh : JSON.parse(readFileSync(LAST, "utf8"));
    writeFileSync(inProject("docs/tool-forms.md"), page(readings, known, !values.peers, served.asked));
    console.log("written to docs/tool-forms.md");
  }
  process.exit(readings.every(({ wrong }) => wrong === "" || wrong === UNREAD) && served.different.length === 0 ? 0 : 1);
}

/** All rows through the Worker. */
async function through(readings) {
  await build();
  const upstream = await startUpstream();
  const gateway = await startGateway({ vars: { API_KEYS: KEY, DEGPT_ORIGINS: upstream.url } });
  let asked = 0;
  const ask = async (path, body) => {
    asked += 1;
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    return (await fetch(`${gateway.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).text();
  };
  try {
    return { different: await differences(readings, upstream, ask), asked };
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

await command(bench);
