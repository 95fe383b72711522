from openai import OpenAI

client = OpenAI(base_url="http://localhost:7860/api/v1", api_key="YOUR_API_KEY")

stream = client.chat.completions.create(
    model="deepseek-chat",
    messages=[{"role": "user", "content": "Hello!"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
