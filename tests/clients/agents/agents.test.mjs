/**
 * Coding agents' command-line clients against the gateway: each edits a file in a folder of its
 * own, as a person would have it do from a script. The stand-in's model makes the calls that the
 * agent's own tools take (../../upstream/agent.mjs).
 *
 * They run in an environment and a home of their own, and with what keeps them off the network.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

import { NO_PYTHON, linesOf, pythonOf } from "../../../scripts/clients.mjs";
import { paths } from "../../upstream/paths.mjs";
import { DEMO_KEYS, at, recipe } from "../recipes.mjs";
import { startStack } from "../support.mjs";
import { packageVersion } from "../versions.mjs";
import { startObserver } from "./observer.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TIME_LIMIT_MS = 120_000;

const OLD = 'def greet():\n    return "hello"\n';
const NEW = 'def greet():\n    return "goodbye"\n';

/** Eight pixels by eight. */
const RED_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";

const stack = {};
before(async () => {
  Object.assign(stack, await startStack({ vars: { API_KEYS: DEMO_KEYS } }));
  stack.observer = await startObserver(stack.url);
});
beforeEach(() => {
  stack.upstream.reset();
  stack.observer.reset();
});
after(async () => {
  await stack.observer?.close();
  await stack.close?.();
});

const version = (name) => packageVersion(name, "agents/node_modules");
const program = (file) => path.join(HERE, "node_modules", file);
const call = (name, input) => `${name}(${JSON.stringify(input)})`;
const change = (file) => ({ file_path: file, old_string: 'return "hello"', new_string: 'return "goodbye"' });

const CLAUDE_CODE = `Claude Code ${version("@anthropic-ai/claude-code")}`;

/** An app's recipe, with the observer's address. */
const recipeHere = (app, number) => at(stack.observer.url, recipe(app, number));

/** Claude Code as docs/clients.md has it set up. */
function claudeCode(task, { env = {} } = {}) {
  return {
    command: [process.execPath, program("@anthropic-ai/claude-code/cli-wrapper.cjs")],
    args: ["--print", task, "--permission-mode", "acceptEdits"],
    env: { ...parseEnv(recipeHere("Claude Code")), ...env },
  };
}

agentTest(`${CLAUDE_CODE}: edits a file`, async ({ file, run }) => {
  const task = `Use ${call("Read", { file_path: file })} then ${call("Edit", change(file))}`;
  const printed = await run(claudeCode(task));
  assert.equal(readFileSync(file, "utf8"), NEW);
  assert.match(printed, /^The tools say: .*hello.*; .*updated.*$/ms);
});

agentTest(`${CLAUDE_CODE}: edits a file with nothing but an address and a key`, async ({ file, run }) => {
  const task = `Use ${call("Read", { file_path: file })} then ${call("Edit", change(file))}`;
  const { command, args } = claudeCode(task);
  for (const model of [[], ["--model", "opus"], ["--model", "haiku"]]) {
    writeFileSync(file, OLD);
    const env = { ANTHROPIC_BASE_URL: stack.observer.url, ANTHROPIC_AUTH_TOKEN: "ANTHROPIC_API_KEY" };
    await run({ command, args: [...args, ...model], env });
    assert.equal(readFileSync(file, "utf8"), NEW, model.join(" "));
  }
});

agentTest(`${CLAUDE_CODE}: finds a tool that it holds back, and sees a picture`, async ({ file, folder, run }) => {
  const picture = path.join(folder, "red.png");
  writeFileSync(picture, Buffer.from(RED_PNG, "base64"));
  const task = `Use ${call("ToolSearch", { query: "select:TaskCreate" })} and ${call("Read", { file_path: picture })} then ${call("TaskCreate", { subject: "s", description: "d" })}`;
  const printed = await run(claudeCode(task, { env: { ENABLE_TOOL_SEARCH: "true" } }));
  assert.match(printed, /^The tools say: The tool `TaskCreate` can be called from here on\.; .*; Task #1 created/s);
  assert.equal(readFileSync(file, "utf8"), OLD);

  const [first, second] = stack.upstream.requests.filter(({ path }) => path.includes("chat")).map(({ body }) => body);
  const tool = '{"name":"TaskCreate"';
  assert.deepEqual([first, second].map((body) => JSON.stringify(body).includes(JSON.stringify(tool).slice(1, -1))), [false, true]);
  assert.ok(JSON.stringify(second.messages.at(-1)).includes(RED_PNG.slice(0, 60)), "the picture arrives");
});

agentTest(`${CLAUDE_CODE}: searches the web by a request of its own`, async ({ run }) => {
  const url = "https://towers.example/tall";
  stack.upstream.configure({ searches: { "tall towers": [{ title: "Towers", url, content: "It is 828 m tall.", score: 0.9, raw_content: null }] } });
  // What it asks for the search itself says so in words of its own.
  const asksForSearch = ({ body }) => body?.messages?.some(({ content }) => content.includes('{"name":"web_search"'));
  stack.upstream.queue({ where: asksForSearch, searches: ["tall towers"], times: "always" });
  const { command, args, env } = claudeCode(`Use ${call("ToolSearch", { query: "select:WebSearch" })} then ${call("WebSearch", { query: "tall towers" })}`);
  const printed = await run({ command, args: [...args, "--allowedTools", "WebSearch"], env });
  assert.match(printed, /^The tools say: /);
  assert.ok(printed.includes(url), printed);
  const looked = stack.upstream.requests.filter(({ path }) => path === paths.search);
  assert.deepEqual(looked.map(({ body }) => body.keyword), ["tall towers"]);
});

const hasOpenSsl = spawnSync("openssl", ["version"]).status === 0;
agentTest(`${CLAUDE_CODE}: fetches a page, and has a small model read it`, { skip: !hasOpenSsl && "no openssl for a certificate" }, async ({ home, run }) => {
  // It asks for pages by https alone.
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(home, name));
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  assert.equal(spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert, ...subject]).status, 0);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    response.setHeader("content-type", "text/html").end("<html><body><p>It is 828 m tall.</p></body></html>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const isReading = ({ body }) => body?.messages?.at(-1).content.includes("It is 828 m tall.") && body.model.startsWith("gpt-5-mini");
    stack.upstream.queue({ where: isReading, text: "The page says 828 m." });
    const url = `https://127.0.0.1:${server.address().port}/`;
    const { command, args, env } = claudeCode(`Use ${call("ToolSearch", { query: "select:WebFetch" })} then ${call("WebFetch", { url, prompt: "How tall?" })}`);
    // Else it asks Anthropic whether the site is a good one.
    const settings = ["--settings", JSON.stringify({ skipWebFetchPreflight: true })];
    const printed = await run({ command, args: [...args, "--allowedTools", "WebFetch", ...settings], env: { ...env, NODE_EXTRA_CA_CERTS: cert } });
    assert.match(printed, /^The tools say: .*The page says 828 m\./s);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

const CODEX = `Codex ${version("@openai/codex")}`;

/** Codex as docs/clients.md has it set up, with no sandbox, for which not every machine has what it takes. */
function codex(home, task, model) {
  mkdirSync(path.join(home, ".codex"));
  writeFileSync(path.join(home, ".codex/config.toml"), recipeHere("Codex"));
  const quiet = ["-c", "check_for_update_on_startup=false", "-c", "analytics.enabled=false"];
  return {
    command: [process.execPath, program("@openai/codex/bin/codex.js")],
    args: ["exec", ...quiet, "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", ...(model ? ["--model", model] : []), task],
    env: { DEGPT_EDGE_KEY: "YOUR_API_KEY" },
  };
}

const bodies = () => stack.upstream.requests.filter(({ path }) => path.includes("chat")).map(({ body }) => body);

const SED = "sed -i.old s/hello/goodbye/ greet.py && cat greet.py";
const PATCH = '*** Begin Patch\n*** Update File: greet.py\n@@\n def greet():\n-    return "hello"\n+    return "goodbye"\n*** End Patch\n';

for (const [what, model, served, uses, printed] of [
  ["a function", undefined, "deepseek-chat", call("exec_command", { cmd: SED }), /goodbye/],
  ["a custom tool", "gpt-5.5", "gpt-5.1", `${call("apply_patch", { input: PATCH })} then ${call("exec_command", { cmd: "cat greet.py" })}`, /Success\. Updated.*goodbye/s],
  ["a tool of a namespace in its input", "gpt-5.6-sol", "gpt-5.1", call("functions.exec", { input: `const change = ${JSON.stringify({ cmd: SED })}; text(await tools.exec_command(change));` }), /Script completed.*goodbye/s],
]) {
  agentTest(`${CODEX}: edits a file by ${what}`, async ({ file, home, run }) => {
    const said = await run(codex(home, `Use ${uses}`, model));
    assert.equal(readFileSync(file, "utf8"), NEW);
    assert.match(said, printed);
    assert.match(said, /^The tools say: /m);
    assert.deepEqual([...new Set(bodies().map(({ model }) => model))], [served]);
  });
}

agentTest(`${CODEX}: sees a picture`, async ({ folder, home, run }) => {
  const picture = path.join(folder, "red.png");
  writeFileSync(picture, Buffer.from(RED_PNG, "base64"));
  await run(codex(home, `Use ${call("view_image", { path: picture })}`, "gpt-5.5"));
  assert.match(JSON.stringify(bodies().at(-1).messages.at(-1)), /data:image\/png;base64,/);
});

agentTest(`${CODEX}: asks again when an answer broke off`, async ({ home, run }) => {
  stack.upstream.queue({ text: "One two three four five six seven eight nine ten.", paceMs: 5, breakAfter: 8 }, { text: "All of it." });
  assert.match(await run(codex(home, "Hello")), /^All of it\.$/m);
  assert.equal(bodies().length, 2);
});

agentTest(`Qwen Code ${version("@qwen-code/qwen-code")}: edits a file`, async ({ file, home, run }) => {
  mkdirSync(path.join(home, ".qwen"));
  const settings = { general: { enableAutoUpdate: false }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } };
  writeFileSync(path.join(home, ".qwen/settings.json"), JSON.stringify(settings));
  const task = `Use ${call("read_file", { file_path: file })} and ${call("read_file", { file_path: `${file}x` })} then ${call("edit", change(file))}`;
  const printed = await run({
    command: [process.execPath, program("@qwen-code/qwen-code/cli-entry.js")],
    args: ["--prompt", task, "--approval-mode", "auto-edit", "--auth-type", "openai"],
    env: parseEnv(recipeHere("Qwen Code")),
  });
  assert.equal(readFileSync(file, "utf8"), NEW);
  assert.match(printed, /^The tools say: .*hello.*; File not found.*; .*updated.*$/s);
});

const OPENCODE = `opencode ${version("opencode-ai")}`;
for (const [dialect, npm] of [["OpenAI"], ["Anthropic", "@ai-sdk/anthropic"]]) {
  agentTest(`${OPENCODE}: edits a file, ${dialect}`, async ({ file, folder, run }) => {
    const settings = JSON.parse(recipeHere("opencode"));
    if (npm) settings.provider.degpt.npm = npm;
    writeFileSync(path.join(folder, "opencode.json"), JSON.stringify(settings));
    const edit = { filePath: file, oldString: 'return "hello"', newString: 'return "goodbye"' };
    const printed = await run({
      // What its package's own script would link, for this machine.
      command: [program(`opencode-${process.platform}-${process.arch}/bin/opencode`)],
      args: ["run"],
      // An argument with a space in it would be quoted, and so be no request to use a tool.
      input: `Use ${call("read", { filePath: file })} then ${call("edit", edit)}`,
      env: { OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1" },
    });
    assert.equal(readFileSync(file, "utf8"), NEW);
    assert.match(printed, /^The tools say: .*hello.*; Edit applied successfully/ms);
    const paths = [...new Set(stack.observer.answers.map(({ path }) => path))];
    assert.deepEqual(paths, [npm ? "/api/v1/messages" : "/api/v1/chat/completions"]);
  });
}

const CLINE = `Cline ${version("cline")}`;
agentTest(`${CLINE}: edits a file`, async ({ file, run }) => {
  const [first, ...auth] = recipeHere("Cline", 0).trim().split(" ");
  assert.equal(first, "cline");
  // Else it leaves a process of its own behind.
  const env = { CLINE_SESSION_BACKEND_MODE: "local", CLINE_TELEMETRY_DISABLED: "1", CLINE_NO_AUTO_UPDATE: "1" };
  const cline = (...args) => run({ command: [process.execPath, program("cline/bin/cline")], args, env });
  await cline(...auth);
  const edit = { path: file, old_text: 'return "hello"', new_text: 'return "goodbye"' };
  const printed = await cline(`Use ${call("read_files", { files: [{ path: file }] })} then ${call("editor", edit)}`);
  assert.equal(readFileSync(file, "utf8"), NEW);
  assert.match(printed, /^The tools say: .*hello.*; /ms);
});

const CONTINUE = `Continue ${version("@continuedev/cli")}`;
for (const [name, edit] of [["DeepSeek", "Edit"], ["Claude", "MultiEdit"]]) {
  agentTest(`${CONTINUE}: edits a file with its model ${name}`, async ({ file, home, run }) => {
    // It takes the first model of the list.
    const [head, ...models] = recipeHere("Continue").split(/^(?=  - )/m);
    const chosen = models.find((model) => model.includes(`name: ${name}\n`));
    const config = path.join(home, "config.yaml");
    writeFileSync(config, [head, chosen, ...models.filter((model) => model !== chosen)].join(""));
    const { file_path, ...one } = change(file);
    const changed = edit === "Edit" ? change(file) : { file_path, edits: [one] };
    const printed = await run({
      command: [process.execPath, program("@continuedev/cli/dist/cn.js")],
      args: ["--print", "--config", config, "--auto", `Use ${call("Read", { filepath: file })} then ${call(edit, changed)}`],
      env: { CONTINUE_TELEMETRY_ENABLED: "0", CONTINUE_CLI_AUTO_UPDATED: "1" },
    });
    assert.equal(readFileSync(file, "utf8"), NEW);
    assert.match(printed, /^The tools say: .*hello.*; Successfully edited/ms);
  });
}

const python = pythonOf("agents");
const [aider] = linesOf(path.join(HERE, "requirements.txt"));
agentTest(`${aider.replace("==", " ")}: edits a file`, { skip: !python && !process.env.CI && NO_PYTHON }, async ({ file, home, folder, run }) => {
  assert.ok(python, NO_PYTHON);
  // Else it would fetch a list of what models cost.
  mkdirSync(path.join(home, ".aider/caches"), { recursive: true });
  writeFileSync(path.join(home, ".aider/caches/model_prices_and_context_window.json"), '{"nobody": {}}');
  // It knows no tools: the model answers with the whole file, in a code fence.
  stack.upstream.queue({ text: `I change the greeting.\n\ngreet.py\n\`\`\`python\n${NEW}\`\`\`\n` });
  const quiet = ["check-update", "analytics", "show-model-warnings", "show-release-notes", "detect-urls", "auto-lint", "git", "pretty"];
  const printed = await run({
    command: [python, "-m", "aider"],
    args: [...quiet.map((name) => `--no-${name}`), "--yes-always", "--message", "Say goodbye.", path.relative(folder, file)],
    env: { ...parseEnv(recipeHere("aider")), LITELLM_LOCAL_MODEL_COST_MAP: "True" },
  });
  assert.equal(readFileSync(file, "utf8"), NEW);
  assert.match(printed, /Applied edit to greet\.py/);
});

/** A test in a folder with a file to edit; no request of the agent's may be refused. */
function agentTest(name, ...rest) {
  const body = rest.pop();
  test(name, { timeout: TIME_LIMIT_MS, ...rest[0] }, async () => {
    // Outside of the project, whose folders an agent would look around in.
    const top = realpathSync(mkdtempSync(path.join(tmpdir(), "degpt-edge-agent-")));
    try {
      const [folder, home] = ["work", "home"].map((name) => path.join(top, name));
      mkdirSync(folder);
      mkdirSync(home);
      const file = path.join(folder, "greet.py");
      writeFileSync(file, OLD);
      await body({ file, folder, home, run: (agent) => run(agent, folder, home) });
      const { answers } = stack.observer;
      assert.ok(answers.length > 0, "it asked the gateway");
      assert.deepEqual(answers.filter(({ status }) => status !== 200), []);
      assert.ok(answers.filter(({ isStream }) => isStream).length > 0, "it streams");
    } finally {
      rmSync(top, { recursive: true, force: true });
    }
  });
}

/** What an agent prints; fails unless it ends well. */
async function run({ command: [program, ...first], args, input, env }, cwd, home) {
  const child = spawn(program, [...first, ...args], {
    cwd,
    // Nothing of this environment but what a program needs to run.
    env: { PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`, HOME: home, TMPDIR: home, LANG: "C.UTF-8", ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: TIME_LIMIT_MS - 10_000,
  });
  child.stdin?.end(input);
  const texts = [child.stdout, child.stderr].map(async (pipe) => (await pipe.setEncoding("utf8").toArray()).join(""));
  const [code, printed, errors] = await Promise.all([new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code))), ...texts]);
  assert.equal(code, 0, `${printed}\n${errors}`);
  return printed;
}
