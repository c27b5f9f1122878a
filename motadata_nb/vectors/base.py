"""What a vector backend is: a projection of the catalog that can be thrown away and rebuilt.

A backend holds vectors under the integer ids of their chunks, and nothing else. Filters are resolved against the
catalog (`motadata_nb.vectors.columns`), so they mean the same on every backend, and a changed title moves no vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ids", "Match", "OnServer", "Place", "Scrubbing", "VectorBackend"]

Ids: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one index lives."""

    folder: Path
    """A folder of this index and backend alone; it exists."""
    name: str
    """Unique within a server: letters, digits, `_` and `-`, 3 to 60 characters."""
    dimension: int = 0
    """Numbers in a vector; 0 where none is written or sought, as in `scrub`."""
    url: str = ""
    """Address of a server, for backends that have one."""
    home: Path | None = None
    """The workspace's folder, for a server that its indexes share."""


class Match(NamedTuple):
    """A found vector. `score` is the cosine similarity: higher is closer."""

    id: int
    score: float


@runtime_checkable
class VectorBackend(Protocol):
    """Made as `Backend(place)`. Calls come from one thread at a time; a lock keeps other processes' writers out."""

    durable: bool
    """False when what is written is gone with the object: it is filled from the catalog each time it is opened."""
    sees_other_writers: bool
    """False when a new object must be made to see what another process has written."""

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add or replace unit vectors. Writing the same rows twice leaves one."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Remove; ids that are not there are passed over."""
        ...

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        """The `k` nearest, best first; fewer when there are fewer.

        With `among`, of these ids only; some of them may not be there.
        """
        ...

    def count(self) -> int:
        """How many vectors there are."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


@runtime_checkable
class OnServer(Protocol):
    """A backend that keeps vectors elsewhere than in its folder."""

    def wipe(self) -> None:
        """Remove all that is kept there."""
        ...


@runtime_checkable
class Scrubbing(Protocol):
    """A backend whose files may hold bytes of deleted vectors even after they were written anew."""

    @staticmethod
    def scrub(place: Place) -> None:
        """Remove such bytes. Called by a purge, while nothing is open at the place and nobody writes to it."""
        ...
