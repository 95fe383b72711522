/**
 * `npm run bench:tools [-- --peers] [-- --publish]`: which forms of tool calls are read, how exactly, and
 * what stays text: the table of `table.mjs` through the gateway's own reader, natively at every cut, and
 * through the built Worker over HTTP. Less than a minute, after the builds.
 *
 * `--peers` has the same rows read by what a user could take instead (peers/), which it installs.
 * `--publish` does so too and writes docs/tool-forms.md. Loopback only.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { build } from "../../../scripts/build.mjs";
import { command, inProject } from "../../../scripts/process.mjs";
import { startGateway } from "../../harness.mjs";
import { startUpstream } from "../../upstream/server.mjs";
import { readNatively } from "./native.mjs";
import { readWithPeers } from "./peers/peers.mjs";
import { page, print } from "./report.mjs";
import { differences } from "./served.mjs";
import { UNREAD, rows } from "./table.mjs";

const KEY = "key-of-the-bench";

async function bench() {
  const options = { peers: { type: "boolean", default: false }, publish: { type: "boolean", default: false } };
  const { values } = parseArgs({ options });
  const all = rows();
  const readings = await readNatively(all);
  const served = await through(readings);
  const peers = values.peers || values.publish ? await readWithPeers(all) : [];
  print(readings, peers);
  console.log(`workerd: ${served.asked} answers over HTTP, ${served.different.length} other than natively`);
  for (const { row, way, got } of served.different) console.log(`  ${row.id} (${way}): ${JSON.stringify(got)}`);
  if (values.publish) {
    writeFileSync(inProject("docs/tool-forms.md"), page(readings, peers, served.asked));
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
