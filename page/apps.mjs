/**
 * The settings of each app for a gateway at `origin`, with the key `key`. `rows` are fields of a form,
 * `code` stands in a file, a shell or a program; `where` says where either goes, in each language.
 */
export function appsFor(origin, key) {
  const openai = `${origin}/api/v1`;
  const api = `${origin}/api`;
  const bearer = `-H 'Authorization: Bearer ${key}'`;
  const fields = (base, more = []) => [["API Key", key], ...base, ...more];
  return [
    {
      name: "Claude Code",
      where: { en: "In its environment, or under env in its settings", zh: "环境变量，或其设置文件的 env 中" },
      code: `ANTHROPIC_BASE_URL=${api}
ANTHROPIC_AUTH_TOKEN=${key}
ANTHROPIC_MODEL=claude-sonnet-4-5-20250929
ANTHROPIC_DEFAULT_OPUS_MODEL=claude-opus-4-20250514
ANTHROPIC_DEFAULT_SONNET_MODEL=claude-sonnet-4-5-20250929
ANTHROPIC_SMALL_FAST_MODEL=gpt-5-mini
ANTHROPIC_DEFAULT_HAIKU_MODEL=gpt-5-mini
CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1`,
    },
    {
      name: "Codex",
      where: { en: "~/.codex/config.toml, with the key in the environment as DEGPT_EDGE_KEY", zh: "~/.codex/config.toml，密钥放在环境变量 DEGPT_EDGE_KEY 中" },
      code: `model = "deepseek-chat"
model_provider = "degpt"
# Codex does not know this model: it summarizes a conversation before it has this many tokens.
model_context_window = 64000

[model_providers.degpt]
name = "DeGPT"
base_url = "${openai}"
env_key = "DEGPT_EDGE_KEY"
wire_api = "responses"`,
    },
    {
      name: "Cherry Studio",
      where: { en: "Settings → Model Provider → Add, provider type OpenAI", zh: "设置 → 模型服务 → 添加，类型选 OpenAI" },
      rows: fields([["API Host", api]]),
    },
    {
      name: "NextChat",
      where: { en: "Settings → Custom Endpoint, provider OpenAI", zh: "设置 → 自定义接口，服务商选 OpenAI" },
      rows: [["OpenAI Endpoint", api], ["OpenAI API Key", key], ["Custom Models", "deepseek-chat"]],
    },
    {
      name: "Chatbox",
      where: { en: "Settings → Model Provider → Add, OpenAI API compatible", zh: "设置 → 模型提供方 → 添加，OpenAI API 兼容" },
      rows: fields([["API Host", api], ["API Path", "/v1/chat/completions"]], [["Model", "deepseek-chat"]]),
    },
    {
      name: "LobeChat",
      where: { en: "Settings → AI Service Provider → OpenAI", zh: "设置 → AI 服务商 → OpenAI" },
      rows: fields([["API Proxy URL", openai]], [["Model", "deepseek-chat"]]),
    },
    {
      name: "Open WebUI",
      where: { en: "In its environment, or Admin Panel → Settings → Connections → OpenAI API", zh: "环境变量，或管理员面板 → 设置 → 外部连接 → OpenAI API" },
      code: `ENABLE_OLLAMA_API=false
OPENAI_API_BASE_URL=${openai}
OPENAI_API_KEY=${key}`,
    },
    {
      name: "Cline",
      where: { en: "Settings → API Provider: OpenAI Compatible", zh: "设置 → API Provider 选 OpenAI Compatible" },
      rows: [["Base URL", openai], ["API Key", key], ["Model ID", "deepseek-chat"]],
    },
    {
      name: "Continue",
      where: { en: "~/.continue/config.yaml", zh: "~/.continue/config.yaml" },
      code: `name: DeGPT
version: 1.0.0
schema: v1
models:
  - name: DeepSeek
    provider: openai
    model: deepseek-chat
    apiBase: ${openai}
    apiKey: ${key}`,
    },
    {
      name: "opencode",
      where: { en: "opencode.json", zh: "opencode.json" },
      code: json({
        $schema: "https://opencode.ai/config.json",
        provider: {
          degpt: {
            npm: "@ai-sdk/openai-compatible",
            name: "DeGPT",
            options: { baseURL: openai, apiKey: key },
            models: { "deepseek-chat": { name: "DeepSeek" } },
          },
        },
      }),
    },
    {
      name: "Zed",
      where: { en: "settings.json, with the key under Agent → LLM Providers", zh: "settings.json，密钥填在 Agent → LLM Providers" },
      code: json({
        language_models: {
          openai_compatible: {
            DeGPT: { api_url: openai, available_models: [{ name: "deepseek-chat", max_tokens: 64000 }] },
          },
        },
      }),
    },
    {
      name: "aider",
      where: { en: "In a shell", zh: "命令行" },
      code: `export OPENAI_API_BASE=${openai}
export OPENAI_API_KEY=${key}
aider --model openai/deepseek-chat`,
    },
    {
      name: "OpenAI · Python",
      where: { en: "pip install openai", zh: "pip install openai" },
      code: `from openai import OpenAI

client = OpenAI(base_url="${openai}", api_key="${key}")

stream = client.chat.completions.create(
    model="deepseek-chat",
    messages=[{"role": "user", "content": "Hello!"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()`,
    },
    {
      name: "OpenAI · JavaScript",
      where: { en: "npm install openai", zh: "npm install openai" },
      code: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${openai}", apiKey: "${key}" });

const stream = await client.chat.completions.create({
  model: "deepseek-chat",
  messages: [{ role: "user", content: "Hello!" }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
console.log();`,
    },
    {
      name: "Anthropic · Python",
      where: { en: "pip install anthropic", zh: "pip install anthropic" },
      code: `from anthropic import Anthropic

# The client appends /v1/messages.
client = Anthropic(base_url="${api}", api_key="${key}")

with client.messages.stream(
    model="deepseek-chat",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello!"}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()`,
    },
    {
      name: "Anthropic · JavaScript",
      where: { en: "npm install @anthropic-ai/sdk", zh: "npm install @anthropic-ai/sdk" },
      code: `import Anthropic from "@anthropic-ai/sdk";

// The client appends /v1/messages.
const client = new Anthropic({ baseURL: "${api}", apiKey: "${key}" });

const stream = client.messages.stream({
  model: "deepseek-chat",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Hello!" }],
});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage();
console.log();`,
    },
    {
      name: "curl",
      where: { en: "In a shell: OpenAI's way", zh: "命令行，OpenAI 接口" },
      code: `curl ${openai}/chat/completions \\
  ${bearer} \\
  -H 'Content-Type: application/json' \\
  -d '{
    "model": "auto",
    "messages": [{"role": "user", "content": "Hello!"}],
    "stream": true
  }'`,
    },
  ];
}

const json = (value) => JSON.stringify(value, null, 2);
