/**
 * The Dockerfile, without an engine: its steps are read from it and carried out in bare folders, one for
 * each stage, with an empty environment; then its command and its health check run as a user without
 * rights, and the compose file is held to it.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";

import { release } from "../../scripts/release.mjs";
import { startUpstream } from "../upstream/server.mjs";
import { bareEnvironment } from "./bare.mjs";
import { instructions, variables } from "./dockerfile.mjs";
import { KEY, NOBODY, chat, freePort, nodeForAll, running, saidIn } from "./running.mjs";

/** Of the base image: what is at an absolute path that no step has made. */
const BASE = "/";

const top = mkdtempSync(path.join(tmpdir(), "degpt-edge-"));
chmodSync(top, 0o755);
after(() => rmSync(top, { recursive: true, force: true }));

let context;
let image;
let upstream;
before(async () => {
  context = (await release(path.join(top, "dist"))).folder;
  image = built(context, bareEnvironment(path.join(top, "bin")));
  upstream = await startUpstream({ defaults: { text: "Hi there" } });
});
after(() => upstream.close());

/** Carries out the Dockerfile of a folder; returns the last stage. */
function built(folder, environment) {
  const ignored = readFileSync(path.join(folder, ".dockerignore"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
  const stages = [];
  for (const { name, rest, words } of instructions(readFileSync(path.join(folder, "Dockerfile"), "utf8"))) {
    const stage = stages.at(-1);
    if (name === "FROM") {
      const root = path.join(top, `stage${stages.length}`);
      mkdirSync(root);
      stages.push({ base: words[0], as: words[2], root, cwd: "/", env: {} });
    } else if (name === "WORKDIR") {
      stage.cwd = path.posix.resolve(stage.cwd, rest);
      mkdirSync(path.join(stage.root, stage.cwd), { recursive: true });
    } else if (name === "ENV") Object.assign(stage.env, variables(words));
    else if (name === "RUN") {
      const place = { cwd: path.join(stage.root, stage.cwd), env: { ...environment, ...stage.env } };
      const { status, stdout, stderr } = spawnSync(path.join(environment.PATH, "sh"), ["-c", rest], { ...place, timeout: 100_000, encoding: "utf8" });
      assert.equal(status, 0, `RUN ${rest}\n${stdout}${stderr}`);
    } else if (name === "COPY") copy(stage, stages, { folder, ignored, words });
    else stage[name] = rest;
  }
  return { ...stages.at(-1), PATH: environment.PATH };
}

function copy(stage, stages, { folder, ignored, words }) {
  const options = Object.fromEntries(words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=")));
  const places = words.filter((word) => !word.startsWith("--"));
  const target = places.pop();
  const source = options.from && stages.find(({ as }) => as === options.from);
  assert.ok(!options.from || source, `there is no stage ${options.from}`);
  for (const place of places) {
    assert.ok(source || !ignored.includes(place), `${place} is in .dockerignore`);
    const from = [source?.root ?? folder, ...(source ? [BASE] : [])].map((root) => path.join(root, place)).find(existsSync);
    assert.ok(from, `COPY: there is no ${place}`);
    const into = path.join(stage.root, path.posix.resolve(stage.cwd, target));
    cpSync(from, /\/$/.test(target) ? path.join(into, path.basename(place)) : into, { recursive: true, dereference: true });
    if (options.chown && NOBODY.uid) spawnSync("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, into]);
  }
}

const node = nodeForAll();

/** Runs `[program, …]` in the image, as its user, with its environment and `env`. */
const inImage = (t, [program, ...args], env) =>
  running(t, program === "node" ? node : program, args, {
    cwd: path.join(image.root, image.cwd),
    env: { PATH: image.PATH, ...image.env, ...env },
    ...NOBODY,
  });

describe("the Dockerfile", () => {
  it("is for glibc, not for root, and ends by SIGTERM", () => {
    assert.match(image.base, /^node:\d+-\w+-slim$/);
    assert.notEqual(image.USER, undefined);
    assert.doesNotMatch(image.USER, /^(root|0)$/);
    assert.equal(image.STOPSIGNAL, "SIGTERM");
    assert.equal(image.EXPOSE, image.env.PORT);
    assert.equal(image.VOLUME, path.posix.resolve(image.cwd, image.env.DATA_DIR));
  });

  it("has in it what serves, and neither wrangler nor the demo", () => {
    const inside = readdirSync(path.join(image.root, "app"));
    assert.deepEqual(inside.sort(), ["build", "data", "node_modules", "package.json", "scripts", "wrangler.toml"]);
    assert.ok(!existsSync(path.join(image.root, "app/node_modules/wrangler")));
    assert.ok(statSync(path.join(image.root, image.env.SSL_CERT_FILE)).size > 10_000, "certificates");
  });

  it("serves, is healthy, and ends when it is told to", async (t) => {
    const port = await freePort();
    const env = { API_KEYS: `alice=${KEY}`, KEY_POLICIES: '{"alice":{}}', DEGPT_ORIGINS: upstream.url, PORT: String(port) };
    const gateway = inImage(t, JSON.parse(image.CMD), env);
    await gateway.until(/degpt-edge serves on .*HOST=0\.0\.0\.0/);
    assert.equal(saidIn(await (await chat(`http://127.0.0.1:${port}`)).text()), "Hi there");
    assert.ok(existsSync(path.join(image.root, image.VOLUME, "degpt-edge-Ledger")), "the ledger is in the volume");

    const check = () => inImage(t, JSON.parse(/CMD (\[.*\])$/.exec(image.HEALTHCHECK)[1]), { PORT: String(port) });
    assert.equal((await check().ended).code, 0);
    gateway.kill(image.STOPSIGNAL);
    assert.deepEqual(await gateway.ended, { code: 0, signal: null });
    assert.equal((await check().ended).code, 1);
  });

  it("tells of ill health while DeGPT does not answer", async (t) => {
    const port = await freePort();
    const env = { API_KEYS: KEY, DEGPT_ORIGINS: "http://127.0.0.1:1", PORT: String(port) };
    const gateway = inImage(t, JSON.parse(image.CMD), env);
    await gateway.until(/degpt-edge serves on/);
    const check = inImage(t, JSON.parse(/CMD (\[.*\])$/.exec(image.HEALTHCHECK)[1]), { PORT: String(port) });
    assert.equal((await check.ended).code, 1);
    assert.match(check.out(), /^503 /);
  });
});

describe("the compose file", () => {
  const text = () => readFileSync(path.join(context, "compose.yaml"), "utf8");

  it("runs that image, with the settings from .dev.vars and the data in a volume", () => {
    assert.match(text(), /^ {4}build: \.$/m);
    assert.match(text(), /^ {4}env_file: \.dev\.vars$/m);
    assert.ok(text().includes(`- data:${image.VOLUME}\n`));
    assert.ok(text().includes(`- "127.0.0.1:${image.env.PORT}:${image.env.PORT}"`));
    for (const [name, value] of Object.entries(image.env).filter(([name]) => name !== "SSL_CERT_FILE")) {
      assert.match(text(), new RegExp(`^ {6}${name}: "?${value}"?$`, "m"), "whatever .dev.vars says");
    }
  });

  it("gives open answers the time they may have", () => {
    const seconds = Number(/stop_grace_period: (\d+)s/.exec(text())[1]);
    const drain = Number(/const DRAIN_MS = ([\d_]+);/.exec(readFileSync(path.join(context, "scripts/settings.mjs"), "utf8"))[1].replaceAll("_", ""));
    assert.ok(seconds * 1_000 > drain);
  });
});
