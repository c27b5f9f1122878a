"""An embedder that is instant: each text gets a direction of its own. For tests of storage, not of meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.registry import EMBEDDERS


class Spread:
    """Unit vectors that depend on every character of a text."""

    name = "spread"
    dimension = 48
    max_tokens = 200

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([_direction(text, self.dimension) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        found, at = [], 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            found.append((start, at))
        return found


class Wide(Spread):
    """Another model: other vectors, another dimension."""

    name = "wide"
    dimension = 64


def _direction(text: str, size: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(size)


def register() -> None:
    """Make both known in this process."""
    EMBEDDERS.register("spread", "tests.vectors.spread:Spread")
    EMBEDDERS.register("wide", "tests.vectors.spread:Wide")
