"""Whether other processes are writing a projection at this moment: a reader then need not lend a hand."""

from __future__ import annotations

import time

__all__ = ["Others"]

_WATCHED_S = 2.0
"""How long a move of the mark says so."""
_LOCKED_S = 0.1
"""How long the lock says so, that was found taken: trying it costs a reader a third of a millisecond."""


class Others:
    """What was seen of them: a lock that was taken, a mark that moved."""

    def __init__(self) -> None:
        self._locked_at = float("-inf")
        self._mark: int | None = None
        self._marked_at = float("-inf")

    def hold_the_lock(self) -> None:
        """It was found taken just now."""
        self._locked_at = time.monotonic()

    def were_seen(self) -> bool:
        """Whether the lock was taken a moment ago."""
        return time.monotonic() - self._locked_at < _LOCKED_S

    def have_moved(self, mark: int, own: int) -> bool:
        """Whether the mark is another than at the last look, a moment ago, and not the one we wrote ourselves."""
        now = time.monotonic()
        moved = self._mark not in (None, mark) and now - self._marked_at < _WATCHED_S and mark != own
        self._mark, self._marked_at = mark, now
        return moved
