"""Steps through a coroutine without an event loop, and keeps the time of what it hands out.

A plain run wants two things that exclude each other: tools that can be left behind when they hang, which takes another
thread, and calls that cost microseconds, which leaves no time for handing each to another thread and back. So not the
call changes the thread but the run: at its first tool call the rest of it goes to a worker, which steps through the
coroutine and makes the calls itself, one after the other. The thread that began only watches the clock. When a call
takes too long, or the user interrupts, the coroutine is suspended, so somebody else can go on with it; the call that
hangs is left behind with its worker.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Generic, TypeVar

from motadata_nb.agents.workers import submit

__all__ = ["Job", "step_through"]

T = TypeVar("T")

# A signal that comes just before a thread begins to wait is seen only when the wait is over.
_LOOK_S = 0.5


class Job:
    """Awaited by a coroutine that `step_through` runs: the result of a plain function.

    Raises TimeoutError after `limit_s` seconds; None is no limit.
    """

    __slots__ = ("function", "limit_s")

    def __init__(self, function: Callable[[], Any], limit_s: float | None = None) -> None:
        self.function = function
        self.limit_s = limit_s

    def __await__(self) -> Generator[Job, Any, Any]:
        return (yield self)


def step_through(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that awaits nothing but jobs. Raises RuntimeError when it does."""
    step: Callable[[], Any] = partial(coroutine.send, None)
    while True:
        try:
            job = step()
        except StopIteration as stop:
            result: T = stop.value
            return result
        if not isinstance(job, Job):
            coroutine.close()
            raise RuntimeError("a plain run met something that has to be awaited; use arun")
        if job.limit_s is not None:
            return _Relay(coroutine).run(job)
        step = _made(coroutine, job)


def _made(coroutine: Coroutine[Any, Any, Any], job: Job) -> Callable[[], Any]:
    """Make the call; what goes on with the coroutine is returned."""
    try:
        return partial(coroutine.send, job.function())
    except BaseException as error:
        return partial(coroutine.throw, error)


class _Relay(Generic[T]):
    """One run, of which one thread at a time has the turn."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._lock = Lock()
        self._news: SimpleQueue[Callable[[], T] | None] = SimpleQueue()
        """The end of the run, or None: the clock has to be looked at again."""
        self._turn = 0
        self._working = False
        """Whether a call is being made, and the coroutine is suspended."""
        self._late_at = self._wakes_at = math.inf
        self._stopped = False

    def run(self, job: Job) -> T:
        """Go on from the first job, watching the clock until the end."""
        self._began(job)
        submit(partial(self._work, 0, job), copy_context())
        stopped: KeyboardInterrupt | None = None
        while True:
            try:
                end = self._watched()
                break
            except KeyboardInterrupt as error:
                if self._taken():
                    return self._interrupted(error)
                stopped = error
                self._stopped = True  # the worker is between two calls, and sees it before the next
        result = end()
        if stopped is not None:
            raise stopped
        return result

    def _watched(self) -> Callable[[], T]:
        while True:
            with self._lock:
                self._wakes_at = self._late_at
            left = min(_LOOK_S, max(0.0, self._wakes_at - time.monotonic()))
            try:
                end = self._news.get(timeout=left)
            except Empty:
                if self._taken(time.monotonic()):
                    late = Job(_overdue)
                    submit(partial(self._work, self._turn, late), copy_context())
            else:
                if end is not None:
                    return end

    def _taken(self, now: float = math.inf) -> bool:
        """Take the turn from a worker that is making a call, if the call is late by now."""
        with self._lock:
            if not self._working or now < self._late_at:
                return False
            self._turn += 1
            self._working = False
            self._late_at = math.inf
            return True

    def _interrupted(self, error: BaseException) -> T:
        """Go on in this thread: the coroutine ends itself."""
        try:
            self._coroutine.throw(error)
        except StopIteration as stop:
            result: T = stop.value
            return result
        self._coroutine.close()
        raise error

    def _began(self, job: Job) -> bool:
        """Note that a call begins; whether the clock has to be looked at earlier than was thought."""
        with self._lock:
            self._working = True
            self._late_at = math.inf if job.limit_s is None else time.monotonic() + job.limit_s
            return self._late_at < self._wakes_at

    def _work(self, turn: int, job: Job) -> None:
        """A worker's turn: make a call, go on with the coroutine, until the end or until the turn is taken."""
        while True:
            step = copy_context().run(_made, self._coroutine, job)
            with self._lock:
                if self._turn != turn:
                    return
                self._working = False
            try:
                job = step()
            except StopIteration as stop:
                return self._news.put(partial(_value, stop.value))
            except BaseException as error:
                return self._news.put(partial(_raise, error))
            if self._stopped:
                job = Job(_interrupt)
            if self._began(job):
                self._news.put(None)


def _overdue() -> None:
    raise TimeoutError


def _interrupt() -> None:
    raise KeyboardInterrupt


def _value(value: T) -> T:
    return value


def _raise(error: BaseException) -> Any:
    raise error
