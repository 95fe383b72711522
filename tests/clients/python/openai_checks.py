"""OpenAI's own Python client against the gateway."""

import re

from common import (
    ANSWER,
    BAD_KEY,
    CITIES,
    FAULTS,
    KEY,
    MODEL,
    NO_MODEL,
    OUTCOME,
    QUESTION,
    TASK,
    Checks,
    Counter,
    StandIn,
    Weather,
    arguments,
    raised,
)

args = arguments()
import openai  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from responses_checks import add_checks  # noqa: E402

assert openai.__version__ == args.version, openai.__version__
http = __import__("httpx2" if int(args.version.split(".")[0]) >= 3 else "httpx")

stand_in = StandIn(args.stand_in)
check = Checks()
request = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}
usage = {"stream_options": {"include_usage": True}}


def connect(**options):
    options = {"api_key": KEY, "max_retries": 0, "timeout": 15, **options}
    return openai.OpenAI(base_url=args.gateway + "/api/v1", **options)


@check("D1: models.list() gives every model, and models.retrieve() one")
def _():
    client = connect()
    ids = [model.id for model in client.models.list()]
    assert len(ids) > 10 and MODEL in ids, ids
    model = client.models.retrieve(ids[-1])
    assert (model.id, model.object) == (ids[-1], "model"), model


@check("D3: create() gives the text, the end, the counts and the request's id")
def _():
    stand_in.queue(text=ANSWER)
    completion = connect().chat.completions.create(**request)
    choice = completion.choices[0]
    assert (choice.message.role, choice.message.content) == ("assistant", ANSWER), choice
    assert choice.finish_reason == "stop"
    counts = completion.usage
    assert counts.prompt_tokens > 0 and counts.completion_tokens > 0
    assert counts.total_tokens == counts.prompt_tokens + counts.completion_tokens
    assert completion._request_id and len(completion._request_id) >= 8


@check("D8: stream() of a tool call gives its id, its name and its arguments")
def _():
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": parameters}}]
    call = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris 😀"}}\n</tool_call>'
    stand_in.queue(text="Let me see.\n\n" + call + "\n" + call)
    with connect().chat.completions.stream(**request, tools=tools) as stream:
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Let me see.", "tool_calls"), choice
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "weather"], calls
    assert [call.function.arguments for call in calls] == ['{"city": "Paris 😀"}'] * 2, calls
    ids = {call.id for call in calls}
    assert len(ids) == 2 and all(id.startswith("call_") and len(id) <= 40 for id in ids), ids


def streamed(client, **request):
    with client.chat.completions.stream(**request) as stream:
        return stream.get_final_completion()


for how, ask in {
    "streamed": streamed,
    "whole": lambda client, **request: client.chat.completions.create(**request),
    "parsed": lambda client, **request: client.chat.completions.parse(**request),
}.items():

    @check(f"D8: a loop over calls comes to the answer, {how}")
    def _(how=how, ask=ask):
        class weather(BaseModel):
            city: str

        tool = Weather()
        tools = [openai.pydantic_function_tool(weather)]
        turns = [{"role": "user", "content": TASK}]
        for _ in range(6):
            choice = ask(connect(), model=MODEL, messages=turns, tools=tools).choices[0]
            turns.append(choice.message)
            if choice.finish_reason != "tool_calls":
                break
            for call in choice.message.tool_calls:
                parsed = weather.model_validate_json(call.function.arguments)
                if how != "whole":
                    assert call.function.parsed_arguments == parsed, call
                try:
                    content = tool(parsed.city)
                except ValueError as error:
                    content = f"error: {error}"
                turns.append({"role": "tool", "tool_call_id": call.id, "content": content})
        assert (choice.finish_reason, choice.message.tool_calls) in (("stop", None), ("stop", [])), choice
        assert re.fullmatch(OUTCOME, choice.message.content), choice
        assert tool.asked == CITIES, tool.asked


@check("D5: stream() with include_usage gives the text and the counts")
def _():
    stand_in.queue(text=ANSWER)
    with connect().chat.completions.stream(**request, **usage) as stream:
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    assert (choice.message.content, choice.finish_reason) == (ANSWER, "stop"), choice
    assert completion.usage.total_tokens > 0


@check("D6: without include_usage no chunk is about usage")
def _():
    stand_in.queue(text=ANSWER)
    chunks = list(connect().chat.completions.create(**request, stream=True))
    assert all(len(chunk.choices) == 1 and chunk.usage is None for chunk in chunks), chunks
    assert sum(chunk.choices[0].finish_reason is not None for chunk in chunks) == 1
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER


@check("D7: the role of stream() is assistant, said once")
def _():
    stand_in.queue(text=ANSWER)
    with connect().chat.completions.stream(**request) as stream:
        texts = [event.delta for event in stream if event.type == "content.delta"]
        message = stream.get_final_completion().choices[0].message
    assert message.role == "assistant", message.role
    assert message.content == "".join(texts) == ANSWER, message.content


@check("D13: a rate limit is waited out as told, then a RateLimitError in OpenAI's shape")
def _():
    stand_in.queue(status=429, headers={"retry-after": "1"}, body="slow down", times="always")
    counter = Counter(http)
    client = connect(max_retries=1, http_client=counter.client)
    error = raised(openai.RateLimitError, lambda: client.chat.completions.create(**request))
    first, second = counter.times
    assert second - first >= 0.99, second - first
    assert sorted(error.body) == ["code", "message", "param", "type"], error.body
    assert (error.type, error.code, error.param) == ("rate_limit_exceeded", "rate_limit_exceeded", None)
    assert error.request_id


@check("D14: a bad key is an AuthenticationError, asked once")
def _():
    counter = Counter(http)
    client = connect(api_key=BAD_KEY, max_retries=2, http_client=counter.client)
    error = raised(openai.AuthenticationError, lambda: client.chat.completions.create(**request))
    assert error.code == "invalid_api_key", error.code
    assert len(counter.times) == 1


@check("D14: a bad key, and a body that is too large, are told while it is sent")
def _():
    ask = {**request, "messages": [{"role": "user", "content": "x" * (24 << 20)}]}
    for key, status in [(BAD_KEY, 401), (KEY, 413)]:
        client = connect(api_key=key, max_retries=0)
        error = raised(openai.APIStatusError, lambda: client.chat.completions.create(**ask))
        assert error.status_code == status, error


@check("D15: an unknown model is a NotFoundError, asked once")
def _():
    counter = Counter(http)
    client = connect(max_retries=2, http_client=counter.client)
    ask = {**request, "model": NO_MODEL}
    error = raised(openai.NotFoundError, lambda: client.chat.completions.create(**ask))
    assert error.code == "model_not_found", error.code
    assert len(counter.times) == 1


for how, fault in FAULTS.items():

    @check(f"D17: raises when DeGPT {how} in the middle of its text")
    def _(fault=fault):
        stand_in.queue(text=ANSWER, paceMs=5, times=2, **fault)
        seen = []

        def raw():
            for chunk in connect().chat.completions.create(**request, stream=True):
                seen.append(chunk.choices[0].delta.content or "")

        def helper():
            with connect().chat.completions.stream(**request) as stream:
                return stream.get_final_completion()

        raised(openai.APIError, raw)
        text = "".join(seen)
        assert text and ANSWER.startswith(text), text
        raised(openai.APIError, helper)


add_checks(check, stand_in, connect, openai)
check.run(stand_in)
