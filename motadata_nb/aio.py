"""Plain calls on async code: one daemon thread with one event loop, shared by the process.

It works inside Jupyter's running loop and needs no patching of asyncio. An interrupt of the waiting thread cancels
the coroutine, waits for its clean-up and re-raises.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

__all__ = ["GRACE_S", "begin", "in_thread", "iterate", "loop", "plain", "run"]

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

# Garbage collection may call `begin` in a thread that holds it.
_lock = threading.RLock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0
GRACE_S = 2.0
"""How long a coroutine may take to close its connections, after an interrupt or at the end of the process."""


def loop() -> asyncio.AbstractEventLoop:
    """The running event loop of the background thread; started on first use and again after a fork."""
    global _loop, _pid
    with _lock:
        if _loop is None or _pid != os.getpid() or _loop.is_closed():
            _loop, _pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="motadata-nb-loop", daemon=True).start()
        return _loop


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result. Raises RuntimeError when called on the loop's own thread, where it would deadlock."""
    if threading.current_thread().name == "motadata-nb-loop":
        coroutine.close()
        raise RuntimeError("a plain call was made from async code; await the twin with an 'a' in front of its name")
    call = _Call(coroutine)
    try:
        call.hand_over()
        return call.outcome.result()
    except KeyboardInterrupt:
        # Its clean-up closes connections; only then is the interrupt seen.
        call.loop.call_soon_threadsafe(call.cancel)
        wait([call.outcome], GRACE_S)
        raise


def begin(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Start the coroutine on the loop and wait for nothing.

    For what garbage collection calls: that happens in any thread at any moment, where waiting could be for ever.
    """
    call = _Call(coroutine)
    call.hand_over()
    return call.outcome


class _Call(Generic[T]):
    """A coroutine for the loop's thread that can be cancelled at any moment: an interrupt may come before it begins.

    `outcome` is set when the coroutine has ended, its clean-up included.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self.loop = loop()
        self.outcome: Future[T] = Future()

    def hand_over(self) -> None:
        """Have the loop begin it. On any thread."""
        self.loop.call_soon_threadsafe(self.begin)

    def begin(self) -> None:
        """Start it, unless it was cancelled before. On the loop's thread."""
        if not self.outcome.done():
            self._task = asyncio.get_running_loop().create_task(self._coroutine)
            self._task.add_done_callback(self._end)

    def cancel(self) -> None:
        """Cancel it. On the loop's thread."""
        if self._task is not None:
            self._task.cancel()
        else:
            self._coroutine.close()
            self._leave()

    def _leave(self) -> None:
        self.outcome.cancel()
        self.outcome.set_running_or_notify_cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._leave()
        elif (error := task.exception()) is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(task.result())


def iterate(source: AsyncIterator[T]) -> Iterator[T]:
    """A plain iterator over an async one; leaving it early, or an interrupt, closes the source at once."""
    try:
        while True:
            try:
                item = run(_next(source))
            except StopAsyncIteration:
                return
            yield item
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            run(close())


async def _next(source: AsyncIterator[T]) -> T:
    return await source.__anext__()


def plain(function: Callable[Concatenate[S, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[S, P], T]:
    """The plain twin of an async method: `ask = plain(aask)` in the class body."""

    @wraps(function)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run(function(self, *args, **kwargs))

    name = function.__name__.removeprefix("a")
    call.__name__ = name
    call.__qualname__ = function.__qualname__.rpartition(".")[0] + "." + name
    return call


def in_thread(function: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The async twin of a method that works on the processor or the disk: `aingest = in_thread(ingest)`."""

    @wraps(function)
    async def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(function, self, *args, **kwargs)

    call.__name__ = "a" + function.__name__
    call.__qualname__ = function.__qualname__.rpartition(".")[0] + ".a" + function.__name__
    return call
