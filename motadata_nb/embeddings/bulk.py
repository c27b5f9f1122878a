"""Work in bulk gives way: while documents are embedded, a question that comes is answered first."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

__all__ = ["give_way", "in_bulk", "is_bulk"]

_NICER = 10
"""Steps by which a priority is lowered: about a tenth of the processor beside a thread that keeps the usual one, all of
it beside none.
"""
_LOWEST = 19
_bulk: ContextVar[bool] = ContextVar("motadata_nb_bulk", default=False)


@contextmanager
def in_bulk() -> Iterator[None]:
    """What an embedder is asked within is nothing that somebody waits for at this moment."""
    before = _bulk.set(True)
    try:
        yield
    finally:
        _bulk.reset(before)


def is_bulk() -> bool:
    """Whether the call comes from within `in_bulk`."""
    return _bulk.get()


def give_way() -> None:
    """Lower the priority of the calling thread, for good; on Linux, where threads have priorities of their own."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + _NICER, _LOWEST))
