"""What a reranker is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from motadata_nb.embeddings.base import Embedder

__all__ = ["Reranker", "RerankerPlace"]


@dataclass(frozen=True, kw_only=True)
class RerankerPlace:
    """What a reranker is made with."""

    embedder: Embedder
    """The index's own."""
    model: str = ""
    """What stands behind the colon of `--rerank api:jina-reranker-v2`; empty for the backend's default."""
    api_base: str = ""
    api_key: str = ""
    timeout_s: float = 30.0


class Reranker(Protocol):
    """Judges passages against a question. Made with a `RerankerPlace`."""

    async def ascore(self, question: str, passages: Sequence[str]) -> list[float]:
        """A score for each passage in the order given; higher is closer, any range."""
        ...
