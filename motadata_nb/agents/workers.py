"""Daemon threads for tools that are plain functions.

Unlike `concurrent.futures`, a thread that never comes back does not keep the process from ending, and does not take a
place in a pool: it is left behind, and the next call gets another.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from queue import Empty, SimpleQueue
from typing import Any

__all__ = ["submit"]

_IDLE_S = 30.0
_idle: list[_Worker] = []
_lock = threading.Lock()


class _Worker(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="motadata-nb-tool", daemon=True)
        self.jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any], Context]] = SimpleQueue()

    def run(self) -> None:
        while True:
            try:
                future, function, context = self.jobs.get(timeout=_IDLE_S)
            except Empty:
                with _lock:
                    if self in _idle:
                        _idle.remove(self)
                        return
                continue
            _work(future, function, context)
            del future, function, context
            with _lock:
                _idle.append(self)


def _work(future: Future[Any], function: Callable[[], Any], context: Context) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = context.run(function)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


# A forked child has the list but not the threads.
os.register_at_fork(after_in_child=_idle.clear) if hasattr(os, "register_at_fork") else None


def submit(function: Callable[[], Any], context: Context) -> Future[Any]:
    """Run the function in a thread of its own, in the given context."""
    future: Future[Any] = Future()
    with _lock:
        worker = _idle.pop() if _idle else None
    if worker is None:
        worker = _Worker()
        worker.start()
    worker.jobs.put((future, function, context))
    return future
