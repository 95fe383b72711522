"""Programs of others that talk to OpenAI and Anthropic: a plain and a streamed call each."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

from common import ANSWER, KEY, MODEL, QUESTION, Checks, StandIn, arguments  # noqa: E402

args = arguments()
import litellm  # noqa: E402
from langchain_anthropic import ChatAnthropic  # noqa: E402
from langchain_openai import ChatOpenAI  # noqa: E402

stand_in = StandIn(args.stand_in)
check = Checks()
messages = [{"role": "user", "content": QUESTION}]

for dialect, base in (("openai", "/api/v1"), ("anthropic", "/api")):
    call = {
        "model": f"{dialect}/{MODEL}",
        "messages": messages,
        "api_base": args.gateway + base,
        "api_key": KEY,
        "timeout": 20,
        "num_retries": 0,
    }

    @check(f"litellm, {dialect}: a plain call")
    def _(call=call):
        stand_in.queue(text=ANSWER)
        answer = litellm.completion(**call)
        choice = answer.choices[0]
        assert (choice.message.content, choice.finish_reason) == (ANSWER, "stop"), choice
        assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0, answer.usage

    @check(f"litellm, {dialect}: a streamed call")
    def _(call=call):
        stand_in.queue(text=ANSWER)
        chunks = list(litellm.completion(**call, stream=True))
        texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        assert len(texts) > 1 and "".join(texts) == ANSWER, texts
        assert chunks[-1].choices[0].finish_reason == "stop", chunks[-1]


for name, chat in (
    ("langchain-openai", lambda: ChatOpenAI(base_url=args.gateway + "/api/v1", api_key=KEY, model=MODEL, max_retries=0)),
    (
        "langchain-anthropic",
        lambda: ChatAnthropic(base_url=args.gateway + "/api", api_key=KEY, model=MODEL, max_tokens=1000, max_retries=0),
    ),
):

    @check(f"{name}: a plain call")
    def _(chat=chat):
        stand_in.queue(text=ANSWER)
        message = chat().invoke(QUESTION)
        assert message.text == ANSWER, message
        assert message.usage_metadata["total_tokens"] > 0, message.usage_metadata

    @check(f"{name}: a streamed call")
    def _(chat=chat):
        stand_in.queue(text=ANSWER)
        texts = [chunk.text for chunk in chat().stream(QUESTION)]
        assert len(texts) > 1 and "".join(texts) == ANSWER, texts


check.run(stand_in)
