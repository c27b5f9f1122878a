"""Work that goes on beside the caller's own: the keyword arm while a question is embedded or vectors are compared."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

__all__ = ["beside", "start"]

R = TypeVar("R")


def beside(work: Callable[[], R]) -> Callable[[], R]:
    """Begin `work` in a thread of its own; calling what you get waits for its result, or raises its error."""
    return start(work).result


def start(work: Callable[[], R]) -> Future[R]:
    """Begin `work` in a thread of its own. Raises RuntimeError when the process is about to end."""
    return _pool().submit(work)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(8, thread_name_prefix="motadata-nb-search")
