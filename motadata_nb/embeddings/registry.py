"""Embedders by name."""

from __future__ import annotations

from motadata_nb.embeddings.base import Embedder
from motadata_nb.registry import Registry

__all__ = ["EMBEDDERS"]

EMBEDDERS: Registry[type[Embedder]] = Registry("embedder", "motadata_nb.embedders")
