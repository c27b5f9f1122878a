"""Tools from functions, and what becomes of what they return, print and raise."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import pandas as pd
import pytest
from pydantic import BaseModel

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.base import ToolContext
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.tools import Tool, tool
from motadata_nb.agents.tools.output import text_of
from motadata_nb.errors import InvalidInput


class Size(Enum):
    small = "s"
    large = "l"


class Item(BaseModel):
    sku: str
    number: int = 1


@dataclass
class Place:
    city: str


def order(items: list[Item], to: Place, size: Size = Size.small, speed: Literal["slow", "fast"] = "slow") -> str:
    """Places an order.

    Args:
        items: What to send,
            one entry a product.
        to: Where to.

    Returns:
        The number of the order.
    """
    return f"{items[0].sku} {to.city} {size.value} {speed}"


def test_a_signature_becomes_a_schema_with_the_docstrings_words() -> None:
    spec = Tool(order).spec
    assert spec.description == "Places an order."
    properties = spec.parameters["properties"]
    assert properties["items"]["description"] == "What to send, one entry a product."
    assert properties["to"]["description"] == "Where to."
    assert spec.parameters["required"] == ["items", "to"]
    assert properties["speed"]["enum"] == ["slow", "fast"]


def test_arguments_arrive_as_the_types_of_the_signature() -> None:
    arguments, problem = Tool(order).read('{"items": [{"sku": "x"}], "to": {"city": "Bonn"}, "size": "l"}')
    assert not problem
    assert order(**arguments) == "x Bonn l slow"


def sphinx(x: int) -> int:
    """Squares.

    :param x: the number
    """
    return x * x


def numpy_style(x: int) -> int:
    """Squares.

    Parameters
    ----------
    x : int
        The number.
    """
    return x * x


@pytest.mark.parametrize("function", [sphinx, numpy_style])
def test_other_docstring_styles(function: Any) -> None:
    spec = Tool(function).spec
    assert spec.description == "Squares."
    assert spec.parameters["properties"]["x"]["description"].lower().startswith("the number")


def test_the_context_is_given_and_not_shown_to_the_model() -> None:
    def keyed(x: int, context: ToolContext) -> str:
        return f"{x} {context.key}"

    assert list(Tool(keyed).spec.parameters["properties"]) == ["x"]
    assert once(keyed, {"x": 1}).steps[1].text == "1 :1.0"


def test_names_that_pydantic_keeps_for_itself_are_fine() -> None:
    def odd(schema: str, _x: int = 0, model_config: str = "", **more: int) -> str:
        return f"{schema}{_x}{model_config}{more}"

    arguments, problem = Tool(odd).read('{"schema": "a", "_x": 2, "model_config": "b", "y": 3}')
    assert not problem
    assert odd(**arguments) == "a2b{'y': 3}"


def test_a_signature_that_no_model_can_fill_is_refused_with_the_reason() -> None:
    def star(*numbers: int) -> int:
        return sum(numbers)

    def strange(x: threading.Event) -> None: ...

    for function in (star, strange):
        with pytest.raises(InvalidInput, match=function.__name__):
            Tool(function).spec  # noqa: B018


def once(function: Any, arguments: Any = "{}", **options: Any) -> AgentRun:
    def model(messages: list[dict[str, Any]]) -> Any:
        name = function.name if isinstance(function, Tool) else function.__name__
        return "the end" if messages[-1]["role"] == "tool" else [(name, arguments)]

    return Agent("tester", model=model, tools=[function], **options).run("go")


def test_a_tool_that_raises_is_a_recorded_step_and_the_run_goes_on() -> None:
    def broken() -> None:
        raise ZeroDivisionError("no bananas")

    run = once(broken)
    assert run.status == "done"
    assert run.steps[1].state == "failed"
    assert run.steps[1].note == "ZeroDivisionError: no bananas"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_tool_that_hangs_is_left_behind(asynchronous: bool) -> None:
    def hang() -> None:
        time.sleep(20)

    async def ahang() -> None:
        await asyncio.sleep(20)

    start = time.monotonic()
    run = once(ahang if asynchronous else hang, tool_seconds=0.2)
    assert time.monotonic() - start < 5
    assert (run.status, run.steps[1].state) == ("done", "timeout")
    assert "0.2 s" in run.steps[1].note


def test_a_time_limit_of_the_run_cuts_a_hanging_tool() -> None:
    def hang() -> None:
        time.sleep(20)

    run = once(hang, seconds=0.3)
    assert run.status == "limit"
    assert run.seconds < 5


def test_a_tool_that_prints_megabytes_floods_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def loud() -> None:
        for _ in range(1000):
            print("x" * 5000)

    run = once(loud)
    assert capsys.readouterr().out == ""
    assert len(run.steps[1].printed) < 5000
    assert "5,001,000 characters were printed" in run.steps[1].printed


def test_what_others_print_meanwhile_is_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    def quiet() -> None:
        print("from the tool")
        other = threading.Thread(target=print, args=("from elsewhere",))
        other.start()
        other.join()

    run = once(quiet)
    assert run.steps[1].text == "from the tool\n"
    assert capsys.readouterr().out == "from elsewhere\n"


def test_megabytes_of_result_are_shortened_with_a_note() -> None:
    def big() -> str:
        return "a" * 3_000_000

    run = once(big)
    assert len(run.steps[1].text) < 21_000
    assert "3,000,000 characters" in run.steps[1].note


class Strange:
    def __repr__(self) -> str:
        return "<strange>"


def circle() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "text", "note"),
    [
        ({"a": [1, None]}, '{"a":[1,null]}', ""),
        (None, "Done; the tool returned nothing.", ""),
        (Item(sku="x"), '{"sku":"x","number":1}', ""),
        (Strange(), '"<strange>"', "Strange cannot be written as JSON"),
        ({1: {2, 1}}, '{"1":[1,2]}', ""),
        (b"123", '"(3 bytes)"', ""),
        (float("nan"), "null", ""),
        (10**30, "1" + "0" * 30, "not JSON"),
        (circle(), "[[...]]", "not JSON"),
        (pd.DataFrame({"a": range(60)}), "(first 50 of 60 rows)", ""),
        (pd.Series([1, 2], name="n"), "n\n1\n2\n(2 rows)", ""),
    ],
)
def test_results_as_text(value: Any, text: str, note: str) -> None:
    found, said = text_of(value)
    assert found.endswith(text) if isinstance(value, pd.DataFrame) else found == text
    assert said.startswith(note)


def test_async_and_plain_tools_run_side_by_side() -> None:
    async def slow(n: int) -> int:
        await asyncio.sleep(0.5)
        return n

    def plain(n: int) -> int:
        time.sleep(0.5)
        return n

    def model(messages: list[dict[str, Any]]) -> Any:
        done = messages[-1]["role"] == "tool"
        return "end" if done else [("slow", {"n": 1}), ("plain", {"n": 2}), ("slow", {"n": 3}), ("plain", {"n": 4})]

    start = time.monotonic()
    run = Agent(model=model, tools=[slow, plain]).run("go")
    assert time.monotonic() - start < 1.7
    assert sorted(s.text for s in run.steps if s.kind == "tool") == ["1", "2", "3", "4"]


def test_the_decorator_and_a_second_tool_of_the_same_name() -> None:
    @tool(approve="never", name="wipe")
    def remove_all() -> None:
        """Removes all."""

    assert once(remove_all).steps[1].state == "refused"
    with pytest.raises(InvalidInput, match="Two tools are called 'wipe'"):
        Agent(model=lambda m: "x", tools=[remove_all, Tool(sphinx, name="wipe")]).run("go")


def test_an_interrupt_inside_a_plain_run_goes_on_and_the_tool_is_left() -> None:
    def wait() -> None:
        time.sleep(0.3)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(5)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        once(wait)
    assert time.monotonic() - start < 3
