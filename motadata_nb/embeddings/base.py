"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder"]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors, and counts tokens as the model behind it does. Safe to call from several threads."""

    name: str
    """The name it is registered by; stored beside each vector, so that vectors of two models never mix."""
    dimension: int
    max_tokens: int
    """Longest text in tokens; what is beyond is not seen by the model."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, texts × dimension, in the order of the texts."""
        ...

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Character span `(start, end)` of each token of the text, in order, special tokens left out."""
        ...
