"""Embedders by name."""

from __future__ import annotations

from motadata_nb.embeddings.base import Embedder
from motadata_nb.registry import Registry

__all__ = ["BUNDLED", "EMBEDDERS"]

EMBEDDERS: Registry[type[Embedder]] = Registry("embedder", "motadata_nb.embedders")
BUNDLED = "minilm"
"""The one that is always there."""
