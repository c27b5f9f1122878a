"""Agents beside Agno and pydantic-ai, each with a scripted model of its own, in one run; threads; many runs at once."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.home import Agents
from motadata_nb.catalog.catalog import Catalog

CALLS = 10


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def ours(calls: int) -> Callable[[list[dict[str, Any]]], Any]:
    """Our scripted model: so many tool calls, one after the other, then an answer."""

    def model(messages: list[dict[str, Any]]) -> Any:
        done = sum(m["role"] == "tool" for m in messages)
        return "end" if done >= calls else [("add", f'{{"a": {done}, "b": 2}}')]

    return model


def _median_ms(work: Callable[[], Any], times: int) -> float:
    for _ in range(max(3, times // 20)):
        work()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1e3)
    return statistics.median(spent)


def _three(build: Callable[[int], Any], run: Callable[[Any], Any], times: int) -> dict[str, float]:
    """Construct in µs, run without a tool in ms, and each tool call of ten in ms."""
    plain, tools = build(0), build(CALLS)
    construct = _median_ms(lambda: build(0), times) * 1e3
    alone = _median_ms(lambda: run(plain), times)
    with_tools = _median_ms(lambda: run(tools), times)
    return {"construct": construct, "run": alone, "tool call": (with_tools - alone) / CALLS}


def _agno(times: int) -> dict[str, float]:
    os.environ["AGNO_TELEMETRY"] = "false"
    from agno.agent import Agent as Theirs
    from agno.models.base import Model
    from agno.models.response import ModelResponse

    @dataclass
    class Scripted(Model):
        id: str = "scripted"
        calls: int = 0

        def invoke(self, messages: Any, *_: Any, **__: Any) -> Any:
            done = sum(m.role == "tool" for m in messages)
            if done >= self.calls:
                return ModelResponse(role="assistant", content="end")
            function = {"name": "add", "arguments": f'{{"a": {done}, "b": 2}}'}
            return ModelResponse(
                role="assistant", tool_calls=[{"id": f"c{done}", "type": "function", "function": function}]
            )

        async def ainvoke(self, messages: Any, *_: Any, **__: Any) -> Any:
            return self.invoke(messages)

        def invoke_stream(self, messages: Any, *_: Any, **__: Any) -> Any:
            yield self.invoke(messages)

        async def ainvoke_stream(self, messages: Any, *_: Any, **__: Any) -> Any:
            yield self.invoke(messages)

        def _parse_provider_response(self, response: Any, **_: Any) -> Any:
            return response

        def _parse_provider_response_delta(self, response: Any) -> Any:
            return response

    def build(calls: int) -> Any:
        return Theirs(name="a", instructions="Be good.", model=Scripted(calls=calls), tools=[add], telemetry=False)

    return _three(build, lambda agent: agent.run("go"), times)


def _pydantic_ai(times: int) -> dict[str, float]:
    from pydantic_ai import Agent as Theirs
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import FunctionModel

    def script(calls: int) -> Any:
        def model(messages: Any, info: Any) -> Any:
            done = sum(isinstance(p, ToolReturnPart) for m in messages for p in m.parts)
            call = ToolCallPart("add", {"a": done, "b": 2})
            return ModelResponse(parts=[TextPart("end") if done >= calls else call])

        return model

    def build(calls: int) -> Any:
        return Theirs(FunctionModel(script(calls)), name="a", instructions="Be good.", tools=[add])

    return _three(build, lambda agent: agent.run_sync("go"), times)


def _ours(times: int) -> dict[str, float]:
    def build(calls: int) -> Agent:
        return Agent("a", "Be good.", ours(calls), [add])

    return _three(build, lambda agent: agent.run("go"), times)


_TARGETS = {"construct": (10.0, "µs"), "run": (0.15, "ms"), "tool call": (0.15, "ms")}


def run() -> list[dict[str, Any]]:
    """The rows of the table."""
    measured = {"motadata_nb": _ours(1000)}
    for name, measure in (("agno", _agno), ("pydantic-ai", _pydantic_ai)):
        try:
            measured[name] = measure(60)
        except ImportError:
            continue  # a peer that is not installed has no column
    rows = []
    for what, (target, unit) in _TARGETS.items():
        figure = measured["motadata_nb"][what]
        peers = {name: values[what] for name, values in measured.items() if name != "motadata_nb"}
        note = "; ".join(f"{name} {value:.3g} {unit} ({value / figure:.1f}×)" for name, value in peers.items())
        rows.append(_row(f"agent: {what}", figure, unit, f"≤ {target:g}", figure <= target, note))
    return [*rows, *_threads(), _at_once()]


def _threads() -> list[dict[str, Any]]:
    """A turn of a thread in SQLite, early and after a thousand turns."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.db")
        agent = Agents(catalog).agent("a", "Be good.", lambda messages: f"answer {len(messages)}")
        spent = []
        for number in range(1000):
            start = time.perf_counter()
            agent.run(f"question {number}", "thread")
            spent.append((time.perf_counter() - start) * 1e3)
        catalog.close()
    early, late = statistics.median(spent[20:120]), statistics.median(spent[-100:])
    flat = f"turns 900–1000 take {late / early:.2f}× those of 20–120"
    return [
        _row("thread turn in SQLite", late, "ms", "≤ 2.5", late <= 2.5, flat),
        _row("thread turn, growth to 1,000", late / early, "×", "≤ 1.5", late <= 1.5 * early, ""),
    ]


def _at_once() -> dict[str, Any]:
    """200 runs at the same time in one process, each with a slow model, two tool calls, and a thread in the catalog."""

    async def model(messages: list[dict[str, Any]]) -> Any:
        await asyncio.sleep(0.05)
        return ours(2)(messages)

    async def all_runs(agent: Agent) -> list[Any]:
        return await asyncio.gather(*(agent.arun("go", f"t{n}") for n in range(200)))

    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.db")
        agent = Agents(catalog).agent("a", "Be good.", model, [add])
        start = time.perf_counter()
        runs = asyncio.run(all_runs(agent))
        seconds = time.perf_counter() - start
        catalog.close()
    done = sum(r.status == "done" for r in runs)
    return _row("200 runs at once, persistent", seconds, "s", "all done", done == 200, f"{done} done")


def _row(name: str, figure: float, unit: str, target: str, ok: bool, note: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": unit, "target": target, "ok": ok, "note": note}
