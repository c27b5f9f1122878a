"""What a projection writes to; that of vectors embeds what is not embedded yet, then writes to the backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import ChunkRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.bulk import in_bulk
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.vectors.base import Ids, Match, OnServer, VectorBackend
from motadata_nb.vectors.opening import matches

__all__ = ["Target", "VectorTarget"]


class Target(Protocol):
    """What a projection writes to: a vector backend with its embedder, or a keyword index."""

    durable: bool
    sees_other_writers: bool

    def put(self, rows: Sequence[ChunkRow]) -> None:
        """Add or replace chunks."""
        ...

    def drop(self, ids: Sequence[int]) -> None:
        """Remove chunks by id."""
        ...

    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        ...

    def wipe(self) -> None:
        """Remove what is kept outside the folder."""
        ...

    def warm(self) -> None:
        """Load what the first search would load."""
        ...

    def close(self) -> None:
        """Release files."""
        ...


class VectorTarget:
    """A backend with the embedder that fills it."""

    def __init__(self, backend: VectorBackend, embedder: Embedder, catalog: Catalog, name: str = "") -> None:
        """`name` is what the backend is registered as."""
        self.name = name
        self.backend = backend
        self.durable = backend.durable
        self.sees_other_writers = backend.sees_other_writers
        self._embedder = embedder
        self._stored = catalog.embeddings

    def put(self, rows: Sequence[ChunkRow]) -> None:
        """Embed the chunks that no one has embedded, keep the vectors, and write them to the backend.

        Raises BackendError when the embedder fails.
        """
        vectors = self._vectors(rows)
        self.backend.upsert([r.id for r in rows], vectors)

    def _vectors(self, rows: Sequence[ChunkRow]) -> NDArray[np.float32]:
        known = self._stored.fetch(self._embedder.name, [r.embedded_hash for r in rows])
        missing = {
            r.embedded_hash: embedded_text(r.title, r.heading, r.text) for r in rows if r.embedded_hash not in known
        }
        if missing:
            with in_bulk():
                fresh = self._embedder.embed(list(missing.values()))
            self._stored.store(self._embedder.name, list(missing), fresh, of_chunks=True)
            known.update(zip(missing, fresh, strict=True))
        return np.stack([known[r.embedded_hash] for r in rows])

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        """The nearest, best first. Raises BackendError for what is no match."""
        return matches(self.name, self.backend.search(vector, k, among))

    def is_empty(self) -> bool:
        """Whether the backend holds no vector."""
        return self.backend.count() == 0

    def wipe(self) -> None:
        """Remove what the backend keeps outside its folder."""
        if isinstance(self.backend, OnServer):
            self.backend.wipe()

    def drop(self, ids: Sequence[int]) -> None:
        """Remove chunks from the backend."""
        self.backend.delete(ids)

    def warm(self) -> None:
        """Load what the first search would load."""
        probe = np.zeros(self._embedder.dimension, np.float32)
        probe[0] = 1.0
        self.backend.search(probe, 1)

    def close(self) -> None:
        """Close the backend."""
        self.backend.close()
