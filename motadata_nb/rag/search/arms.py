"""The two arms of an index, words and vectors, under one filter: what the ranking searches with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.rag.search.keyword import KeywordIndex
from motadata_nb.rag.search.memory import ChunkMemory, TextMemory
from motadata_nb.vectors.base import Ids, Match
from motadata_nb.vectors.narrowed import LOOSE, Fitting, nearest, search_among

__all__ = ["IndexArms", "LOOSE_WORDS", "VectorSearch"]

VectorSearch = Callable[[NDArray[np.float32], int, Ids | None], Sequence[Match]]
"""`search(query, k, among)`: the `k` best of all chunks, or among some."""

LOOSE_WORDS = 0.04
"""Share from which thousands of hits by words are found faster than those among many ids."""
_FEW = 20_000
"""Chunks that pass a filter up to which all of them are compared."""


class IndexArms:
    """The two arms of an index under one filter."""

    def __init__(
        self,
        words: KeywordIndex,
        nearest_to: VectorSearch | None,
        texts: TextMemory,
        fitting: Fitting | None,
        memory: ChunkMemory,
    ) -> None:
        self._words = words
        self._nearest_to = nearest_to
        self._texts = texts
        self._fitting = fitting
        self._memory = memory
        self.terms, self.analyze, self.idf = words.terms, words.analyze, words.idf
        self.owners, self.names = memory.owners, memory.names

    def keyword(self, boosts: Mapping[str, float] | Sequence[str], k: int) -> dict[int, float]:
        """The `k` best chunks by words."""
        found = search_among(lambda n, among: self._words.search(boosts, n, among), k, self._fitting, LOOSE_WORDS)
        return dict(found)

    def coverage(self, terms: Sequence[str], chunks: Sequence[int]) -> dict[int, float]:
        """The share of the terms' idf that each of these chunks holds."""
        return dict(self._words.coverage(terms, np.asarray(chunks, dtype=np.int64)))

    def vector(self, query: NDArray[np.float32], k: int) -> dict[int, float]:
        """The `k` best chunks by cosine similarity."""
        if (search := self._nearest_to) is None:
            return {}
        if (few := self._fitting) is not None and 0 < len(few.ids) <= _FEW and few.share < LOOSE:
            # Faster than an index that walks its graph past what does not fit, and exact on every backend.
            ids, vectors = self._memory.fitting(few)
            return dict(nearest(ids, vectors, query, k)) if len(ids) else {}
        return dict(search_among(lambda n, among: search(query, n, among), k, self._fitting))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts."""
        return self._texts.embed(texts)

    def vectors(self, chunks: Sequence[int]) -> NDArray[np.float32]:
        """The stored unit vectors of chunks; zero rows for those not embedded yet."""
        return self._memory.vectors(chunks)

    def texts(self, chunks: Sequence[int]) -> list[str]:
        """The searchable texts of chunks."""
        rows = self._memory.rows(chunks)
        return [embedded_text(rows[c].title, rows[c].heading, rows[c].text) if c in rows else "" for c in chunks]
