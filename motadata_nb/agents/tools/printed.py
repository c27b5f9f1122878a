"""What a tool prints is kept with its step, shortened, and does not flood the cell."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["Printed", "capture"]

_KEEP = 4_000


class Printed:
    """The first characters of what was written, and how many there were."""

    __slots__ = ("_length", "_parts", "total")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.total = 0

    def write(self, text: str) -> int:
        """Keep what fits; count the rest."""
        self.total += len(text)
        if self._length < _KEEP:
            part = text[: _KEEP - self._length]
            self._parts.append(part)
            self._length += len(part)
        return len(text)

    @property
    def text(self) -> str:
        """What was kept, with a line about what was not."""
        kept = "".join(self._parts)
        return kept if self.total <= _KEEP else f"{kept}\n… ({self.total:,} characters were printed)"


_sink: ContextVar[Printed | None] = ContextVar("motadata_nb_printed", default=None)
_lock = threading.Lock()
_users = 0


class _Switch:
    """Stands in for a stream while tools run: writes of a tool's context go to its sink, all others go on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        sink = _sink.get()
        return sink.write(text) if sink is not None else int(self._stream.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def capture() -> Iterator[Printed]:
    """Collect what this context prints. Other threads and tasks print as before."""
    printed = Printed()
    token = _sink.set(printed)
    _enter()
    try:
        yield printed
    finally:
        _leave()
        _sink.reset(token)


def _enter() -> None:
    global _users
    with _lock:
        _users += 1
        if not isinstance(sys.stdout, _Switch):
            sys.stdout = _Switch(sys.stdout)
        if not isinstance(sys.stderr, _Switch):
            sys.stderr = _Switch(sys.stderr)


def _leave() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            if isinstance(sys.stdout, _Switch):
                sys.stdout = sys.stdout._stream
            if isinstance(sys.stderr, _Switch):
                sys.stderr = sys.stderr._stream
