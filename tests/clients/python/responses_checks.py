"""OpenAI's Python client on the Responses API; part of openai_checks.py."""

import json
import re

from common import ANSWER, CITIES, FAULTS, MODEL, OUTCOME, QUESTION, TASK, THINKER, Weather, raised


def add_checks(check, stand_in, connect, openai):
    from pydantic import BaseModel

    request = {"model": MODEL, "input": QUESTION}

    class weather(BaseModel):
        city: str

    def streamed(**request):
        with connect().responses.stream(**request) as stream:
            return stream.get_final_response()

    @check("Responses: create() gives the text, the counts and the request's id")
    def _():
        stand_in.queue(text=ANSWER)
        response = connect().responses.create(**request, instructions="Be brief.", store=False)
        assert (response.output_text, response.status, response.store) == (ANSWER, "completed", False), response
        counts = response.usage
        assert counts.input_tokens > 0 and counts.total_tokens == counts.input_tokens + counts.output_tokens, counts
        assert response._request_id and len(response._request_id) >= 8

    @check("Responses: stream() gives reasoning and text as they come, and the final response")
    def _():
        stand_in.queue(text=ANSWER, reasoning="Hmm.")
        with connect().responses.stream(**{**request, "model": THINKER}) as stream:
            events = list(stream)
            response = stream.get_final_response()
        texts = [event.delta for event in events if event.type == "response.output_text.delta"]
        assert len(texts) > 1 and "".join(texts) == ANSWER == response.output_text, texts
        thoughts = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
        assert "".join(thoughts) == "Hmm.", thoughts
        assert [item.type for item in response.output] == ["reasoning", "message"], response.output

    for how, ask in {
        "streamed": streamed,
        "whole": lambda **request: connect().responses.create(**request),
        "parsed": lambda **request: connect().responses.parse(**request),
    }.items():

        @check(f"Responses: a loop over calls comes to the answer, {how}")
        def _(how=how, ask=ask):
            tool = Weather()
            schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
            tools = [{"type": "function", "name": "weather", "description": "d", "parameters": schema, "strict": True}]
            turns = [{"role": "user", "content": TASK}]
            for _ in range(6):
                response = ask(model=MODEL, input=turns, tools=tools, store=False)
                turns += response.output
                calls = [item for item in response.output if item.type == "function_call"]
                if not calls:
                    break
                for call in calls:
                    city = weather.model_validate_json(call.arguments).city
                    try:
                        output = tool(city)
                    except ValueError as error:
                        output = f"error: {error}"
                    turns.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
            assert re.fullmatch(OUTCOME, response.output_text), response
            assert tool.asked == CITIES, tool.asked

    @check("Responses: a custom tool's call has its text")
    def _():
        text = "*** Begin Patch\n+\"hi\"\n*** End Patch\n"
        calls = {"name": "apply_patch", "arguments": {"input": text}}
        for ask in (streamed, connect().responses.create):
            stand_in.queue(text=f"<tool_call>\n{json.dumps(calls)}\n</tool_call>")
            [call] = ask(**request, tools=[{"type": "custom", "name": "apply_patch"}]).output
            assert (call.type, call.name, call.input) == ("custom_tool_call", "apply_patch", text), call

    @check("Responses: parse() and stream() give the object of a schema")
    def _():
        for ask in (connect().responses.parse, streamed):
            stand_in.queue(text='Sure:\n```json\n{"city": "Paris"}\n```')
            assert ask(**request, text_format=weather).output_parsed == weather(city="Paris")

    @check("Responses: a conversation that is not kept is a BadRequestError")
    def _():
        error = raised(openai.BadRequestError, lambda: connect().responses.create(**request, previous_response_id="resp_1"))
        assert error.code == "previous_response_not_found", error.code

    for how, fault in FAULTS.items():

        @check(f"Responses: fails when DeGPT {how} in the middle of its text")
        def _(fault=fault):
            stand_in.queue(text=ANSWER, paceMs=5, **fault)
            last = list(connect().responses.create(**request, stream=True))[-1]
            assert (last.type, last.response.status) == ("response.failed", "failed"), last
            assert last.response.error.code == "server_error", last.response.error
