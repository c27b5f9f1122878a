"""Vector backends by name."""

from __future__ import annotations

from collections.abc import Callable

from motadata_nb.registry import Registry
from motadata_nb.vectors.base import Place, VectorBackend

__all__ = ["VECTORS"]

VECTORS: Registry[Callable[[Place], VectorBackend]] = Registry(
    "vector backend",
    "motadata_nb.vectors",
    extras={"pgvector": "postgres"},
    meant={"postgres": "pgvector", "postgresql": "pgvector", "pg": "pgvector", "lance": "lancedb", "numpy": "memory"},
)
