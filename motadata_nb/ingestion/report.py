"""What an ingestion did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Section, Table, counted
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IngestReport", "Outcome", "Tally"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one source. `status`: added, updated, unchanged, removed, duplicate or quarantined."""

    source: str
    status: str
    chunks: int = 0
    reason: str = ""
    hint: str = ""


class Tally(int):
    """A count that knows what it counted: `report.added == 2`, `for outcome in report.added`."""

    outcomes: tuple[Outcome, ...]

    def __new__(cls, outcomes: Iterable[Outcome]) -> Tally:
        counted = tuple(outcomes)
        tally = super().__new__(cls, len(counted))
        tally.outcomes = counted
        return tally

    def __len__(self) -> int:
        return len(self.outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    def __getitem__(self, at: int) -> Outcome:
        return self.outcomes[at]


@dataclass(frozen=True, kw_only=True)
class IngestReport(Result, Tabular):
    """Counts of what was done, and a row for each source in `df`."""

    index: str
    outcomes: tuple[Outcome, ...] = field(repr=False)
    documents: int
    """Documents in the index now."""
    chunks: int
    """Chunks in the index now."""
    embedded: int
    """Chunks that were written to the vector index by this ingestion."""
    seconds: float
    backend: str = ""
    embedder: str = ""
    interrupted: bool = False

    @property
    def added(self) -> Tally:
        """New documents."""
        return self._tally("added")

    @property
    def updated(self) -> Tally:
        """Documents whose content changed."""
        return self._tally("updated")

    @property
    def unchanged(self) -> Tally:
        """Documents that were there already; nothing was parsed or embedded for them."""
        return self._tally("unchanged")

    @property
    def removed(self) -> Tally:
        """Documents that are no longer where they came from."""
        return self._tally("removed")

    @property
    def duplicates(self) -> Tally:
        """Documents with the same content as another; their text is kept once."""
        return self._tally("duplicate")

    @property
    def quarantined(self) -> Tally:
        """Sources that could not be read, each with the reason and what to do."""
        return self._tally("quarantined")

    def _tally(self, status: str) -> Tally:
        return Tally(outcome for outcome in self.outcomes if outcome.status == status)

    @property
    def df(self) -> pd.DataFrame:
        """One row a source: source, status, chunks, reason, hint."""
        import pandas as pd

        columns = ["source", "status", "chunks", "reason", "hint"]
        return pd.DataFrame([[getattr(o, c) for c in columns] for o in self.outcomes], columns=columns)

    def _card(self) -> Card:
        aside = self.quarantined
        names = ["Added", "Updated", "Unchanged", "Removed", "Quarantined"]
        counts = [self.added, self.updated, self.unchanged, self.removed, int(aside)]
        if self.duplicates:
            names.insert(3, "Duplicates")
            counts.insert(3, self.duplicates)
        rate = (f"{self.embedded / self.seconds:,.0f} chunks/s",) if self.embedded and self.seconds else ()
        return Card(
            title=f"{self.index}: {counted(self.documents, 'document')}, {counted(self.chunks, 'chunk')}",
            status=(self.backend, self.embedder, f"{self.seconds:.1f} s", *rate),
            attention=("interrupted; run the cell again to go on",) if self.interrupted else (),
            summary=Table(names, [counts], frozenset(names)),
            sections=tuple(_aside(aside.outcomes)),
        )


def _aside(outcomes: tuple[Outcome, ...]) -> Iterator[Section]:
    if outcomes:
        rows = [[o.source, o.reason, o.hint] for o in outcomes[:200]]
        table = Table(["Source", "Why", "What to do"], rows)
        yield Section(title=f"Quarantined ({len(outcomes)})", content=table, open=len(outcomes) <= 5)
