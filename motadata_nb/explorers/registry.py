"""The registered explorers, by the name of what they explore."""

from __future__ import annotations

from collections.abc import Callable

from motadata_nb.explorers.base import ExplorerWidget
from motadata_nb.registry import Registry

__all__ = ["EXPLORERS", "explore"]

EXPLORERS: Registry[Callable[..., ExplorerWidget]] = Registry("explorer", "motadata_nb.explorers")


def explore(name: str, *subject: object) -> ExplorerWidget:
    """The widget for a subject. Raises UnknownName where no package brings that explorer."""
    return EXPLORERS.load(name)(*subject)
