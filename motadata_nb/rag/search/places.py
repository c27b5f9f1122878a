"""In memory, in the place of two reads a search: which document each chunk of an index belongs to, 16 bytes a chunk,
and the names of long documents.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.ingestion.source import is_row, name_in_words
from motadata_nb.rag.search.naming import Names
from motadata_nb.vectors.base import Ids

__all__ = ["Places", "SHORT"]

SHORT = 8
"""Chunks that a document may have to be called short."""


class Places:
    """Chunks and their documents as of one sequence number; follows the index by what has changed. Thread-safe."""

    def __init__(self, catalog: Catalog, index_id: int) -> None:
        self._catalog = catalog
        self._id = index_id
        self._seq = -1
        # Pairs, so that who reads while another follows sees two arrays of one state.
        self._owned = self._sized = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._names: dict[int, Names] = {}
        self._mutex = threading.Lock()

    def follow(self, seq: int) -> list[int]:
        """Take over what was written and removed up to the sequence number; gives those chunks."""
        with self._mutex:
            if seq == self._seq:
                return []
            documents, (chunks, owners) = self._catalog.documents, self._owned
            gone = documents.buried(self._id, self._seq, seq) if len(chunks) else []
            written = np.asarray(documents.places(self._id, self._seq), np.int64).reshape(-1, 2)
            changed: Ids = np.concatenate([np.asarray(gone, np.int64), written[:, 0]])
            keep = ~np.isin(chunks, changed)
            chunks = np.concatenate([chunks[keep], written[:, 0]])
            owners = np.concatenate([owners[keep], written[:, 1]])
            order = np.argsort(chunks, kind="stable")
            self._owned = chunks[order], owners[order]
            self._sized = known, sizes = np.unique(owners, return_counts=True)
            long = set(known[sizes > SHORT].tolist())
            new = {d: _names(*called) for d, *called in documents.names(self._id, self._seq) if d in long}
            kept = {document: names for document, names in self._names.items() if document in long}
            self._names = kept | new
            self._seq = seq
            ids: list[int] = changed.tolist()
            return ids

    @property
    def chunks(self) -> Ids:
        """All chunks, sorted."""
        return self._owned[0]

    def count(self) -> int:
        """How many chunks there are."""
        return len(self.chunks)

    def owners(self, chunks: Sequence[int]) -> dict[int, int]:
        """The document of each chunk; chunks that are gone are left out."""
        return _looked_up(chunks, *self._owned)

    def sizes(self, documents: Sequence[int]) -> dict[int, int]:
        """How many chunks each document has."""
        return _looked_up(documents, *self._sized)

    def names(self, documents: Iterable[int]) -> dict[int, Names]:
        """The names of those documents that are long and have a title."""
        return {document: self._names[document] for document in documents if document in self._names}


def _names(title: str, source: str, key: str) -> Names:
    file = "" if is_row(source, key) else name_in_words(source)
    return tuple(dict.fromkeys(name for name in (title, file) if name))


def _looked_up(wanted: Sequence[int], keys: Ids, values: Ids) -> dict[int, int]:
    """The values of those that stand among the sorted keys."""
    asked = np.asarray(wanted, np.int64)
    at = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
    there = keys[at] == asked if len(keys) else np.zeros(len(asked), bool)
    return dict(zip(asked[there].tolist(), values[at[there]].tolist(), strict=True))
