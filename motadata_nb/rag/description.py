"""What an index is made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motadata_nb.cards import Card, Section, Table, counted
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import IndexRow, QuarantineRow
from motadata_nb.results import Result
from motadata_nb.vectors.projection import Projection
from motadata_nb.vectors.registry import VECTORS

__all__ = ["IndexDescription", "ago", "describe"]


@dataclass(frozen=True, kw_only=True)
class IndexDescription(Result):
    """Documents, chunks, embedder, backend, size and freshness of an index."""

    name: str
    documents: int
    chunks: int
    backend: str
    embedder: str
    size: int
    """Bytes of the projections on disk."""
    pending: int
    """Transactions that a projection lacks; 0 when both are current."""
    age_s: float
    """Seconds since the index was made."""
    changed_at: float | None
    """When a document was added or changed last, in seconds since 1970; None when there is none."""
    quarantined: tuple[QuarantineRow, ...]
    chunk_tokens: int = 0
    """Longest chunk in tokens."""
    snapshots: tuple[str, ...] = ()
    """Names of kept states, as `restore` takes them."""
    server: str = ""
    """Backend and address of the server that the vectors are on; empty when they are in the workspace."""
    notes: tuple[str, ...] = ()
    """What the change that was just made could not do."""

    def _card(self) -> Card:
        aside = [[row.source, row.reason, row.hint] for row in self.quarantined]
        section = Section(title=f"Quarantined ({len(aside)})", content=Table(["Source", "Why", "What to do"], aside))
        kept = Section(title=f"Snapshots ({len(self.snapshots)})", content=", ".join(self.snapshots))
        limit = (f"chunks of up to {self.chunk_tokens} tokens",) if self.chunk_tokens else ()
        behind = ("not current: it is caught up at the next question",) if self.pending else ()
        return Card(
            title=f"{self.name}: {counted(self.documents, 'document')}, {counted(self.chunks, 'chunk')}",
            status=(
                self.server or self.backend,
                self.embedder,
                *limit,
                f"{self.size / 1e6:.1f} MB on disk",
                *self._changed(),
            ),
            attention=(*behind, *self.notes),
            sections=(*((section,) if aside else ()), *((kept,) if self.snapshots else ())),
        )

    @property
    def freshness(self) -> str:
        """How current it is, in words: when it changed last, and whether all of that can be found."""
        return ", ".join([*self._changed(), "behind" if self.pending else "current"])

    def _changed(self) -> tuple[str, ...]:
        return () if self.changed_at is None else (f"changed {ago(time.time() - self.changed_at)}",)


def ago(seconds: float) -> str:
    """A time that has passed, in words.

    >>> ago(3), ago(70), ago(7300), ago(200_000)
    ('just now', '1 minute ago', '2 hours ago', '2 days ago')
    """
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now"


def describe(
    catalog: Catalog,
    row: IndexRow,
    keyword: Projection[Any],
    vector: Projection[Any],
    folder: Path,
    snapshots: Sequence[str] = (),
) -> IndexDescription:
    """The description as it is now."""
    documents, chunks = catalog.indexes.counts(row.id)
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) if folder.exists() else 0
    # One that lives in memory is filled when it is first asked, and lacks nothing.
    kept = getattr(VECTORS.load(row.backend), "durable", True)
    return IndexDescription(
        name=row.name, documents=documents, chunks=chunks, backend=row.backend, embedder=row.embedder, size=size,
        pending=max(keyword.behind(), vector.behind() if kept else 0), age_s=time.time() - row.created_at,
        changed_at=catalog.documents.changed_at(row.id),
        quarantined=tuple(catalog.documents.quarantined(row.id)), chunk_tokens=int(row.chunking.get("tokens", 0)),
        snapshots=tuple(snapshots),
    )  # fmt: skip
