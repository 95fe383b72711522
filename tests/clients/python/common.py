"""What the checks of the Python clients share: the stand-in, the collected checks, their report.

    python openai_checks.py --gateway URL --stand-in URL [--version VERSION] [--packages FOLDER]

Prints one line of JSON for each check. `--packages` is where another version of the client
stands than the environment's own. Nothing here imports a client: that folder comes first.
"""

import argparse
import json
import sys
import time
import traceback
import urllib.request

KEY = "sk-client-check"
BAD_KEY = "sk-somebody-else"
MODEL = "deepseek-chat"
THINKER = "deepseek-reasoner"
NO_MODEL = "gpt-99-nonexistent"
QUESTION = "Say something."
ANSWER = 'One 👨‍👩‍👧 two, 中文 three, "four" \\ and\ndata: [DONE]\nfive.'

# What the stand-in's model does as told (../../upstream/agent.mjs): two calls at once, then one that fails.
TASK = 'Use weather({"city":"Paris"}) and weather({"city":"Rome"}) then weather({"city":"Atlantis"})'
CITIES = ["Paris", "Rome", "Atlantis"]
OUTCOME = r"(?s)The tools say: 18 °C; 25 °C; .*no such city.*"

FAULTS = {
    "breaks off": {"breakAfter": 8},
    "ends without its end mark": {"endAfter": 8},
    "sends an error": {"errorLine": 8},
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--stand-in", required=True)
    parser.add_argument("--version")
    parser.add_argument("--packages")
    args = parser.parse_args()
    if args.packages:
        sys.path.insert(0, args.packages)
    return args


class StandIn:
    """The stand-in for DeGPT, over its own HTTP interface."""

    def __init__(self, url):
        self.url = url

    def queue(self, **behaviour):
        self._ask("queue", behaviour)

    def reset(self):
        self._ask("reset", {})

    def requests(self):
        return self._ask("requests")["requests"]

    def _ask(self, path, value=None):
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/__stand-in/{path}", data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class Weather:
    """A tool, and which cities it was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, city):
        self.asked.append(city)
        known = {"Paris": "18 °C", "Rome": "25 °C"}.get(city)
        if known is None:
            raise ValueError("no such city")
        return known


class Counter:
    """Counts the requests of a client, at its transport, and when they were made."""

    def __init__(self, module):
        self.times = []
        self.client = module.Client(event_hooks={"request": [self._note]}, timeout=15)

    def _note(self, _request):
        self.times.append(time.monotonic())


class Checks:
    """The checks in their order; `run` gives one line for each."""

    def __init__(self):
        self.checks = []

    def __call__(self, name):
        def add(function):
            self.checks.append((name, function))
            return function

        return add

    def run(self, stand_in):
        sys.stdout.reconfigure(encoding="utf-8")
        for name, function in self.checks:
            error = None
            try:
                stand_in.reset()
                function()
            except Exception:
                error = traceback.format_exc()
            print(json.dumps({"name": name, "error": error}), flush=True)


def raised(kind, function):
    """The error of this kind that the function raises."""
    try:
        result = function()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind}, got {result!r}")
