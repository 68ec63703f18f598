"""Runs named checks, and prints a line of JSON for each: its name, and what is wrong or null."""

import asyncio
import inspect
import json
import traceback

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def run(*arguments):
    for function in CHECKS:
        wrong = None
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                asyncio.run(result)
        except Exception:
            wrong = traceback.format_exc(limit=3)
        print(json.dumps({"name": function.__name__.replace("_", " "), "wrong": wrong}), flush=True)


def refused(call, *words):
    """What a client raises must say these words."""
    try:
        call()
    except Exception as error:
        text = str(error)
        for word in words:
            assert word.lower() in text.lower(), f"{word!r} is not in {text!r}"
        return text
    raise AssertionError("was not refused")
