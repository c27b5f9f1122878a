"""Model providers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from motadata_nb.registry import Registry

if TYPE_CHECKING:
    from motadata_nb.gateway.base import ModelProvider

__all__ = ["MODELS"]

MODELS: Registry[type[ModelProvider]] = Registry("model", "motadata_nb.models", extras={"local": "local"})
