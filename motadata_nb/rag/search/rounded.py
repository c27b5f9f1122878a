"""Vectors of the chunks of an index in memory, one byte a dimension, in the place of sixty reads a search."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.search.absent import Absent
from motadata_nb.rag.search.beside import start
from motadata_nb.vectors.base import Ids

__all__ = ["RoundedVectors"]

Vectors = NDArray[np.float32]
_MOST = 128_000_000
"""Bytes of vectors: 333,000 chunks of 384 dimensions. Of a larger index those are kept that were asked for."""
_LEAST = 50_000
"""Chunks: more than one search compares."""
_SLICE = 2_000
"""Chunks that are read at once beside the searches."""
_QUIET_S = 0.05
"""Without a search for so long, the next slice disturbs nobody."""
_FEW, _PAUSE_S = 200, 0.01
"""So few are brought in between two searches."""
_PATIENCE_S = 0.2
"""How long a slice waits for that."""
_AGAIN_S, _BESIDE_S = 0.4, 0.15
"""A search does not ask again so soon for a chunk without a vector, nor is that done beside it."""
_STEPS = 127
"""The largest number of one byte with a sign."""


class RoundedVectors:
    """The vector of each chunk, every number rounded to one of 255 steps up to the largest. Thread-safe.

    A cosine of two of them is right to some thousandths: enough to compare candidates with each other. A chunk never
    changes its vector, so nothing that was read is ever read again. `load` gives the vectors of chunks, without those
    that have none yet.
    """

    def __init__(
        self, load: Callable[[Sequence[int]], Mapping[int, Vectors]], dimension: int, most: int = _MOST
    ) -> None:
        self._load = load
        self._most = max(_LEAST, most // dimension)
        self._dimension = dimension
        self._mutex = threading.Lock()
        self._filling: Future[None] | None = None
        self._closing = threading.Event()
        self._used = 0.0
        self._last = -1
        self._absent = Absent(self._most)
        self._clear()

    def _clear(self) -> None:
        self._at: dict[int, int] = {}
        self._rows = np.zeros((1, self._dimension), np.int8)
        self._steps = np.zeros(1, np.float32)

    def __len__(self) -> int:
        return len(self._at)

    def fetch(self, chunks: Sequence[int]) -> Vectors:
        """The vectors, chunks × dimension; zero rows for chunks that are gone or not embedded yet."""
        self._used = time.monotonic()
        found, missing = self._known(chunks)
        while (wanted := self._absent.due(missing, _AGAIN_S)) and self._take(wanted):
            found, missing = self._known(chunks)
        return found

    def _take(self, chunks: Sequence[int]) -> bool:
        """Bring these in; gives whether any has a vector."""
        found = self._load(chunks)
        self._add(found)
        self._absent.note(chunks, found)
        return bool(found)

    def _known(self, chunks: Sequence[int]) -> tuple[Vectors, list[int]]:
        """The vectors, and the chunks that have none here."""
        with self._mutex:
            rows = np.array([self._at.get(chunk, -1) for chunk in chunks], np.int64)
            found = self._rows[rows] * self._steps[rows, None]
        absent = rows < 0
        if not absent.any():
            return found, []
        found[absent] = 0.0
        return found, [chunk for chunk, row in zip(chunks, rows.tolist(), strict=True) if row < 0]

    def fill(self, chunks: Ids) -> None:
        """Bring in all of these, sorted as they are, beside what the caller does; nothing when they are too many."""
        if (
            self._closing.is_set()
            or len(chunks) > self._most
            or (self._filling is not None and not self._filling.done())
        ):
            return
        new = np.concatenate(
            [self._absent.among(chunks, _BESIDE_S), chunks[np.searchsorted(chunks, self._last, "right") :]]
        )
        if len(new):
            with self._mutex:
                self._grow(min(len(self._at) + len(new), self._most))
            self._filling = start(lambda: self._bring(new))

    def _bring(self, chunks: Ids) -> None:
        """Slice by slice: a process that ends, or closes the index, waits for one slice at most."""
        end, quiet_s = time.monotonic() + _PATIENCE_S, _QUIET_S if len(chunks) > _FEW else _PAUSE_S
        while (now := time.monotonic()) < end and now - self._used < quiet_s and not self._closing.is_set():
            self._closing.wait(quiet_s / 2)
        part, rest = chunks[:_SLICE], chunks[_SLICE:]
        with self._mutex:
            wanted = [chunk for chunk in part.tolist() if chunk not in self._at]
        self._take(self._absent.due(wanted, _BESIDE_S))
        self._last = max(self._last, int(part[-1]))
        if len(rest) and not self._closing.is_set():
            self._filling = start(lambda: self._bring(rest))

    def _add(self, found: Mapping[int, Vectors]) -> None:
        if not found:
            return
        vectors = np.stack(list(found.values()))
        steps = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / _STEPS
        rounded = np.rint(vectors / steps[:, None]).astype(np.int8)
        with self._mutex:
            if len(self._at) + len(found) > self._most:
                self._clear()
            self._grow(len(self._at) + len(found))
            at = [self._at.setdefault(chunk, len(self._at)) for chunk in found]
            self._rows[at], self._steps[at] = rounded, steps

    def _grow(self, wanted: int) -> None:
        """Make room; more than is wanted costs nothing before it is written to."""
        room = len(self._rows)
        if wanted > room:
            size = max(wanted, min(2 * room, self._most))
            rows, steps = np.zeros((size, self._dimension), np.int8), np.zeros(size, np.float32)
            rows[:room], steps[:room] = self._rows, self._steps
            self._rows, self._steps = rows, steps

    def close(self) -> None:
        """Bring in nothing more, and wait for the slice that is on its way."""
        self._closing.set()
        while (filling := self._filling) is not None and not filling.done():
            wait([filling])
