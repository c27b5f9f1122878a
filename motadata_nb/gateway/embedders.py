"""Embedders of this machine behind the gateway's door, which stands below them and knows their names only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import ChatRequest, Delta, Instant, Usage
from motadata_nb.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EMBEDDERS", "EmbedderModel"]

EMBEDDERS: Registry[Any] = Registry("embedder", "motadata_nb.embedders")
"""Typed, and for everybody else: `motadata_nb.embeddings.registry.EMBEDDERS`."""


class EmbedderModel(Instant):
    """The provider behind `minilm` and every other embedder on this machine."""

    def __init__(self) -> None:
        self._embedders: dict[str, Any] = {}

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Unit vectors, computed in a thread."""
        return await asyncio.to_thread(self._embed, list(texts), request.model)

    def _embed(self, texts: list[str], name: str) -> tuple[NDArray[np.float32], Usage]:
        if name not in self._embedders:
            self._embedders[name] = EMBEDDERS.load(name)()
        return self._embedders[name].embed(texts), Usage(input_tokens=sum(len(t.split()) for t in texts))

    async def complete(self, request: ChatRequest) -> Delta:
        """Raises InvalidInput: an embedder does not write."""
        raise _no_chat(request.model)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """Raises InvalidInput: an embedder does not write."""
        raise _no_chat(request.model)
        yield Delta()

    async def aclose(self) -> None:
        """Nothing is open."""


def _no_chat(name: str) -> InvalidInput:
    return InvalidInput(f"'{name}' is an embedding model and does not write.", "Try: ws.gateway.embed(texts)")
