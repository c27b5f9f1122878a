"""What a cache is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from motadata_nb.results import Result

if TYPE_CHECKING:
    from motadata_nb.cards import Card

__all__ = ["Cache", "CacheStats"]


@dataclass(frozen=True, kw_only=True)
class CacheStats(Result):
    """What a cache holds and how often it helped."""

    name: str
    entries: int = 0
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    evicted: int = 0
    """Entries dropped to keep the bounds."""

    def _card(self) -> Card:
        from motadata_nb.cards import Card, counted

        asked = self.hits + self.misses
        share = f"{self.hits:,} of {asked:,} found" if asked else "not asked yet"
        size = f"{self.bytes / 1e6:.1f} MB" if self.bytes >= 1e6 else f"{self.bytes / 1e3:.1f} kB"
        return Card(
            title=self.name,
            status=(counted(self.entries, "entry"), size, share, f"{self.evicted:,} dropped"),
        )


@runtime_checkable
class Cache(Protocol):
    """Bytes by key. Bounded, safe for several threads; a cache that fails behaves like an empty one."""

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there, expired or unreadable."""
        ...

    def set(self, key: str, value: bytes, *, tags: Iterable[str] = (), ttl_s: float | None = None) -> None:
        """Keep a value, for `ttl_s` seconds or until room is needed."""
        ...

    def drop(self, *, tags: Sequence[str] = (), keys: Sequence[str] = ()) -> int:
        """Remove what has one of the keys or tags; without either, everything. Gives the number of entries removed."""
        ...

    def stats(self) -> CacheStats:
        """What is held."""
        ...

    def close(self) -> None:
        """Close files and connections."""
        ...
