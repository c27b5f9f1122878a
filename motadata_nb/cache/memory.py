"""A bounded cache in this process; the least recently used goes first. The reference backend."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from motadata_nb.cache.base import CacheStats

__all__ = ["MemoryCache"]


class MemoryCache:
    """Made as `MemoryCache(entries, size)`: at most so many entries and bytes."""

    def __init__(self, entries: int = 1000, size: int = 4_000_000) -> None:
        self._limits = (entries, size)
        self._held: OrderedDict[str, tuple[bytes, frozenset[str], float]] = OrderedDict()
        self._lock = Lock()
        self._bytes = self._hits = self._misses = self._evicted = 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            found = self._held.get(key)
            if found is None or found[2] < time.time():
                self._misses += 1
                return None
            self._hits += 1
            self._held.move_to_end(key)
            return found[0]

    def set(self, key: str, value: bytes, *, tags: Iterable[str] = (), ttl_s: float | None = None) -> None:
        with self._lock:
            self._remove(key)
            self._held[key] = (value, frozenset(tags), time.time() + ttl_s if ttl_s is not None else float("inf"))
            self._bytes += len(value)
            while len(self._held) > self._limits[0] or self._bytes > self._limits[1]:
                self._remove(next(iter(self._held)))
                self._evicted += 1

    def drop(self, *, tags: Sequence[str] = (), keys: Sequence[str] = ()) -> int:
        with self._lock:
            wanted = frozenset(tags)
            found = [k for k, (_, held, _) in self._held.items() if k in keys or held & wanted or not (tags or keys)]
            for key in found:
                self._remove(key)
            return len(found)

    def _remove(self, key: str) -> None:
        found = self._held.pop(key, None)
        self._bytes -= len(found[0]) if found is not None else 0

    def stats(self) -> CacheStats:
        return CacheStats(
            name="memory", entries=len(self._held), bytes=self._bytes, hits=self._hits, misses=self._misses,
            evicted=self._evicted,
        )  # fmt: skip

    def close(self) -> None:
        self.drop()
