"""Rerankers by name."""

from __future__ import annotations

from collections.abc import Callable

from motadata_nb.rag.rerankers.base import Reranker, RerankerPlace
from motadata_nb.registry import Registry

__all__ = ["RERANKERS"]

RERANKERS: Registry[Callable[[RerankerPlace], Reranker]] = Registry("reranker", "motadata_nb.rerankers")
