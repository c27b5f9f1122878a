"""Caches by name."""

from __future__ import annotations

from motadata_nb.cache.base import Cache
from motadata_nb.registry import Registry

__all__ = ["CACHES"]

CACHES: Registry[type[Cache]] = Registry("cache", "motadata_nb.caches", extras={"redis": "redis"})
