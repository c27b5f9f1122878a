"""One ingestion: sources into the catalog, then both projections brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from motadata_nb.ingestion.pipeline import Pipeline, Progress
from motadata_nb.ingestion.report import IngestReport, Outcome
from motadata_nb.ingestion.sources import Source
from motadata_nb.rag.keeping import vectors_later

if TYPE_CHECKING:
    from motadata_nb.rag.index import Index

__all__ = ["IngestRun"]


class IngestRun:
    """Runs once; `report` says at any time, also after an interrupt, what is done."""

    def __init__(
        self,
        index: Index,
        pipeline: Pipeline,
        sources: Iterable[Source],
        *,
        total: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._index = index
        self._pipeline = pipeline
        self._sources = sources
        self._total = total
        self._progress = progress
        self._started = time.perf_counter()
        self._embedded = 0
        self._chunks = 0
        self._whole = False

    def run(self) -> IngestReport:
        """Read, commit, index and embed. What an interrupt leaves undone, the same call does next time."""
        self._pipeline.run(self._sources, self._read_one)
        self._chunks = self._index.pending_chunks()
        with vectors_later("The documents are in and found by words, but not all of their vectors"):
            self._index.catch_up(self._embed_some)
        self._whole = True
        return self.report

    @property
    def report(self) -> IngestReport:
        """What is done so far."""
        return self._index.report(
            tuple(self._pipeline.outcomes),
            embedded=self._embedded,
            seconds=time.perf_counter() - self._started,
            interrupted=not self._whole,
        )

    def _read_one(self, outcome: Outcome) -> None:
        self._tell("reading", len(self._pipeline.outcomes), self._total, "documents")

    def _embed_some(self, written: int) -> None:
        self._embedded += written
        self._tell("embedding", self._embedded, max(self._chunks, self._embedded), "chunks")

    def _tell(self, stage: str, done: int, total: int | None, unit: str) -> None:
        if self._progress is None:
            return
        aside = sum(outcome.status == "quarantined" for outcome in self._pipeline.outcomes)
        seconds = time.perf_counter() - self._started
        self._progress(Progress(stage=stage, done=done, total=total, unit=unit, quarantined=aside, seconds=seconds))
