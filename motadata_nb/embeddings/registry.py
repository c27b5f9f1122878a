"""Embedders by name; those of a package are entry points of the group "motadata_nb.embedders"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from motadata_nb.gateway import embedders

if TYPE_CHECKING:
    from motadata_nb.embeddings.base import Embedder
    from motadata_nb.registry import Registry

__all__ = ["BUNDLED", "EMBEDDERS"]

EMBEDDERS: Registry[type[Embedder]] = embedders.EMBEDDERS
"""The gateway's own, so that what is registered here can be asked for there."""
BUNDLED = "minilm"
"""The one that is always there."""
