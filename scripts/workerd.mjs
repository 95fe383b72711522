/**
 * Runs the built Worker in workerd, the runtime Cloudflare itself uses, with nothing in between:
 * no wrangler, no proxy, no network of its own. The demo and the tests against the Worker use it.
 *
 * The compatibility date, the flags and the settings' defaults come from wrangler.toml.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { parse } from "smol-toml";
import workerd from "workerd";

import { Failure, ROOT, atExit, inProject, scratchFolder } from "./process.mjs";

/** wrangler.toml, parsed. */
export const wrangler = () => parse(readFileSync(inProject("wrangler.toml"), "utf8"));

/**
 * Starts the built Worker and resolves once it accepts connections: on `host`, which is loopback.
 *
 * `vars` are laid over the `[vars]` of wrangler.toml; one that is `undefined` is left unset, and one
 * that is no string is bound as JSON, as wrangler does it.
 * `onOutput` is called with each piece workerd writes. With `isolates` above 1 the process runs the
 * Worker that often, as a data centre does: each with memory and a port of its own (`port` is for
 * one), over one cache. The process ends with `close()` or with this one, however this one ends,
 * short of SIGKILL. `folder` is where the Worker is built; `front` is a module of the project that
 * stands in front of it and imports it as `./index.js`. `v8Flags` are for V8, which by itself has
 * no limit of memory here as it has at Cloudflare. With `compiled` workerd does not read a
 * configuration as text, which takes the longer the larger the Worker is. The Durable Objects of
 * wrangler.toml live in the first isolate. What they store is on disk: in the folder `storage`, where the
 * next process finds it, or else in one that ends with this process. With `serves` it is not for this
 * process alone: it writes to this one's own output, and the terminal's Ctrl-C does not reach it.
 * `fd` is a listening socket, for one isolate, in place of `host` and `port`.
 * Without `hasPage` there is no page at `/`.
 */
export async function startWorker(options = {}) {
  const { vars = {}, host = "127.0.0.1", port = 0, isolates = 1, folder: built = "build", front, v8Flags = [], compiled = false, hasPage = true, storage, serves = false, fd, onOutput = () => {} } = options;
  if (!existsSync(inProject(built, "index.js"))) {
    throw new Failure("The worker is not built: run `npm run build` first.");
  }
  const settings = wrangler();
  const bound = Object.entries({ ...settings.vars, ...vars }).filter(([, value]) => value !== undefined);

  const objects = objectsOf(settings, built);
  const own = objects.length > 0 && !storage ? scratchFolder() : undefined;
  const { folder, remove } = scratchFolder();
  const file = path.join(folder, "worker.capnp");
  const assets = hasPage ? assetsOf(built) : [];
  writeFileSync(file, configuration(settings, { bound, host, port, folder, isolates, built, front, v8Flags, objects, assets, storage: storage ?? own?.folder }));

  if (compiled) {
    const { stdout, status } = spawnSync(workerd.default, ["compile", "--config-only", file], { maxBuffer: 1 << 26 });
    if (status !== 0) throw new Failure("workerd does not compile its configuration");
    writeFileSync(file, stdout);
  }

  const spawnedAt = performance.now();
  const child = spawn(workerd.default, ["serve", "--control-fd=3", ...(fd ? ["--socket-fd=gateway0=4"] : []), ...(compiled ? ["--binary"] : []), file], {
    env: { ...process.env, ...Object.fromEntries(bound.filter(([, value]) => isText(value))) },
    stdio: ["ignore", ...(serves ? ["inherit", "inherit"] : ["pipe", "pipe"]), "pipe", ...(fd ? [fd] : [])],
    detached: serves && process.platform !== "win32",
    windowsHide: true,
  });
  const forget = atExit(() => child.kill("SIGKILL"));
  const outputs = [child.stdout, child.stderr].filter(Boolean);
  const handles = [child, ...outputs, child.stdio[3]];
  let log = "";
  for (const stream of outputs) {
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
      onOutput(text);
    });
  }
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      forget();
      own?.remove();
      resolve({ code, signal });
    });
  });

  try {
    const listening = await Promise.race([listeningPorts(child.stdio[3], isolates), ended.then(() => undefined)]);
    if (listening === undefined) throw new Failure(`workerd did not start${log && `:\n${log}`}`);
    // From here on it is no reason for this process to live on: a test that forgets `close()` ends.
    if (!serves) handles.forEach((handle) => handle.unref());
    const urls = listening.map((port) => `http://${inUrl(reachable(host))}:${port}`);
    return {
      url: urls[0],
      /** The address of each isolate. */
      urls,
      pid: child.pid,
      /** When it was started, by `performance.now()`. */
      spawnedAt,
      log: () => log,
      /** Resolves when the process has ended, for whatever reason, to its exit `code` or `signal`. */
      ended,
      /** Has it take no new connection, and end as soon as what is open has ended. */
      drain: () => child.kill("SIGTERM"),
      close() {
        handles.forEach((handle) => handle.ref());
        child.kill("SIGKILL"); // Nothing is lost by it, and on SIGTERM it would wait for what is open.
        return ended;
      },
    };
  } finally {
    remove();
  }
}

/** The ports of the first `count` sockets workerd reports on its control pipe. */
function listeningPorts(pipe, count) {
  return new Promise((resolve) => {
    let text = "";
    pipe.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      const ports = [...text.matchAll(/"event":"listen".*"port":(\d+)/g)].map(([, port]) => Number(port));
      if (ports.length >= count) resolve(ports);
    });
  });
}

/** An IPv6 address stands in brackets before a port. */
const inUrl = (host) => (host.includes(":") ? `[${host}]` : host);

/** Where this machine itself reaches what listens on `host`. */
const reachable = (host) => ({ "0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1" })[host] ?? host;

const isText = (value) => typeof value === "string";

/** Texts travel in the environment: here stand their names alone, and no key reaches the disk. */
function configuration(settings, { bound, host, port, folder, isolates, built, front, v8Flags, objects, assets, storage }) {
  const list = (items) => `[${items.join(", ")}]`;
  const valueOf = ([name, value]) => (isText(value) ? `fromEnvironment = "${name}"` : `json = ${JSON.stringify(JSON.stringify(value))}`);
  const page = assets.length > 0 ? ['(name = "ASSETS", service = "assets")'] : [];
  const bindings = (more) => list([...bound.map((variable) => `(name = "${variable[0]}", ${valueOf(variable)})`), ...page, ...more]);
  const flags = list((settings.compatibility_flags ?? []).map((flag) => `"${flag}"`));
  const date = settings.compatibility_date;
  const gateways = Array.from({ length: isolates }, (_, index) => `gateway${index}`);
  const sockets = gateways.map((name) => `(name = "${name}", address = "${inUrl(host)}:${port}", http = (), service = "${name}")`);
  // workerd takes paths from its configuration's folder on.
  const top = path.relative(folder, ROOT).replaceAll(path.sep, "/");
  // The bench runs Workers without wasm as well.
  const files = [["front.js", "esModule", front], ["index.js", "esModule", `${built}/index.js`], ["index_bg.wasm", "wasm", `${built}/index_bg.wasm`]];
  const modules = files
    .filter(([, , file]) => file && existsSync(inProject(file)))
    .map(([name, kind, file]) => `(name = "${name}", ${kind} = embed "${top}/${file}")`);
  const services = gateways.map((name, index) => `(name = "${name}", worker = .${index === 0 ? "first" : "other"})`);
  const worker = (objectsOfIt) => `(
  compatibilityDate = "${date}",
  compatibilityFlags = ${flags},
  modules = ${list(modules)},
  globalOutbound = "internet",
  cacheApiOutbound = "cache",
  ${objectsOfIt}
)`;
  const first = `bindings = ${bindings(objects.map(({ name, class_name: kind }) => `(name = "${name}", durableObjectNamespace = "${kind}")`))},
  durableObjectNamespaces = ${list(objects.map(({ class_name: kind }) => `(className = "${kind}", uniqueKey = "degpt-edge-${kind}", enableSql = true)`))},
  durableObjectStorage = (${objects.length > 0 ? `localDisk = "storage"` : "none = void"}),`;
  const other = `bindings = ${bindings(
    objects.map(({ name, class_name: kind }) => `(name = "${name}", durableObjectNamespace = (className = "${kind}", serviceName = "gateway0"))`),
  )},`;
  if (objects.length > 0) services.push(`(name = "storage", disk = (path = "${path.resolve(storage)}", writable = true))`);
  if (assets.length > 0) services.push('(name = "assets", worker = .assets)');
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ${list(v8Flags.map((flag) => `"${flag}"`))},
  sockets = ${list(sockets)},
  services = [
    ${services.join(",\n    ")},
    (name = "internet", network = (
      allow = ["public", "private"],
      tlsOptions = (trustBrowserCas = true),
    )),
    (name = "cache", worker = (
      compatibilityDate = "${date}",
      modules = [(name = "cache.js", esModule = embed "${top}/scripts/cache.js")],
    )),
  ],
);

const first :Workerd.Worker = ${worker(first)};
const other :Workerd.Worker = ${worker(other)};

const assets :Workerd.Worker = (
  compatibilityDate = "${date}",
  modules = [(name = "assets.js", esModule = embed "${top}/scripts/assets.js")],
  bindings = ${list(assets.map((name) => `(name = "/${name}", data = embed "${top}/${built}/page/${name}")`))},
);
`;
}

/** The files of the page, with their paths in it; the Workers of the bench have none. */
function assetsOf(built) {
  const folder = inProject(built, "page");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true }).map((name) => name.split(path.sep).join("/"));
  return names.filter((name) => /\.\w+$/.test(name)).sort();
}

/** The bindings of Durable Objects, as far as the built Worker has their classes: those of the bench have none. */
function objectsOf(settings, built) {
  const exported = /export\s*\{([^}]*)\}/.exec(readFileSync(inProject(built, "index.js"), "utf8"))?.[1] ?? "";
  return (settings.durable_objects?.bindings ?? []).filter(({ class_name: kind }) => new RegExp(`\\b${kind}\\b`).test(exported));
}
