"""What model calls cost: by model, cell or day."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, Cell, Table, counted
from motadata_nb.catalog.calls import COLUMNS, Calls
from motadata_nb.catalog.reservations import Reservations
from motadata_nb.errors import UnknownName
from motadata_nb.results import Result, Tabular
from motadata_nb.telemetry.ledger import BufferedLedger
from motadata_nb.telemetry.prices import money

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CatalogLedger", "CostReport", "GROUPS", "cost_report"]

GROUPS = ("cell", "day", "model")
_MOST = 100_000


class CatalogLedger(BufferedLedger):
    """The ledger in the catalog: rows are written in batches in the background."""

    def __init__(self, calls: Calls, reservations: Reservations) -> None:
        super().__init__(calls.add)
        self._calls = calls
        self._reservations = reservations

    def spent(self, since: float) -> float:
        """US dollars spent since a time in seconds since 1970, by every session on this workspace."""
        self.flush()
        return self._calls.spent(since)

    def reserve(self, dollars: float, limit: float, since: float) -> tuple[int | None, float]:
        """Set money aside for a call, unless that and what every session has spent or set aside pass the limit."""
        self.flush()
        return self._reservations.take(dollars, limit, since)

    def release(self, number: int) -> None:
        """Give it back, when the call is not made."""
        self._reservations.drop(number)


@dataclass(frozen=True, kw_only=True)
class CostReport(Result, Tabular):
    """Tokens, money and latency of calls, in groups."""

    calls: tuple[Mapping[str, Any], ...]
    by: str

    @property
    def total(self) -> float:
        """US dollars; calls of unknown price count nothing."""
        return float(sum(call["cost"] or 0.0 for call in self.calls))

    @property
    def unpriced(self) -> int:
        """Calls whose price is not known."""
        return sum(call["cost"] is None for call in self.calls)

    @property
    def df(self) -> pd.DataFrame:
        """One row a call, newest first, with its time as `at`."""
        import pandas as pd

        frame = pd.DataFrame([dict(call) for call in self.calls], columns=list(COLUMNS))
        frame["at"] = pd.to_datetime(frame["at"], unit="s", utc=True)
        return frame

    def groups(self) -> dict[str, list[Mapping[str, Any]]]:
        """Calls by model, cell or day."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for call in self.calls:
            key = time.strftime("%Y-%m-%d", time.localtime(call["at"])) if self.by == "day" else call[self.by]
            found.setdefault(str(key) or "–", []).append(call)
        return found

    def _card(self) -> Card:
        rows: list[list[Cell]] = [_row(name, calls) for name, calls in self.groups().items()]
        headers = [self.by.capitalize(), "Calls", "From cache", "Tokens in", "Tokens out", "Cost", "Median s", "Errors"]
        return Card(
            title=money(self.total) if self.total else "Nothing spent",
            status=(counted(len(self.calls), "call"),),
            attention=(f"the price of {counted(self.unpriced, 'call')} is not known",) if self.unpriced else (),
            summary=Table(headers, rows, frozenset(headers[1:])) if rows else None,
        )


def _row(name: str, calls: Sequence[Mapping[str, Any]]) -> list[Cell]:
    seconds = sorted(call["seconds"] for call in calls)
    cost = sum(call["cost"] or 0.0 for call in calls)
    return [
        name, len(calls), sum(bool(call["cached"]) for call in calls),
        sum(call["input_tokens"] for call in calls), sum(call["output_tokens"] for call in calls),
        money(cost) if cost else "0", f"{seconds[len(seconds) // 2]:.2f}",
        sum(call["error"] is not None for call in calls),
    ]  # fmt: skip


def cost_report(calls: Calls, by: str = "model", since: float = 0.0) -> CostReport:
    """The calls since a time, in groups. Raises UnknownName for another grouping."""
    if by not in GROUPS:
        raise UnknownName("grouping", by, GROUPS, example="%cost --by {}")
    return CostReport(calls=tuple(calls.newest(_MOST, since)), by=by)
