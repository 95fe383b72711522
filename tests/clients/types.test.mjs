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
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { record } from "./recording.mjs";
import { startStack } from "./support.mjs";
import { packageVersion } from "./versions.mjs";

const inHere = (file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * Beyond OpenAI's types: DeepSeek's field for reasoning, and what DeGPT's own list has. A response
 * has `null` where the API's answers have it, whatever their types say, and `output_text` is the
 * client's own; programs for access are none of a gateway's. A `name` at the end of arguments is only in the types of one major.
 */
const OPENAI_TYPES = `
type Format = OpenAI.Responses.ResponseFormatTextConfig;
type NullFormat = Format extends infer F ? (F extends { type: "json_schema" } ? Omit<F, "description"> & { description?: string | null } : F) : never;
type Listed = OpenAI.Model & {
  name: string; model: string; description: string; support: string; tip: string; thinking: boolean; tier: number;
  architecture: { input_modalities: string[]; output_modalities: string[] }; supported_parameters: string[]; live?: boolean;
};
type Items<I> = I extends { type: "custom_tool_call" } ? I & { status?: string } : I;
type Response = Omit<OpenAI.Responses.Response, "output_text" | "access_programs" | "output" | "user" | "usage" | "text"> & {
  user: string | null; usage: OpenAI.Responses.ResponseUsage | null;
  output: Items<OpenAI.Responses.ResponseOutputItem>[];
  store: boolean; presence_penalty: number; frequency_penalty: number; top_logprobs: number;
  text: Omit<OpenAI.Responses.ResponseTextConfig, "format"> & { format: NullFormat };
};
type Event = OpenAI.Responses.ResponseStreamEvent;
type EventOf<E> =
  E extends { response: unknown } ? Omit<E, "response"> & { response: Response }
  : E extends { item: unknown } ? Omit<E, "item"> & { item: Response["output"][number] }
  : E extends { type: "response.function_call_arguments.done" } ? Omit<E, "name">
  : E;
type Types = {
  response: Response;
  responseEvent: EventOf<Event>;
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

let errors;
before(async () => {
  const stack = await startStack();
  const recorded = await record(stack).finally(() => stack.close());
  const sources = CLIENTS.map((client) => {
    const constants = recorded.filter(({ dialect }) => dialect === client.namespace);
    assert.ok(constants.length > 50, `only ${constants.length} were recorded`);
    return source(client, constants);
  });
  errors = compile(sources);
});

for (const [index, { folder }] of CLIENTS.entries()) {
  test(`${folder} ${packageVersion(folder)}: its types fit every kind of answer`, () => {
    const own = errors.filter((error) => error.startsWith(`${index}.ts`));
    assert.equal(own.length, 0, `\n${own.slice(0, 10).join("\n")}`);
  });
}

test("the compiler had nothing else against what was recorded", () => {
  assert.deepEqual(errors.filter((error) => !/^\d\.ts/.test(error)), []);
});

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

/** What the compiler has against files with these texts; they are kept if there is anything. */
function compile(sources) {
  const folder = inHere(".typed");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  sources.forEach((text, index) => writeFileSync(`${folder}/${index}.ts`, text));
  const files = sources.map((_, index) => `${index}.ts`);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--module", "nodenext"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [inHere("node_modules/typescript/bin/tsc"), ...options, ...files], {
    cwd: folder,
    encoding: "utf8",
    timeout: 120_000,
    maxBuffer: 1 << 26,
  });
  if (status === 0) {
    rmSync(folder, { recursive: true });
    return [];
  }
  // An error's further lines are indented.
  const errors = (stdout + stderr).split(/\n(?! )/).filter(Boolean);
  return errors.length > 0 ? errors : [`tsc ended with ${status}`];
}
