"""Model providers by name."""

from __future__ import annotations

from motadata_nb.gateway.base import ModelProvider
from motadata_nb.registry import Registry

__all__ = ["MODELS"]

MODELS: Registry[type[ModelProvider]] = Registry("model", "motadata_nb.models", extras={"local": "local"})
