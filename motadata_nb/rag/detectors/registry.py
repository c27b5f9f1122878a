"""Detectors by name."""

from __future__ import annotations

from collections.abc import Callable

from motadata_nb.rag.detectors.base import Detector, DetectorPlace
from motadata_nb.registry import Registry

__all__ = ["DETECTORS", "require_detector"]

DETECTORS: Registry[Callable[[DetectorPlace], Detector]] = Registry("detector", "motadata_nb.detectors")


def require_detector(name: str) -> None:
    """Raises UnknownName when no detector has that name; nothing is imported."""
    DETECTORS.target(name.partition(":")[0])
