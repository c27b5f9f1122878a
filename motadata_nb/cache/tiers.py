"""Several caches as one: the first that has a value fills those before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from motadata_nb.cache.base import Cache, CacheStats

__all__ = ["Tiers"]


class Tiers:
    """Made as `Tiers(fast, slow, …)`."""

    def __init__(self, *caches: Cache) -> None:
        self.caches = caches

    def get(self, key: str) -> bytes | None:
        for place, cache in enumerate(self.caches):
            found = cache.get(key)
            if found is not None:
                for faster in self.caches[:place]:
                    faster.set(key, found)
                return found
        return None

    def set(self, key: str, value: bytes, *, tags: Iterable[str] = (), ttl_s: float | None = None) -> None:
        kept = tuple(tags)
        for cache in self.caches:
            cache.set(key, value, tags=kept, ttl_s=ttl_s)

    def drop(self, *, tags: Sequence[str] = (), keys: Sequence[str] = ()) -> int:
        if tags:
            # A value that came up from a slower tier has lost its tags, so the fast tiers are emptied.
            for faster in self.caches[:-1]:
                faster.drop()
            return self.caches[-1].drop(tags=tags, keys=keys)
        return max((cache.drop(keys=keys) for cache in self.caches), default=0)

    def stats(self) -> CacheStats:
        found = [cache.stats() for cache in self.caches]
        last = found[-1]
        return CacheStats(
            name=" and ".join(s.name for s in found),
            entries=last.entries,
            bytes=last.bytes,
            hits=sum(s.hits for s in found),
            misses=last.misses,
            evicted=last.evicted,
        )

    def close(self) -> None:
        for cache in self.caches:
            cache.close()
