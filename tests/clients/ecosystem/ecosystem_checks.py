"""Programs of others that talk to OpenAI and Anthropic: plain and streamed calls, and agents."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

from common import (  # noqa: E402
    ANSWER,
    CITIES,
    KEY,
    MODEL,
    OUTCOME,
    QUESTION,
    TASK,
    Checks,
    StandIn,
    Weather,
    arguments,
)

args = arguments()
import litellm  # noqa: E402
from langchain.agents import create_agent  # noqa: E402
from langchain_anthropic import ChatAnthropic  # noqa: E402
from langchain_openai import ChatOpenAI  # noqa: E402

stand_in = StandIn(args.stand_in)
check = Checks()
messages = [{"role": "user", "content": QUESTION}]


def or_error(function, city):
    try:
        return function(city)
    except ValueError as error:
        return f"error: {error}"


def joined(chunks):
    return litellm.stream_chunk_builder(list(chunks))


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


    for how in ("whole", "streamed"):

        @check(f"litellm, {dialect}: a loop over calls comes to the answer, {how}")
        def _(call=call, how=how):
            tool = Weather()
            schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
            tools = [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": schema}}]
            turns = [{"role": "user", "content": TASK}]
            for _ in range(6):
                answer = litellm.completion(**{**call, "messages": turns}, tools=tools, stream=how == "streamed")
                choice = (joined(answer) if how == "streamed" else answer).choices[0]
                turns.append(choice.message)
                if choice.finish_reason != "tool_calls":
                    break
                for made in choice.message.tool_calls:
                    content = or_error(tool, **json.loads(made.function.arguments))
                    turns.append({"role": "tool", "tool_call_id": made.id, "content": content})
            assert choice.finish_reason == "stop", choice
            assert re.fullmatch(OUTCOME, choice.message.content), choice
            assert tool.asked == CITIES, tool.asked


openai = {"base_url": args.gateway + "/api/v1", "api_key": KEY, "model": MODEL, "max_retries": 0}
for name, chat in (
    ("langchain-openai", lambda: ChatOpenAI(**openai)),
    ("langchain-openai, Responses", lambda: ChatOpenAI(**openai, use_responses_api=True)),
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

    for how in ("whole", "streamed"):

        @check(f"{name}: an agent of create_agent() comes to the answer, {how}")
        def _(chat=chat, how=how):
            tool = Weather()

            def weather(city: str) -> str:
                """Tells the weather."""
                return or_error(tool, city)

            agent = create_agent(chat(), tools=[weather], system_prompt="You are of help.")
            turns = {"messages": [{"role": "user", "content": TASK}]}
            if how == "whole":
                answers = agent.invoke(turns)["messages"]
                assert [message.type for message in answers] == ["human", "ai", "tool", "tool", "ai", "tool", "ai"], answers
                text = answers[-1].text
            else:
                pieces = [piece for piece, _ in agent.stream(turns, stream_mode="messages") if piece.type == "AIMessageChunk"]
                assert len(pieces) > 3, pieces
                text = "".join(piece.text for piece in pieces if piece.id == pieces[-1].id)
            assert re.fullmatch(OUTCOME, text), text
            assert sorted(tool.asked) == sorted(CITIES) and tool.asked[-1] == CITIES[-1], tool.asked


check.run(stand_in)
