"""Chunks that were looked for in vain: words are found before they are embedded, and no search asks for all anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Sequence

import numpy as np

from motadata_nb.vectors.base import Ids

__all__ = ["Absent"]


class Absent:
    """Which chunks had no vector, and when that was seen. Of more than `most` it begins anew. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[int, float] = {}
        self._listed_at = float("-inf")
        self._mutex = threading.Lock()

    def note(self, chunks: Sequence[int], found: Container[int]) -> None:
        """These were looked for just now."""
        now = time.monotonic()
        with self._mutex:
            if len(self._seen) > self._most:
                self._seen.clear()
            for chunk in chunks:
                if chunk in found:
                    self._seen.pop(chunk, None)
                else:
                    self._seen[chunk] = now

    def due(self, chunks: Sequence[int], after_s: float) -> list[int]:
        """Those of `chunks` that were not looked for in vain within the last `after_s` seconds."""
        before = time.monotonic() - after_s
        return [chunk for chunk in chunks if self._seen.get(chunk, before) <= before]

    def among(self, chunks: Ids, after_s: float) -> Ids:
        """Those of `chunks` that are absent and due; none when that was asked within the last `after_s` seconds."""
        now = time.monotonic()
        if not self._seen or now - self._listed_at < after_s:
            return np.zeros(0, np.int64)
        self._listed_at = now
        with self._mutex:
            absent = np.fromiter(self._seen, np.int64, len(self._seen))
        return np.array(self.due(np.intersect1d(absent, chunks).tolist(), after_s), np.int64)
