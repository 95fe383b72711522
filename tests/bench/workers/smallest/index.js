/** The smallest JavaScript that does the gateway's work for OpenAI's clients, if nothing goes wrong. */
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export default {
  async fetch(request, env) {
    const { model, messages, stream } = await request.json();
    const body = { model, messages, project: "DecentralGPT", stream: true, enable_thinking: false };
    const answer = await fetch(env.DEGPT_ORIGINS, { method: "POST", body: JSON.stringify(body) });
    const id = `chatcmpl-${crypto.randomUUID()}`;
    const created = Math.floor(Date.now() / 1000);
    return stream ? streamed(answer, { id, created, model }) : whole(answer, { id, created, model });
  },
};

function streamed(answer, { id, created, model }) {
  let rest = "";
  const rewrite = new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = lines.pop();
      let out = "";
      for (const line of lines) out += rewritten(line.slice("data: ".length));
      if (out) controller.enqueue(encoder.encode(out));
    },
  });
  function rewritten(data) {
    if (data === "[DONE]") return "data: [DONE]\n\n";
    const [{ delta, finish_reason }] = JSON.parse(data).choices;
    const chunk = { id, object: "chat.completion.chunk", created, model, choices: [{ index: 0, delta, logprobs: null, finish_reason }] };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
  return new Response(answer.body.pipeThrough(rewrite), { headers: { "content-type": "text/event-stream" } });
}

async function whole(answer, { id, created, model }) {
  let content = "";
  for (const line of (await answer.text()).split("\n\n")) {
    const data = line.slice("data: ".length);
    if (data && data !== "[DONE]") content += JSON.parse(data).choices[0].delta.content ?? "";
  }
  const message = { role: "assistant", content };
  return Response.json({ id, object: "chat.completion", created, model, choices: [{ index: 0, message, finish_reason: "stop" }] });
}
