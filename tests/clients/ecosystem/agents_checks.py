"""OpenAI's Agents SDK, which uses the Responses API by itself: loops of calls, a handoff, a schema."""

import asyncio
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

from common import ANSWER, CITIES, KEY, MODEL, TASK, THINKER, Checks, StandIn, Weather, arguments, raised  # noqa: E402

args = arguments()
import agents  # noqa: E402
import openai  # noqa: E402
from agents import Agent, ModelSettings, OpenAIProvider, RunConfig, Runner, WebSearchTool, function_tool  # noqa: E402
from pydantic import BaseModel  # noqa: E402

stand_in = StandIn(args.stand_in)
check = Checks()
NAME = f"openai-agents {agents.version.__version__}"


def weather():
    asked = Weather()

    @function_tool(name_override="weather")
    def tool(city: str) -> str:
        """Tells the weather."""
        return asked(city)

    return asked, tool


def run(agent, task, how, settings=None):
    """The result of a run, and the events of its stream."""

    async def all_of_it():
        client = openai.AsyncOpenAI(base_url=args.gateway + "/api/v1", api_key=KEY, max_retries=0, timeout=15)
        provider = OpenAIProvider(openai_client=client)
        config = RunConfig(model_provider=provider, tracing_disabled=True, model_settings=settings)
        if how == "whole":
            return await Runner.run(agent, task, run_config=config), []
        result = Runner.run_streamed(agent, task, run_config=config)
        return result, [event async for event in result.stream_events()]

    return asyncio.run(all_of_it())


for how in ("whole", "streamed"):

    @check(f"{NAME}: a loop over calls comes to the answer, {how}")
    def _(how=how):
        asked, tool = weather()
        agent = Agent(name="Helper", instructions="You are of help.", model=MODEL, tools=[tool])
        result, _ = run(agent, TASK, how)
        text = result.final_output
        assert re.match(r"The tools say: 18 °C; 25 °C; An error occurred while running the tool", text), text
        assert asked.asked == CITIES, asked.asked
        usage = result.context_wrapper.usage
        assert usage.requests == 3 and usage.total_tokens > 0, usage

    @check(f"{NAME}: a handoff reaches the other agent, {how}")
    def _(how=how):
        asked, tool = weather()
        other = Agent(name="Forecaster", handoff_description="Knows the weather", model=THINKER, tools=[tool])
        first = Agent(name="Desk", instructions="Hand over.", model=MODEL, handoffs=[other])
        result, _ = run(first, 'Use transfer_to_forecaster({}) then weather({"city":"Rome"})', how)
        assert result.last_agent.name == "Forecaster", result.last_agent
        assert asked.asked == ["Rome"] and result.final_output.endswith("25 °C."), result.final_output

    @check(f"{NAME}: WebSearchTool searches the web, {how}")
    def _(how=how):
        agent = Agent(name="Helper", instructions="You are of help.", model=MODEL, tools=[WebSearchTool()])
        result, _ = run(agent, "Search the web for the tallest tower", how)
        assert "https://site-1.example/" in result.final_output, result.final_output
        assert any(getattr(item.raw_item, "type", "") == "web_search_call" for item in result.new_items), result.new_items

    @check(f"{NAME}: an output_type gives the object of a schema, {how}")
    def _(how=how):
        class Place(BaseModel):
            city: str

        stand_in.queue(reasoning="Hmm.", text='Sure:\n```json\n{"city": "Paris"}\n```')
        result, _ = run(Agent(name="Helper", model=THINKER, output_type=Place), "Hi", how, ModelSettings(store=False))
        assert result.final_output == Place(city="Paris"), result.final_output


@check(f"{NAME}: a stream gives reasoning and text as they come")
def _():
    stand_in.queue(reasoning="Hmm.", text=ANSWER)
    result, events = run(Agent(name="Helper", model=THINKER), "Hi", "streamed")
    raw = [event.data for event in events if event.type == "raw_response_event"]
    texts = [event.delta for event in raw if event.type == "response.output_text.delta"]
    assert len(texts) > 1 and "".join(texts) == ANSWER == result.final_output, texts
    assert [item.type for item in result.new_items] == ["reasoning_item", "message_output_item"], result.new_items


@check(f"{NAME}: raises when DeGPT breaks off in the middle of its text")
def _():
    stand_in.queue(text=ANSWER, paceMs=5, breakAfter=8)
    error = raised(agents.ModelBehaviorError, lambda: run(Agent(name="Helper", model=MODEL), "Hi", "streamed"))
    assert "DeGPT's answer broke off" in str(error), error


check.run(stand_in)
