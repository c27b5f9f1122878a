"""The reference reranker: a passage is as near as its nearest sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.rerankers.base import RerankerPlace

__all__ = ["SentenceReranker"]


class SentenceReranker:
    """Cosine of the question with the best sentence of each passage, by the index's own embedder."""

    def __init__(self, place: RerankerPlace) -> None:
        self._embedder = place.embedder

    async def ascore(self, question: str, passages: Sequence[str]) -> list[float]:
        """From -1 to 1."""
        return await asyncio.to_thread(self._score, question, passages)

    def _score(self, question: str, passages: Sequence[str]) -> list[float]:
        pieces = [[s.text for s in split_sentences(passage)] or [passage] for passage in passages]
        vectors = self._embedder.embed([question, *(piece for group in pieces for piece in group)])
        near = iter((vectors[1:] @ vectors[0]).tolist())
        return [max(next(near) for _ in group) for group in pieces]
