import Anthropic from "@anthropic-ai/sdk";

// The client appends /v1/messages.
const client = new Anthropic({ baseURL: "http://localhost:7860/api", apiKey: "ANTHROPIC_API_KEY" });

const stream = client.messages.stream({
  model: "deepseek-chat",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Hello!" }],
});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage();
console.log();
