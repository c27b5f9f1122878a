"""Exact search in numpy: the reference backend. It lives in memory alone and is filled from the catalog."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.vectors.base import Ids, Match, Place
from motadata_nb.vectors.narrowed import nearest

__all__ = ["MemoryBackend"]


class MemoryBackend:
    """One matrix of unit vectors."""

    durable = False
    sees_other_writers = False

    def __init__(self, place: Place) -> None:
        self._ids = np.zeros(0, np.int64)
        self._matrix = np.zeros((0, place.dimension), np.float32)
        self._waiting: list[tuple[Ids, NDArray[np.float32]]] = []

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        # Kept in pieces until they are needed: filling batch by batch would copy the matrix each time.
        self._waiting.append((np.array(ids, np.int64), np.array(vectors, np.float32)))

    def delete(self, ids: Sequence[int]) -> None:
        self._settle()
        keep = ~np.isin(self._ids, ids)
        self._ids, self._matrix = self._ids[keep], self._matrix[keep]

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        self._settle()
        rows = None if among is None else np.flatnonzero(np.isin(self._ids, among))
        ids, matrix = (self._ids, self._matrix) if rows is None else (self._ids[rows], self._matrix[rows])
        return nearest(ids, matrix, vector, k)

    def count(self) -> int:
        self._settle()
        return len(self._ids)

    def close(self) -> None:
        self._waiting.clear()
        self._ids, self._matrix = self._ids[:0], self._matrix[:0]

    def _settle(self) -> None:
        if self._waiting:
            parts, self._waiting = self._waiting, []
            ids = np.concatenate([self._ids, *(i for i, _ in parts)])
            matrix = np.concatenate([self._matrix, *(v for _, v in parts)])
            # Of several rows with one id the last counts.
            last = np.unique(ids[::-1], return_index=True)[1]
            order = np.sort(len(ids) - 1 - last)
            whole = len(order) == len(ids)
            self._ids, self._matrix = (ids, matrix) if whole else (ids[order], matrix[order])
