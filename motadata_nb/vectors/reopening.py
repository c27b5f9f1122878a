"""A new view of a projection, opened while the old one is being read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from motadata_nb.catalog.indexes import Position

__all__ = ["Reopening"]

_REOPEN_S = 0.4
_LAG_S = 0.5


class _Closable(Protocol):
    def close(self) -> None:
        """Release files."""
        ...


T = TypeVar("T", bound=_Closable)


class Reopening(Generic[T]):
    """Opens a new view in a thread of its own while the old one is being read."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._thread: threading.Thread | None = None
        self._ready: tuple[T, Position] | None = None
        self._current_at = 0.0
        self._took_s = 0.0
        self._started_at = 0.0

    def current(self) -> None:
        """The view in use has everything."""
        self._current_at = time.monotonic()

    def may_lag(self) -> bool:
        """Whether the view in use was current a moment ago."""
        return time.monotonic() - self._current_at < _LAG_S + 2 * self._took_s

    def start(self, position: Position) -> None:
        """Begin, unless one is under way or was just made."""
        now = time.monotonic()
        if self._thread is None and now - self._started_at >= max(_REOPEN_S, 3 * self._took_s):
            self._started_at = now
            self._thread = threading.Thread(target=self._run, args=(position,), name="motadata-nb-reopen", daemon=True)
            self._thread.start()

    def _run(self, position: Position) -> None:
        try:
            made = self._make()
        except Exception:  # the reader's own, later attempt reports it
            return
        self._took_s = time.monotonic() - self._started_at
        self._ready = (made, position)

    def take(self) -> tuple[T, Position] | None:
        """The new view and what it has, once, when it is there."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread = None
        ready, self._ready = self._ready, None
        if ready is not None:
            self._current_at = self._started_at
        return ready

    def drop(self) -> None:
        """Wait for what is under way and throw it away."""
        if self._thread is not None:
            self._thread.join()
        ready = self.take()
        if ready is not None:
            ready[0].close()
