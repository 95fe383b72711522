"""Has one peer read the rows of the table: a row a line of JSON on stdin, on stdout what each of its
parsers made of it: `{"id", "readings": {parser: {"text", "calls"}}}`. A parser that raises an error, or
whose arguments are no JSON, has no reading. Afterwards a line `{"parsers", "failed", "version"}`.

    read.py sglang | vllm | langchain | litellm

Each parser gets the whole answer at once and the row's tools, as the peer's server hands them over.
"""

import importlib.metadata
import json
import logging
import sys
import warnings

import stubs

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def call(name, arguments):
    return {"name": name, "arguments": json.loads(arguments) if isinstance(arguments, str) else arguments}


def sglang():
    module, _ = stubs.load(
        "sglang.srt.function_call.function_call_parser",
        ["xgrammar", "sglang.srt.utils", "sglang.srt.configs"],
    )
    from sglang.srt.entrypoints.openai.protocol import Function, Tool

    def parser(name):
        def read(row):
            tools = [Tool(type="function", function=Function(**tool)) for tool in row["tools"]]
            parser = module.FunctionCallParser(tools, name)
            if not parser.has_tool_call(row["text"]):
                return row["text"], []
            text, calls = parser.parse_non_stream(row["text"])
            return text, [call(found.name, found.parameters) for found in calls]

        return read

    # It needs a template of the model's.
    names = [name for name in module.FunctionCallParser.ToolCallParserEnum if name != "response_template"]
    return {name: parser(name) for name in names}, {}


VLLM_STUBS = (
    "xgrammar prometheus_client vllm.config vllm.distributed vllm.env_override vllm.inputs vllm.lora "
    "vllm.model_executor vllm.multimodal vllm.outputs vllm.platforms vllm.plugins vllm.pooling_params "
    "vllm.transformers_utils vllm.utils.torch_utils vllm.v1"
)


class Vocabulary(dict):
    """Every string is a token, so that each parser finds its marks."""

    def __contains__(self, key):
        return True

    def __missing__(self, key):
        self[key] = 0x110000 + len(self)
        return self[key]

    def get(self, key, default=None):
        return self[key]


class Tokenizer:
    """Characters are tokens."""

    vocabulary = Vocabulary()
    all_special_tokens = all_special_ids = ()

    def get_vocab(self):
        return self.vocabulary

    def encode(self, text, **_):
        return [ord(character) for character in text]

    def decode(self, ids, **_):
        return "".join(chr(number) for number in ids if number < 0x110000)

    def tokenize(self, text):
        return list(text)

    def convert_tokens_to_ids(self, token):
        return self.vocabulary[token]


def vllm():
    module, _ = stubs.load("vllm.tool_parsers", VLLM_STUBS.split())
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest, ChatCompletionToolsParam

    def parser(name):
        cls = module.ToolParserManager.get_tool_parser(name)

        def read(row):
            tools = [ChatCompletionToolsParam(type="function", function=tool) for tool in row["tools"]]
            request = ChatCompletionRequest(
                messages=[{"role": "user", "content": "Hi"}], model="m", tools=tools, tool_choice="auto"
            )
            found = cls(Tokenizer(), tools).extract_tool_calls(row["text"], request)
            calls = [call(one.function.name, one.function.arguments) for one in found.tool_calls]
            return found.content or "", calls

        return read

    parsers, failed = {}, {}
    for name in sorted(module._TOOL_PARSERS_TO_REGISTER):
        try:
            parsers[name] = parser(name)
        except Exception as error:
            failed[name] = repr(error)[:200]
    return parsers, failed


def langchain():
    from langchain_classic.agents.output_parsers import (
        JSONAgentOutputParser,
        ReActJsonSingleInputOutputParser,
        XMLAgentOutputParser,
    )
    from langchain_core.agents import AgentAction
    from langchain_core.output_parsers import JsonOutputParser

    def as_json(row):
        found = JsonOutputParser().parse(row["text"])
        found = found if isinstance(found, list) else [found]
        calls = [call(one["name"], one.get("arguments", one.get("parameters"))) for one in found]
        return "", calls

    def agent(cls):
        def read(row):
            found = cls().parse(row["text"])
            if not isinstance(found, AgentAction):
                return row["text"], []
            return "", [call(found.tool, found.tool_input)]

        return read

    agents = [JSONAgentOutputParser, ReActJsonSingleInputOutputParser, XMLAgentOutputParser]
    return {"JsonOutputParser": as_json, **{cls.__name__: agent(cls) for cls in agents}}, {}


def litellm():
    import httpx
    from litellm import ModelResponse
    from litellm.llms.ollama.completion.transformation import OllamaConfig

    class Log:
        def __getattr__(self, name):
            return lambda *_, **__: None

    def read(row):
        """Its way with models that take no tools: they are in the prompt, and the answer is JSON."""
        answer = httpx.Response(200, json={"response": row["text"], "done": True, "prompt_eval_count": 1, "eval_count": 1})
        response = OllamaConfig().transform_response(
            model="m",
            raw_response=answer,
            model_response=ModelResponse(),
            logging_obj=Log(),
            request_data={"format": "json", "prompt": "Hi"},
            messages=[],
            optional_params={},
            litellm_params={},
            encoding=None,
        )
        message = response.choices[0].message
        calls = [call(one.function.name, one.function.arguments) for one in message.tool_calls or []]
        return message.content or "", calls

    return {"functions in the prompt": read}, {}


PACKAGES = {"langchain": "langchain-core"}


def main():
    peer = sys.argv[1]
    out = sys.stdout
    # What the packages print is not of the rows.
    sys.stdout = sys.stderr
    parsers, failed = {"sglang": sglang, "vllm": vllm, "langchain": langchain, "litellm": litellm}[peer]()
    # Those of a model whose answers it takes as tokens alone, and not as text.
    takes_text = set()
    for line in sys.stdin:
        row = json.loads(line)
        row["text"] = row["text"].replace("{{user}}", row.get("user") or "")
        readings = {}
        for name, read in parsers.items():
            try:
                text, calls = read(row)
                readings[name] = {"text": text, "calls": calls}
                takes_text.add(name)
            except NotImplementedError:
                readings[name] = {"error": "NotImplementedError"}
            except Exception as error:
                takes_text.add(name)
                readings[name] = {"error": type(error).__name__}
        out.write(json.dumps({"id": row["id"], "readings": readings}) + "\n")
    failed.update({name: "takes no text" for name in parsers if name not in takes_text})
    version = importlib.metadata.version(PACKAGES.get(peer, peer))
    out.write(json.dumps({"parsers": sorted(takes_text), "failed": failed, "version": version}) + "\n")


main()
