"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Remote", "on_this_machine"]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors, and counts tokens as the model behind it does. Safe to call from several threads."""

    name: str
    """The name it is registered by; stored beside each vector, so that vectors of two models never mix."""
    max_tokens: int
    """Longest text in tokens; what is beyond is not seen by the model."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector; an attribute will do."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, texts × dimension, in the order of the texts."""
        ...

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Character span `(start, end)` of each token of the text, in order, special tokens left out."""
        ...


@runtime_checkable
class Remote(Protocol):
    """An embedder whose calls have their time and their price, or that may not be there."""

    local: Embedder
    """Compares single sentences in its place."""

    @property
    def known_dimension(self) -> int | None:
        """The dimension, where that is known without a call."""
        ...


def on_this_machine(embedder: Embedder) -> Embedder:
    """What compares the sentences of an answer: the embedder itself, unless it is called over the network."""
    return embedder.local if isinstance(embedder, Remote) else embedder
