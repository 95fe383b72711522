/** What the commands say to options that they do not have. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";

import { call } from "./support.mjs";

/** Each script, a mistyped option of it, and what was meant. */
const MISTYPED = [
  ["scripts/demo.mjs", "--prot", "--port"],
  ["scripts/dev.mjs", "--prot", "--port"],
  ["scripts/dev.mjs", "--test-sheduled", "--test-scheduled"],
  ["scripts/build.mjs", "--hlep", "--help"],
  ["scripts/test.mjs", "--onyl", "--only"],
  ["scripts/costs.mjs", "--updat", "--update"],
  ["scripts/imports.mjs", "--updat", "--update"],
  ["scripts/lock.mjs", "--hepl", "--help"],
  ["scripts/bench-tokens.mjs", "--halp", "--help"],
  ["tests/bench/run.mjs", "--round", "--rounds"],
  ["tests/bench/tools/run.mjs", "--peer", "--peers"],
  ["tests/soak.mjs", "--second", "--seconds"],
  ["tests/adversary-soak.mjs", "--cleints", "--clients"],
  ["tests/ledger-soak.mjs", "--cleints", "--clients"],
];

describe("a mistyped option is a sentence", { concurrency: 2 }, () => {
  for (const [script, typed, meant] of MISTYPED) {
    it(`${script} ${typed}`, async () => {
      const { status, said } = await call(script, [typed, "1"]);
      assert.match(said, new RegExp(`^\\n${typed} is unknown: did you mean ${meant}\\?\\n`));
      assert.doesNotMatch(said, /\bat .+:\d+:\d+/);
      assert.equal(status, 2);
    });
  }

  it("scripts/clients.mjs breakages --hlep", async () => {
    const { status, said } = await call("scripts/clients.mjs", ["breakages", "--hlep"]);
    assert.match(said, /--hlep is unknown: did you mean --help\?/);
    assert.equal(status, 2);
  });
});

describe("--help says what a command takes", { concurrency: 2 }, () => {
  for (const script of new Set(MISTYPED.map(([script]) => script))) {
    it(script, async () => {
      const { status, said } = await call(script, ["--help"]);
      assert.match(said, /^npm (run [\w:]+|test) \[-- OPTIONS\]\n\n.+/);
      assert.match(said, /--help +this text/);
      assert.equal(status, 0);
    });
  }
});

/** What is typed, and the first line of the answer. */
const WRONG = [
  ["scripts/demo.mjs", ["--port"], /^--port needs a value: --port N\.$/m],
  ["scripts/demo.mjs", ["--port="], /^--port needs a value: --port N\.$/m],
  ["scripts/demo.mjs", ["--port", "--help=1"], /^--port needs a value/m],
  ["scripts/demo.mjs", ["--port", "web"], /^--port takes a whole number from 1 to 65535, not "web"\.$/m],
  ["scripts/demo.mjs", ["--port", "70000"], /not "70000"/],
  ["scripts/demo.mjs", ["--port", "-1"], /not "-1"/],
  ["scripts/demo.mjs", ["-p", "80"], /^-p is unknown/m],
  ["scripts/demo.mjs", ["8080"], /^"8080" is none of its options\.$/m],
  ["scripts/demo.mjs", ["--constructor"], /^--constructor is unknown\.$/m],
  ["scripts/dev.mjs", ["--port", "web"], /^--port takes a whole number/m],
  ["scripts/costs.mjs", ["--update=yes"], /^--update takes no value\.$/m],
  ["scripts/test.mjs", ["--only", "natif"], /^--only takes one of: format, .*; natif is unknown: did you mean native\?$/m],
  ["scripts/clients.mjs", ["browsers"], /^Which clients\? One of: clients, ecosystem/m],
  ["scripts/clients.mjs", [], /^Which clients\?/m],
  ["tests/soak.mjs", ["--faulted", "0.7"], /^--faulted takes a number from 0 to 0\.5, not "0\.7"\.$/m],
  ["tests/adversary-soak.mjs", ["--without", "bom"], /bom is unknown: did you mean bomb\?/],
];

describe("a wrong value is a sentence", { concurrency: 2 }, () => {
  for (const [script, argv, sentence] of WRONG) {
    it(`${script} ${argv.join(" ")}`, async () => {
      const { status, said } = await call(script, argv);
      assert.match(said, sentence);
      assert.equal(status, 2);
    });
  }

  it("an option that npm kept for itself", async () => {
    const { status, said } = await call("scripts/demo.mjs", ["8080"], { env: { npm_lifecycle_event: "demo", npm_config_port: "8080" } });
    assert.match(said, /npm run demo -- --port 8080/);
    assert.equal(status, 2);
  });
});

describe("a port that is in use is a sentence, before anything is built", () => {
  for (const script of ["scripts/demo.mjs", "scripts/dev.mjs"]) {
    it(script, async () => {
      const server = createServer();
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { port } = server.address();
      const { status, said } = await call(script, ["--port", String(port)]);
      server.close();
      assert.match(said, new RegExp(`^\\nPort ${port} is in use\\. Free it, or take another: npm run \\w+ -- --port ${port + 1}\\n$`));
      assert.equal(status, 1);
    });
  }
});
