from anthropic import Anthropic

# The client appends /v1/messages.
client = Anthropic(base_url="http://localhost:7860/api", api_key="ANTHROPIC_API_KEY")

with client.messages.stream(
    model="deepseek-chat",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello!"}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
