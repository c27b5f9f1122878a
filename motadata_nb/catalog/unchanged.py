"""What was read is not read again while nothing has been committed. SQLite tells that in some microseconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import Engine

__all__ = ["Unchanged"]

V = TypeVar("V")
_MOST = 1000


class Unchanged:
    """Values by key, all forgotten as soon as any connection of any process has committed. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None
        self._version = -1
        self._kept: dict[Hashable, Any] = {}
        self._mutex = threading.Lock()

    def __call__(self, key: Hashable, load: Callable[[], V]) -> V:
        """`load()`, or what it gave when nothing has been committed since."""
        with self._mutex:
            version = self._look()
            if version != self._version or len(self._kept) > _MOST:
                self._kept.clear()
                self._version = version
            if key in self._kept:
                return cast(V, self._kept[key])
        value = load()
        with self._mutex:
            # It may be newer than the version; then the next look forgets it, which does no harm.
            if version == self._version:
                self._kept[key] = value
        return value

    def _look(self) -> int:
        """A number that moves when another connection commits: this one never does, so it sees all others."""
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        return int(self._connection.driver_connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Give the connection back."""
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._version = -1
            self._kept.clear()
