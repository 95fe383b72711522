/**
 * The gateway's answers against the official clients' own types: what it answers is written into
 * TypeScript files as constants of these types, which the compiler then checks, for each of the
 * clients. A field that is missing, has another type or another name does not compile.
 *
 * OpenAI's OpenAPI document is not published as a package; the types are generated from it.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { record } from "./recording.mjs";
import { startStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const inHere = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Beyond OpenAI's types: DeepSeek's field for reasoning, and what DeGPT's own list has. */
const OPENAI_TYPES = `
type Listed = OpenAI.Model & {
  name: string; model: string; description: string; support: string; tip: string; thinking: boolean; tier: number;
};
type Types = {
  list: {
    object: "list"; data: Listed[];
    version: string; provider: string; name: string; default_locale: string; status: boolean; time: number;
  };
  model: Listed;
  completion: OpenAI.ChatCompletion & { choices: { message: { reasoning_content?: string } }[] };
  chunk: OpenAI.ChatCompletionChunk & { choices: { delta: { reasoning_content?: string } }[] };
  error: { error: OpenAI.ErrorObject };
};`;

/** A text block without citations has none in the API's answers, whatever its type says. */
const ANTHROPIC_TYPES = `
type Block = Omit<Anthropic.TextBlock, "citations"> | Anthropic.ThinkingBlock;
type Message = Omit<Anthropic.Message, "content"> & { content: Block[] };
type Events =
  | Exclude<Anthropic.RawMessageStreamEvent, { type: "message_start" | "content_block_start" }>
  | (Omit<Anthropic.RawMessageStartEvent, "message"> & { message: Message })
  | (Omit<Anthropic.RawContentBlockStartEvent, "content_block"> & { content_block: Block });
type Types = {
  page: { data: Anthropic.ModelInfo[]; has_more: boolean; first_id: string | null; last_id: string | null };
  info: Anthropic.ModelInfo;
  message: Message;
  event: Events | { type: "ping" };
  count: Anthropic.MessageTokensCount;
  failure: Anthropic.ErrorResponse;
};`;

/** What is checked by which client; the newest also that nothing is sent that it does not know. */
const CLIENTS = [
  { folder: "openai", namespace: "OpenAI", types: OPENAI_TYPES, newest: true },
  { folder: "openai-6", namespace: "OpenAI", types: OPENAI_TYPES },
  { folder: "@anthropic-ai/sdk", namespace: "Anthropic", types: ANTHROPIC_TYPES, newest: true },
  { folder: "@anthropic-ai/sdk-0.137", namespace: "Anthropic", types: ANTHROPIC_TYPES },
  { folder: "@anthropic-ai/sdk-0.52", namespace: "Anthropic", types: ANTHROPIC_TYPES },
];

let stack;
let recorded;
before(async () => {
  stack = await startStack();
  recorded = await record(stack);
});
after(() => stack?.close());

for (const [index, client] of CLIENTS.entries()) {
  const name = `${client.folder} ${packageVersion(client.folder)}`;
  test(`${name}: its types fit every kind of answer`, { timeout: 120_000 }, () => {
    const constants = recorded.filter(({ dialect }) => dialect === client.namespace);
    assert.ok(constants.length > 50, `only ${constants.length} were recorded`);
    const errors = compile(`${index}.ts`, source(client, constants));
    assert.equal(errors, "", `\n${errors}`);
  });
}

/** One constant for each answer, with a comment that says what was asked. */
function source({ folder, namespace, types, newest }, constants) {
  const lines = constants.map(({ kind, what, value }) => {
    const json = JSON.stringify(value);
    // Of a literal the compiler also says which of its fields are unknown; of an argument it does not.
    const checked = newest ? `${json} satisfies Types["${kind}"]` : `fits<Types["${kind}"]>()(${json})`;
    return `// ${what}\nvoid (${checked});`;
  });
  return `import type ${namespace} from "${folder}";
${types}
const fits = <T>() => <V extends T>(value: V) => value;
void fits;
${lines.join("\n")}
`;
}

/** What the compiler has against a file with this text. */
function compile(name, text) {
  const folder = inHere(".recorded");
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${name}`;
  writeFileSync(file, text);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [inHere("node_modules/typescript/bin/tsc"), ...options, file], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status === 0) rmSync(file);
  return status === 0 ? "" : (stdout + stderr).slice(0, 4000) || `tsc ended with ${status}`;
}
