"""Workflows in plain Python, with checkpoints: a step that is done is not done again when the workflow is resumed.

    async def answer(flow: Flow, question: str) -> str:
        parts = await flow.parallel([flow.step(f"search {t}", search, t) for t in ("law", "price")])
        draft = await flow.step("draft", writer.arun, f"{question} {parts}")
        while not (await flow.step("check", check, draft)):      # loops: the name is numbered by itself
            draft = await flow.step("draft", writer.arun, f"Better: {draft}")
        return draft.text

    ws.agents.workflow(answer, "What may I return?", thread="case-7")

Branches, loops and parallel parts are Python's own. Steps are functions, tools or agents' `arun`; their results must be
JSON, or an `AgentRun`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import orjson

from motadata_nb.agents.base import Step
from motadata_nb.agents.result import AgentRun
from motadata_nb.errors import InvalidInput, MotadataError

if TYPE_CHECKING:
    from motadata_nb.agents.journal import Opened
    from motadata_nb.agents.threads import Threads

__all__ = ["Flow", "FlowWaits", "run_workflow"]


class FlowWaits(MotadataError):
    """Raised inside a workflow when an agent's run waits for approval; the workflow is resumed after it."""


class Flow:
    """What a workflow gets: `step` does a thing once, `parallel` several side by side."""

    def __init__(self, opened: Opened, recorded: dict[str, Step], threads: Threads) -> None:
        self._opened = opened
        self._recorded = recorded
        self._threads = threads
        self._named: Counter[str] = Counter()
        self.steps: list[Step] = []

    async def step(self, name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """The result of the function: recorded the first time, read from the record after a restart.

        An exception goes on and is not recorded, so that the step is tried again at the next `resume`.
        """
        self._named[name] += 1
        key = f"{name}#{self._named[name]}"
        known = self._recorded.get(key)
        if known is not None and known.state == "done":
            self.steps.append(known)
            return _restored(known)
        start = time.perf_counter()
        value = await self._done(known, function, arguments, options)
        text, child = _kept(name, value)
        waits = isinstance(value, AgentRun) and value.status == "waiting"
        step = Step(
            kind="tool", key=key, name=name, text=text, child=child, state="waiting" if waits else "done",
            seconds=time.perf_counter() - start, at=time.time(), cost=0.0,
        )  # fmt: skip
        self.steps.append(step)
        await self._opened.awrite([step])
        if waits:
            raise FlowWaits(
                f"The step '{name}' waits for approval.", f"Approve it: %agent resume {value.thread} --allow"
            )
        return value

    async def _done(self, known: Step | None, function: Any, arguments: Any, options: Any) -> Any:
        agent: Any = getattr(function, "__self__", None)
        if known is not None and known.state == "waiting" and hasattr(agent, "aresume"):
            return await agent.aresume(known.child)
        found = function(*arguments, **options)
        return await found if isawaitable(found) else found

    async def parallel(self, steps: Sequence[Awaitable[Any]]) -> list[Any]:
        """The results of several steps, side by side; when one fails, the others are finished and recorded first."""
        found = await asyncio.gather(*steps, return_exceptions=True)
        for value in found:
            if isinstance(value, BaseException):
                raise value
        return list(found)


def _kept(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, AgentRun):
        kept = {"id": value.id, "text": value.text, "status": value.status, "thread": value.thread, "data": None}
        with contextlib.suppress(TypeError):
            kept["data"] = orjson.loads(orjson.dumps(value.data))
        return orjson.dumps({"agent_run": kept}).decode(), value.id
    try:
        return orjson.dumps({"value": value}).decode(), ""
    except TypeError as error:
        raise InvalidInput(
            f"The result of the step '{name}' cannot be kept: {error}", "Return text, numbers, lists or dictionaries."
        ) from error


def _restored(step: Step) -> Any:
    kept = orjson.loads(step.text)
    if "agent_run" in kept:
        return AgentRun(**kept["agent_run"])
    return kept["value"]


async def run_workflow(
    threads: Threads, function: Callable[..., Coroutine[Any, Any, Any]], arguments: tuple[Any, ...], thread: str
) -> AgentRun:
    """Run a workflow in a thread of its own, or go on with the one that is there and not done."""
    name = function.__name__
    journal = threads.journal
    earlier = [row for row in await journal.later(threads.runs, thread) if row["agent"] == name]
    if earlier and earlier[0]["status"] != "done":
        opened = await journal.aresume(str(earlier[0]["id"]))
    else:
        task = Step(kind="task", key="0", agent=name, text=str(list(arguments)), at=time.time())
        opened = await journal.abegin(thread=thread, agent=name, task=task)
    flow = Flow(opened, {s.key: s for s in opened.recorded if s.kind == "tool"}, threads)
    start = time.perf_counter()
    status, reason, value = "failed", "", None
    try:
        value = await function(flow, *arguments)
        status = "done"
    except FlowWaits as error:
        status, reason = "waiting", error.what
    except asyncio.CancelledError:
        status, reason = "interrupted", "stopped by the user"
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise
    finally:
        text = value.text if isinstance(value, AgentRun) else "" if value is None else str(value)
        result = AgentRun(
            text=text, status=status, reason=reason, data=value, steps=tuple(flow.steps), agent=name,
            thread=opened.thread, id=opened.run, seconds=time.perf_counter() - start, children=threads.run_steps,
        )  # fmt: skip
        await asyncio.shield(journal.later(journal.finish, opened, result))
    return result
