"""Vectors and owners that are remembered, and forgotten when the index changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motadata_nb.rag.memory import ChunkMemory, TextMemory


class Counting:
    """An embedder that counts what it embeds."""

    name, dimension, max_tokens = "counting", 2, 100

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.seen += texts
        return np.asarray([[len(text), 1] for text in texts], dtype=np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return []


def test_a_text_is_embedded_once_while_it_is_remembered() -> None:
    embedder = Counting()
    memory = TextMemory(embedder, size=2)
    assert memory.embed(["a", "bb", "a"]).tolist() == [[1, 1], [2, 1], [1, 1]] and embedder.seen == ["a", "bb"]
    assert memory.embed(["bb"]).tolist() == [[2, 1]] and embedder.seen == ["a", "bb"]
    memory.embed(["ccc"])
    memory.embed(["bb", "a"])
    assert embedder.seen == ["a", "bb", "ccc", "a"]
    assert memory.embed([]).shape == (0, 2)


def test_chunks_are_forgotten_when_the_index_moves() -> None:
    memory, asked = ChunkMemory(), []

    def load(ids: list[int]) -> dict[int, int]:
        asked.append(ids)
        return {i: i * 10 for i in ids if i != 3}

    assert memory.at(1).owners([1, 2, 3], load) == {1: 10, 2: 20} and memory.at(1).owners([2, 3], load) == {2: 20}
    assert memory.at(2).owners([2], load) == {2: 20}
    assert asked == [[1, 2, 3], [3], [2]]
