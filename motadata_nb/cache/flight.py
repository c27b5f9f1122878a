"""Single flight: while a stream of items is under way, whoever asks the same gets the whole of it.

A flight runs on the event loop of the one who began it; others join from any loop or thread of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable
from contextlib import suppress
from threading import Lock, RLock
from typing import Generic, TypeVar

from motadata_nb.errors import StreamBroken

__all__ = ["Flights"]

T = TypeVar("T")
# A loop that does not answer for so long is blocked, perhaps by the very caller who wants to join.
_PATIENCE_S = 1.0


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.items: list[T] = []
        self.error: BaseException | None = None
        self.done = False
        self.riders = 0
        self.task: asyncio.Task[None] | None = None
        self._lock = Lock()
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def grounded(self) -> bool:
        """Cancelled with a loop that is not the rider's own, which has nothing to do with the rider."""
        return isinstance(self.error, asyncio.CancelledError) and self.loop is not asyncio.get_running_loop()

    async def run(self, source: AsyncIterator[T]) -> None:
        try:
            async for item in source:
                self.items.append(item)
                self._tell()
        except BaseException as error:
            self.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            self.done = True
            try:
                close = getattr(source, "aclose", None)
                if close is not None:
                    await close()
            finally:
                self._tell()

    async def news(self, seen: int) -> None:
        """Wait for an item beyond those seen, or the end."""
        with self._lock:
            if self.done or len(self.items) > seen:
                return
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
        await future

    def _tell(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for future in waiting:
            if future.get_loop() is self.loop:
                _settle(future)
            else:
                _settle_there(future)


class Flights(Generic[T]):
    """Flights under way in this process."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}
        self._lock = RLock()

    def under_way(self, key: Hashable) -> bool:
        """Whether a call of this key could join another."""
        flight = self._flights.get(key)
        return flight is not None and not flight.done

    async def whole(
        self, key: Hashable, start: Callable[[], AsyncIterator[T]], joined: Callable[[], None] | None = None
    ) -> list[T]:
        """All items of the one flight of this key, when it has ended. `joined` is called when another had begun it."""
        while True:
            flight = await self._board(key, start, joined)
            try:
                while not flight.done:
                    await flight.news(len(flight.items))
            finally:
                await self._leave(key, flight)
            if flight.grounded:
                continue
            if flight.error is not None:
                raise flight.error
            return flight.items

    async def stream(
        self, key: Hashable, start: Callable[[], AsyncIterator[T]], joined: Callable[[], None] | None = None
    ) -> AsyncGenerator[T]:
        """The items of the one flight of this key; started by the first, cancelled when the last has left."""
        seen = 0
        while True:
            flight = await self._board(key, start, joined)
            try:
                while True:
                    while seen < len(flight.items):
                        yield flight.items[seen]
                        seen += 1
                    if flight.done:
                        break
                    await flight.news(seen)
            finally:
                await self._leave(key, flight)
            if flight.grounded and seen:
                raise StreamBroken("The call whose answer this one shared was given up.", "Run it again.", "")
            if flight.grounded:
                continue
            if flight.error is not None:
                raise flight.error
            return

    async def _board(
        self, key: Hashable, start: Callable[[], AsyncIterator[T]], joined: Callable[[], None] | None
    ) -> _Flight[T]:
        here = asyncio.get_running_loop()
        found = self._flights.get(key)
        reachable = found is None or found.loop is here or await _answers(found.loop)
        with self._lock:
            flight = self._flights.get(key)
            if flight is None or flight.done or not (flight.loop is here or (flight is found and reachable)):
                flight, joined = _Flight(), None
                self._flights[key] = flight
                flight.task = here.create_task(flight.run(start()))
            flight.riders += 1
        if joined is not None:
            joined()
        return flight

    async def _leave(self, key: Hashable, flight: _Flight[T]) -> None:
        with self._lock:
            flight.riders -= 1
            if flight.riders:
                return
            if self._flights.get(key) is flight:
                del self._flights[key]
        if flight.done:
            return
        assert flight.task is not None
        # The connection upstream is closed when this returns.
        with suppress(asyncio.CancelledError):
            await asyncio.shield(_cancelled(flight.task, flight.loop))


async def _cancelled(task: asyncio.Task[None], loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the task on its own loop and wait for its clean-up."""
    if loop is asyncio.get_running_loop():
        task.cancel()
        await asyncio.wait({task})
        return
    coroutine = _cancelled(task, loop)
    try:
        ended = asyncio.run_coroutine_threadsafe(coroutine, loop)
    except RuntimeError:  # The loop has closed, and the task with it.
        coroutine.close()
        return
    await asyncio.wait({asyncio.wrap_future(ended)}, timeout=_PATIENCE_S)


async def _answers(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop is running and not blocked."""
    answer = asyncio.get_running_loop().create_future()
    try:
        loop.call_soon_threadsafe(_settle_there, answer)
    except RuntimeError:
        return False
    return bool((await asyncio.wait({answer}, timeout=_PATIENCE_S))[0])


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _settle_there(future: asyncio.Future[None]) -> None:
    """Settle a future of another loop, unless that has closed."""
    with suppress(RuntimeError):
        future.get_loop().call_soon_threadsafe(_settle, future)
