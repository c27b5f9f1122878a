"""Rerankers by name."""

from __future__ import annotations

from collections.abc import Callable

from motadata_nb.rag.rerankers.base import Reranker, RerankerPlace
from motadata_nb.registry import Registry

__all__ = ["RERANKERS", "reranker"]

RERANKERS: Registry[Callable[[RerankerPlace], Reranker]] = Registry("reranker", "motadata_nb.rerankers")


def reranker(name: str, place: RerankerPlace) -> Reranker:
    """The reranker written as `name` or `name:model`. Raises UnknownName, or MissingExtra with the pip line."""
    return RERANKERS.load(name.partition(":")[0])(place)
