"""A run that is watched: what changes, whom to ask, and the result at the end, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import Approver, Decision, Step
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Outcome
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.running import finished

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent

__all__ = ["Asking", "Event", "Filling", "snapshot", "watched"]


@dataclass(eq=False)
class Asking:
    """A call that needs a decision; `answer` may be called from any thread."""

    step: Step
    _loop: asyncio.AbstractEventLoop
    _future: asyncio.Future[Any] = field(repr=False)

    def answer(self, decision: Decision) -> None:
        """Decide."""
        self._loop.call_soon_threadsafe(_settle, self._future, decision)


@dataclass(eq=False)
class Filling:
    """Values that an MCP server asks for; `answer` with None declines."""

    message: str
    schema: Mapping[str, Any]
    _loop: asyncio.AbstractEventLoop
    _future: asyncio.Future[Any] = field(repr=False)

    def answer(self, values: dict[str, Any] | None) -> None:
        """Give the values."""
        self._loop.call_soon_threadsafe(_settle, self._future, values)


Event = Live | Asking | Filling | AgentRun


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


class _Queue:
    """Collects events; several changes that nobody has looked at yet are one."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._changed: Live | None = None

    def watch(self, live: Live) -> None:
        if self._changed is None:
            self._events.put_nowait(live)
        self._changed = live

    async def get(self) -> Event | None:
        event = await self._events.get()
        if isinstance(event, Live):
            self._changed = None
        return event

    def end(self, _: object) -> None:
        self._events.put_nowait(None)

    async def decide(self, step: Step) -> Decision:
        loop = asyncio.get_running_loop()
        asking = Asking(step, loop, loop.create_future())
        self._events.put_nowait(asking)
        decision: Decision = await asking._future
        return decision

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        loop = asyncio.get_running_loop()
        filling = Filling(message, schema, loop, loop.create_future())
        self._events.put_nowait(filling)
        values: dict[str, Any] | None = await filling._future
        return values


async def watched(
    start: Callable[[Callable[[Live], None], Approver], Coroutine[Any, Any, AgentRun]],
) -> AsyncGenerator[Event]:
    """The events of a run, its result last. Leaving early cancels the run, which keeps what it has done."""
    queue = _Queue()
    task = asyncio.ensure_future(start(queue.watch, queue))
    task.add_done_callback(queue.end)
    try:
        while (event := await queue.get()) is not None:
            yield event
        yield task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


def snapshot(agent: Agent, live: Live, status: str = "running") -> AgentRun:
    """The result as it would be if the run ended now."""
    text = live.text or next((s.text for s in reversed(live.steps) if s.kind == "model" and s.text), "")
    return finished(agent, live, Outcome(status=status, text=text))
