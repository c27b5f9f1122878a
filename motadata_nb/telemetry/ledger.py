"""The call ledger: one row for each model call, with tokens, money and time.

The gateway hands rows to a `Ledger`. `BufferedLedger` collects them and gives them in batches to a writer, for
example one that inserts into the catalog's table `calls`, on a thread of its own: no call waits for the disk.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = ["BufferedLedger", "CallRow", "Ledger", "Reserving", "Spending"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRow:
    """One model call, with the columns of the catalog's table `calls`."""

    at: float
    """Seconds since 1970."""
    kind: str
    """`chat` or `embed`."""
    model: str
    tenant: str = "default"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    """US dollars; None when the price is not known."""
    seconds: float = 0.0
    cached: bool = False
    """Answered from the response cache."""
    error: str | None = None
    """Class of the error."""
    session: str = ""
    cell: str = ""
    reservation: int | None = None
    """Number of the money that was set aside for the call; the row takes its place."""

    def asdict(self) -> dict[str, Any]:
        """The row as a dictionary of columns."""
        return asdict(self)


@runtime_checkable
class Spending(Protocol):
    """A ledger that also knows what was spent before this session."""

    def spent(self, since: float) -> float:
        """US dollars since a time, in seconds since 1970."""
        ...


@runtime_checkable
class Reserving(Spending, Protocol):
    """A ledger in which money can be set aside for calls that are under way, seen by all sessions."""

    def reserve(self, dollars: float, limit: float, since: float) -> tuple[int | None, float]:
        """Set money aside for a call, unless that passes the limit: its number or None, and what is spent or held."""
        ...

    def release(self, number: int) -> None:
        """Give it back, when the call is not made; otherwise its row does."""
        ...


class Ledger(Protocol):
    """Takes rows. Must not block and must not raise."""

    def record(self, row: CallRow) -> None:
        """Keep a row."""
        ...


class BufferedLedger:
    """Hands rows to `write` in batches, at the latest after `every_s` seconds, on a daemon thread."""

    def __init__(
        self, write: Callable[[Sequence[dict[str, Any]]], None], *, every_s: float = 0.5, batch: int = 500
    ) -> None:
        self._write = write
        self._every_s = every_s
        self._batch = batch
        self._rows: list[CallRow] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None
        self.lost = 0
        """Rows that could not be written."""
        reference = weakref.ref(self)
        atexit.register(_flush, reference)

    def record(self, row: CallRow) -> None:
        """Keep a row; it is written soon."""
        with self._lock:
            self._rows.append(row)
            if self._timer is None:
                self._start(0.0 if len(self._rows) >= self._batch else self._every_s)

    def flush(self) -> None:
        """Write what is waiting, and return when it is written. Rows that cannot be written count as `lost`."""
        with self._writing:
            with self._lock:
                rows, self._rows = self._rows, []
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
            if not rows:
                return
            try:
                self._write([row.asdict() for row in rows])
            except Exception:
                # A ledger that cannot be written must not fail the call whose answer is already paid for.
                self.lost += len(rows)

    def _start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self.flush)
        self._timer.daemon = True
        self._timer.start()


def _flush(reference: weakref.ref[BufferedLedger]) -> None:
    ledger = reference()
    if ledger is not None:
        ledger.flush()
