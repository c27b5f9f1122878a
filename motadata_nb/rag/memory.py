"""What questions ask for again and again: vectors of sentences, and owners, vectors and number of chunks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.base import Embedder
from motadata_nb.vectors.base import Ids
from motadata_nb.vectors.filters import Filter
from motadata_nb.vectors.narrowed import Fitting

__all__ = ["ChunkMemory", "TextMemory"]

K = TypeVar("K")
V = TypeVar("V")
Vectors = NDArray[np.float32]
_SIZE = 8192
_FITTING = 40_000
"""Vectors that are kept for filters, 1.5 KB each."""


class _Recent(Generic[K, V]):
    """The entries that were used last, at most `size`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._mutex = threading.Lock()

    def fetch(self, keys: Sequence[K], load: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """What is known of `keys`; `load` is asked for the rest, and what it does not give is left out."""
        with self._mutex:
            found = {key: self._entries[key] for key in keys if key in self._entries}
        new = dict(load(missing)) if (missing := [k for k in dict.fromkeys(keys) if k not in found]) else {}
        with self._mutex:
            for key, value in (found | new).items():
                self._entries[key] = value
                self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return found | new

    def clear(self) -> None:
        with self._mutex:
            self._entries.clear()


class TextMemory:
    """Vectors of short texts: sentences of passages, which come again with the next question. Thread-safe."""

    def __init__(self, embedder: Embedder, size: int = _SIZE) -> None:
        self.embedder = embedder
        self._vectors: _Recent[str, Vectors] = _Recent(size)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, texts × dimension; only texts that are new are embedded."""
        found = self._vectors.fetch(texts, lambda new: dict(zip(new, self.embedder.embed(new), strict=True)))
        if not texts:
            return np.zeros((0, self.embedder.dimension), dtype=np.float32)
        return np.stack([found[text] for text in texts])


class ChunkMemory:
    """Owners, vectors and number of the chunks of one index as of one sequence number; a newer number forgets all."""

    def __init__(self, size: int = _SIZE) -> None:
        self._seq = -1
        self._count: int | None = None
        self._owners: _Recent[int, int] = _Recent(8 * size)
        self._vectors: _Recent[int, Vectors] = _Recent(size)
        self._fitting: OrderedDict[Filter, tuple[Ids, Vectors]] = OrderedDict()

    def at(self, seq: int) -> ChunkMemory:
        """The memory as of `seq`."""
        if seq != self._seq:
            self._owners.clear()
            self._vectors.clear()
            self._fitting.clear()
            self._count = None
            self._seq = seq
        return self

    def count(self, load: Callable[[], int]) -> int:
        """How many chunks there are; counting them takes longer than a search when there are many."""
        if self._count is None:
            self._count = load()
        return self._count

    def owners(self, chunks: Sequence[int], load: Callable[[list[int]], Mapping[int, int]]) -> dict[int, int]:
        """The document of each chunk; chunks that are gone are left out."""
        return self._owners.fetch(chunks, load)

    def fitting(self, fitting: Fitting, load: Callable[[list[int]], Mapping[int, Vectors]]) -> tuple[Ids, Vectors]:
        """The chunks that pass a filter, those that are embedded, with their vectors; kept when all are."""
        where = fitting.where
        if where is not None and where in self._fitting:
            self._fitting.move_to_end(where)
            return self._fitting[where]
        found = load(fitting.ids.tolist())
        ids = np.fromiter(found, np.int64, len(found))
        made = ids, np.stack(list(found.values())) if found else np.zeros((0, 0), np.float32)
        if where is not None and len(ids) == len(fitting.ids):
            self._fitting[where] = made
            while sum(len(kept) for kept, _ in self._fitting.values()) > _FITTING and len(self._fitting) > 1:
                self._fitting.popitem(last=False)
        return made

    def vectors(self, chunks: Sequence[int], load: Callable[[list[int]], Mapping[int, Vectors]]) -> dict[int, Vectors]:
        """The stored vector of each chunk; those not embedded yet are left out."""
        return self._vectors.fetch(chunks, load)
