"""The providers of one gateway: made on first use, closed with it."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import wait

from motadata_nb.aio import GRACE_S, begin
from motadata_nb.gateway.base import ModelProvider
from motadata_nb.gateway.registry import MODELS

__all__ = ["Providers"]


class Providers:
    """Providers by their names in the registry."""

    def __init__(self) -> None:
        self._made: dict[str, ModelProvider] = {}
        self._lock = threading.Lock()
        # Who forgets to close finds no complaint of the HTTP client on the screen.
        weakref.finalize(self, _goodbye, self._made)

    def get(self, name: str) -> ModelProvider:
        """The provider of a name. Raises UnknownName, or MissingExtra with the pip line."""
        found = self._made.get(name)
        if found is None:
            with self._lock:
                found = self._made.setdefault(name, MODELS.load(name)())
        return found

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        for provider in list(self._made.values()):
            await provider.aclose()


def _goodbye(made: dict[str, ModelProvider]) -> None:
    async def close() -> None:
        for provider in made.values():
            await provider.aclose()

    if not made:
        return
    closed = begin(close())
    if not threading.main_thread().is_alive():  # The process ends, and the loop's thread with it.
        wait([closed], GRACE_S)
