"""What questions ask for again and again: vectors of sentences; places, texts and vectors of chunks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import ChunkRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.rag.search.places import Places
from motadata_nb.rag.search.rounded import RoundedVectors
from motadata_nb.vectors.base import Ids
from motadata_nb.vectors.filters import Filter
from motadata_nb.vectors.narrowed import Fitting

__all__ = ["ChunkMemory", "Recent", "TextMemory"]

K = TypeVar("K")
V = TypeVar("V")
Vectors = NDArray[np.float32]
_SIZE = 8192
"""Texts whose vectors are kept, 1.5 KB each; a quarter as many chunks are kept with their texts."""
_FITTING = 40_000
"""Vectors that are kept for filters, 1.5 KB each."""


class Recent(Generic[K, V]):
    """The entries that were used last, at most `size`. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._mutex = threading.Lock()
        self._forgotten = 0

    def fetch(self, keys: Sequence[K], load: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """What is known of `keys`; `load` is asked for the rest, and what it does not give is left out."""
        with self._mutex:
            forgotten = self._forgotten
            found = {key: self._entries[key] for key in keys if key in self._entries}
            for key in found:
                self._entries.move_to_end(key)
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if not missing:
            return found
        new = dict(load(missing))
        with self._mutex:
            if forgotten == self._forgotten:  # otherwise it may have been read before it changed
                self._entries.update(new)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return found | new

    def forget(self, keys: Iterable[K]) -> None:
        """Drop what is no longer so."""
        with self._mutex:
            self._forgotten += 1
            for key in keys if self._entries else ():
                self._entries.pop(key, None)


class TextMemory:
    """Vectors of short texts: sentences of passages, which come again with the next question. Thread-safe."""

    def __init__(self, embedder: Embedder, size: int = _SIZE) -> None:
        self.embedder = embedder
        self._vectors: Recent[str, Vectors] = Recent(size)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, texts × dimension; only texts that are new are embedded."""
        found = self._vectors.fetch(texts, lambda new: dict(zip(new, self.embedder.embed(new), strict=True)))
        if not texts:
            return np.zeros((0, self.embedder.dimension), dtype=np.float32)
        return np.stack([found[text] for text in texts])


class ChunkMemory:
    """What the catalog says of the chunks of one index as of one sequence number; a newer one forgets what changed."""

    def __init__(self, catalog: Catalog, index_id: int, embedder: Embedder, size: int = _SIZE) -> None:
        self._catalog = catalog
        self._id = index_id
        self._embedder = embedder
        self._seq = -1
        self._places = Places(catalog, index_id)
        self.count, self.owners = self._places.count, self._places.owners
        self.sizes, self.names = self._places.sizes, self._places.names
        self._rows: Recent[int, ChunkRow] = Recent(size // 4)
        self._searches = 0
        self._fitting: OrderedDict[Filter, tuple[Ids, Ids, Vectors]] = OrderedDict()
        """What passed a filter, which of these are embedded, and their vectors; a chunk never changes its vector."""

    @cached_property
    def _vectors(self) -> RoundedVectors:
        return RoundedVectors(self._stored, self._embedder.dimension)

    def now(self) -> ChunkMemory:
        """The memory for one more search, with nothing in it that is older than the index."""
        self._searches += 1
        seq = self._catalog.indexes.seq(self._id)
        if seq != self._seq:
            self._rows.forget(self._places.follow(seq))
            self._seq = seq
        return self

    def rows(self, chunks: Sequence[int]) -> dict[int, ChunkRow]:
        """Chunks with their texts; those that are gone are left out."""
        return self._rows.fetch(chunks, self._catalog.documents.chunks)

    def vectors(self, chunks: Sequence[int]) -> Vectors:
        """Unit vectors, chunks × dimension, right to some thousandths; zero rows for those not embedded yet."""
        if self._searches > 1:  # who asks once does not wait for all
            self._vectors.fill(self._places.chunks)
        return self._vectors.fetch(chunks)

    def fitting(self, fitting: Fitting) -> tuple[Ids, Vectors]:
        """The chunks that pass a filter, those that are embedded, with their vectors; kept when all are."""
        where = fitting.where
        if where is not None and (kept := self._fitting.get(where)) and np.array_equal(kept[0], fitting.ids):
            self._fitting.move_to_end(where)
            return kept[1:]
        found = self._stored(fitting.ids.tolist())
        ids = np.fromiter(found, np.int64, len(found))
        vectors = np.stack(list(found.values())) if found else np.zeros((0, 0), np.float32)
        if where is not None and len(ids) == len(fitting.ids):
            self._keep(where, (fitting.ids, ids, vectors))
        return ids, vectors

    def _keep(self, where: Filter, fitting: tuple[Ids, Ids, Vectors]) -> None:
        self._fitting[where] = fitting
        self._fitting.move_to_end(where)
        while sum(len(ids) for ids, _, _ in self._fitting.values()) > _FITTING and len(self._fitting) > 1:
            self._fitting.popitem(last=False)

    def close(self) -> None:
        """Read nothing more."""
        if "_vectors" in self.__dict__:
            self._vectors.close()

    def _stored(self, chunks: Sequence[int]) -> dict[int, Vectors]:
        return self._catalog.embeddings.of_chunks(self._embedder.name, chunks)
