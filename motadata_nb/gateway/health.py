"""How each deployment does, as a table."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Cell, Table
from motadata_nb.errors import MotadataError
from motadata_nb.gateway.base import ChatRequest, Checkable
from motadata_nb.gateway.names import require_key
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.gateway.stations import Station

__all__ = ["Health", "HealthRow", "check", "health_of"]


@dataclass(frozen=True, kw_only=True)
class HealthRow:
    """One deployment."""

    deployment: str
    circuit: str
    """closed, open or half-open."""
    reachable: bool | None
    """What the last active check found; None when none was made."""
    calls: int
    error_rate: float
    """Of the last 50 calls."""
    latency_s: float | None
    """Moving mean of whole answers."""
    first_s: float | None
    """Moving mean until the first piece of a stream."""
    tokens_per_s: float | None
    running: int
    waiting: int
    last_error: str


@dataclass(frozen=True, kw_only=True)
class Health(Result, Tabular):
    """All deployments that are configured or were called."""

    rows: tuple[HealthRow, ...]

    @property
    def df(self) -> pd.DataFrame:
        """One row a deployment."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows], columns=list(HealthRow.__dataclass_fields__))

    def _card(self) -> Card:
        figures = ("calls", "errors", "latency", "tokens/s", "running", "waiting")
        headers = ("deployment", "circuit", *figures, "last error")
        rows = [_cells(row) for row in self.rows]
        open_ones = [row for row in self.rows if row.circuit != "closed" or row.reachable is False]
        return Card(
            summary=Table(headers, rows, frozenset(figures)) if rows else None,
            body="" if rows else "No model was called yet.",
            attention=tuple(
                f"{row.deployment} is {'unreachable' if row.reachable is False else 'left alone'}" for row in open_ones
            ),
        )


async def check(station: Station, provider: Checkable, request: ChatRequest) -> None:
    """Ask a deployment whether it is there, and note it."""
    found = ""
    try:
        require_key(station.deployment, {})
        async with asyncio.timeout(_PATIENCE_S):
            await provider.check(request)
    except TimeoutError:
        found = f"{request.shown} said nothing for {_PATIENCE_S:.0f} s."
    except MotadataError as error:
        found = error.what
    station.vitals.reachable = not found
    station.vitals.last_error = found or station.vitals.last_error


# A server that lists its models takes milliseconds.
_PATIENCE_S = 5.0


def health_of(station: Station) -> HealthRow:
    """How a deployment does."""
    v = station.vitals
    return HealthRow(
        deployment=station.deployment.id, circuit=station.breaker.state, reachable=v.reachable, calls=v.calls,
        error_rate=v.error_rate, latency_s=v.latency_s, first_s=v.first_s, tokens_per_s=v.tokens_per_s,
        running=station.gate.running, waiting=len(station.gate.queue()), last_error=v.last_error,
    )  # fmt: skip


def _cells(row: HealthRow) -> tuple[Cell, ...]:
    latency = f"{row.latency_s:.2f} s" if row.latency_s is not None else ""
    speed = f"{row.tokens_per_s:.0f}" if row.tokens_per_s is not None else ""
    circuit = row.circuit if row.reachable is not False else f"{row.circuit}, unreachable"
    return (
        row.deployment, circuit, row.calls, f"{row.error_rate:.0%}", latency, speed, row.running, row.waiting,
        row.last_error,
    )  # fmt: skip
