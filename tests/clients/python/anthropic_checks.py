"""Anthropic's own Python client against the gateway."""

import logging
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
    THINKER,
    Checks,
    Counter,
    StandIn,
    Weather,
    arguments,
    raised,
)

args = arguments()
import anthropic  # noqa: E402

assert anthropic.__version__ == args.version, anthropic.__version__
http = __import__("httpx2" if int(args.version.split(".")[0]) >= 2 else "httpx")

# Its tool runner logs what a tool raises.
logging.getLogger("anthropic").addHandler(logging.NullHandler())

stand_in = StandIn(args.stand_in)
check = Checks()
messages = [{"role": "user", "content": QUESTION}]
request = {"model": MODEL, "max_tokens": 1000, "messages": messages}


def connect(**options):
    options = {"api_key": KEY, "max_retries": 0, "timeout": 15, **options}
    return anthropic.Anthropic(base_url=args.gateway + "/api", **options)


@check("D2: models.list() gives Anthropic's pages, and they end")
def _():
    client = connect()
    ids = []
    for model in client.models.list(limit=7):
        assert len(ids) < 200, "it goes on without end"
        assert (model.type, bool(model.display_name)) == ("model", True), model
        assert model.created_at.year > 2000, model
        ids.append(model.id)
    assert len(set(ids)) == len(ids) and MODEL in ids, ids
    assert [model.id for model in client.beta.models.list()] == ids
    assert client.models.retrieve(MODEL).id == MODEL


@check("D10: stream() of text and then a tool call gives both, in order")
def _():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"name": "weather", "input_schema": schema}]
    call = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris 😀"}}\n</tool_call>'
    stand_in.queue(text="Let me see.\n\n" + call)
    indexes = []
    with connect().messages.stream(**request, tools=tools) as stream:
        for event in stream:
            if event.type == "content_block_start":
                indexes.append((event.index, event.content_block.type))
        message = stream.get_final_message()
    assert indexes == [(0, "text"), (1, "tool_use")], indexes
    text, call = message.content
    assert (text.text, call.name, call.input) == ("Let me see.", "weather", {"city": "Paris 😀"}), message
    assert message.stop_reason == "tool_use", message


for how in ("streamed", "whole"):

    @check(f"D10: tool_runner() comes to the answer, {how}")
    def _(how=how):
        tool = Weather()

        @anthropic.beta_tool
        def weather(city: str) -> str:
            """Tells the weather.

            Args:
                city: where
            """
            return tool(city)

        turns = [{"role": "user", "content": TASK}]
        options = {"max_tokens": 1000, "tools": [weather], "messages": turns, "stream": how == "streamed"}
        runner = connect().beta.messages.tool_runner(model=MODEL, **options)
        answers = [item if how == "whole" else item.get_final_message() for item in runner]
        reasons = [answer.stop_reason for answer in answers]
        assert reasons == ["tool_use", "tool_use", "end_turn"], reasons
        assert re.fullmatch(OUTCOME, answers[-1].content[-1].text), answers[-1]
        assert tool.asked == CITIES, tool.asked


@check("D4: create() gives the text, the end, the counts and the request's id")
def _():
    stand_in.queue(text=ANSWER)
    message = connect().messages.create(**request)
    assert [(block.type, block.text) for block in message.content] == [("text", ANSWER)], message
    assert (message.role, message.stop_reason, message.model) == ("assistant", "end_turn", MODEL), message
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0
    assert message._request_id and len(message._request_id) >= 8


@check("D9: stream().get_final_message() is what create() gives")
def _():
    stand_in.queue(text=ANSWER, times=2)
    whole = connect().messages.create(**request)
    with connect().messages.stream(**request) as stream:
        texts = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(texts) > 1 and "".join(texts) == ANSWER, texts
    assert [block.text for block in final.content] == [ANSWER], final
    for name in ("role", "stop_reason", "model", "type"):
        assert getattr(final, name) == getattr(whole, name), name
    assert final.usage.input_tokens == whole.usage.input_tokens
    assert final.usage.output_tokens == whole.usage.output_tokens


@check("D9: thinking comes as a block of its own, before the text")
def _():
    stand_in.queue(text=ANSWER, reasoning="Hmm.")
    with connect().messages.stream(**{**request, "model": THINKER}) as stream:
        content = stream.get_final_message().content
    assert [block.type for block in content] == ["thinking", "text"], content
    assert (content[0].thinking, content[1].text) == ("Hmm.", ANSWER), content


@check("D9: the events are Anthropic's, in their order")
def _():
    stand_in.queue(text=ANSWER)
    types = [event.type for event in connect().messages.create(**request, stream=True)]
    types = [kind for kind in types if kind != "ping"]
    deltas = types.count("content_block_delta")
    assert deltas > 1
    opening, ending = ["message_start", "content_block_start"], ["content_block_stop", "message_delta", "message_stop"]
    assert types == opening + ["content_block_delta"] * deltas + ending, types


@check("D13: a rate limit is waited out as told, then a RateLimitError in Anthropic's shape")
def _():
    stand_in.queue(status=429, headers={"retry-after": "1"}, body="slow down", times="always")
    counter = Counter(http)
    client = connect(max_retries=1, http_client=counter.client)
    error = raised(anthropic.RateLimitError, lambda: client.messages.create(**request))
    first, second = counter.times
    assert second - first >= 0.99, second - first
    message = error.body["error"]["message"]
    request_id = error.response.headers["request-id"]
    expected = {"type": "error", "error": {"type": "rate_limit_error", "message": message}, "request_id": request_id}
    assert error.body == expected, error.body


@check("D14: a bad key is an AuthenticationError, asked once")
def _():
    counter = Counter(http)
    client = connect(api_key=BAD_KEY, max_retries=2, http_client=counter.client)
    error = raised(anthropic.AuthenticationError, lambda: client.messages.create(**request))
    assert error.body["error"]["type"] == "authentication_error", error.body
    assert len(counter.times) == 1


@check("D14: a bad key, and a body that is too large, are told while it is sent")
def _():
    ask = {**request, "messages": [{"role": "user", "content": "x" * (24 << 20)}]}
    for key, status in [(BAD_KEY, 401), (KEY, 413)]:
        client = connect(api_key=key, max_retries=0)
        error = raised(anthropic.APIStatusError, lambda: client.messages.create(**ask))
        assert error.status_code == status, error


@check("D15: an unknown model is a NotFoundError, asked once")
def _():
    counter = Counter(http)
    client = connect(max_retries=2, http_client=counter.client)
    ask = {**request, "model": NO_MODEL}
    error = raised(anthropic.NotFoundError, lambda: client.messages.create(**ask))
    assert error.body["error"]["type"] == "not_found_error", error.body
    assert len(counter.times) == 1


@check("D16: count_tokens() counts, without a word to DeGPT")
def _():
    client = connect()
    counted = client.messages.count_tokens(model=MODEL, messages=messages).input_tokens
    beta = client.beta.messages.count_tokens(model=MODEL, messages=messages, system="Be brief, please.")
    assert 0 < counted < beta.input_tokens
    assert stand_in.requests() == []


for how, fault in FAULTS.items():

    @check(f"D17: raises when DeGPT {how} in the middle of its text")
    def _(fault=fault):
        stand_in.queue(text=ANSWER, paceMs=5, times=2, **fault)
        seen = []

        def raw():
            for event in connect().messages.create(**request, stream=True):
                if event.type == "content_block_delta":
                    seen.append(event.delta.text)

        def helper():
            with connect().messages.stream(**request) as stream:
                return stream.get_final_message()

        raised(anthropic.APIError, raw)
        text = "".join(seen)
        assert text and ANSWER.startswith(text), text
        raised(anthropic.APIError, helper)


check.run(stand_in)
