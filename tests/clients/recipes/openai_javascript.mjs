import OpenAI from "openai";

const client = new OpenAI({ baseURL: "http://localhost:7860/api/v1", apiKey: "YOUR_API_KEY" });

const stream = await client.chat.completions.create({
  model: "deepseek-chat",
  messages: [{ role: "user", content: "Hello!" }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
console.log();
