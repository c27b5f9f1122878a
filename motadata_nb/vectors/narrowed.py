"""Search among the chunks that pass a filter, on any backend and in the keyword index."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motadata_nb.vectors.base import Ids, Match
from motadata_nb.vectors.filters import Filter

__all__ = ["Fitting", "LOOSE", "nearest", "search_among"]

# From this share on it is faster to search everything for a little more, and to drop what does not fit.
LOOSE = 0.3
_SLACK = 1.3


@dataclass(frozen=True)
class Fitting:
    """Chunks that pass a filter, among how many."""

    ids: Ids
    of: int
    where: Filter | None = None
    """The filter itself, by which its chunks can be remembered."""
    note: str = ""
    """Why nothing fits, in words."""

    @property
    def share(self) -> float:
        """From 0, nothing fits, to 1, everything."""
        return len(self.ids) / self.of if self.of else 0.0


def nearest(ids: Ids, vectors: NDArray[np.float32], query: NDArray[np.float32], k: int) -> list[Match]:
    """The `k` best of unit rows by cosine, exactly, best first."""
    # As fast as memory can be read, on the caller's thread alone: BLAS takes twice as long for a matrix times a vector,
    # and its threads go on spinning where the other arm and the embedder would work.
    scores = np.einsum("ij,j->i", vectors, query)
    best = np.argpartition(scores, -k)[-k:] if k < len(scores) else np.arange(len(scores))
    best = best[np.argsort(-scores[best], kind="stable")]
    return [Match(i, s) for i, s in zip(ids[best].tolist(), scores[best].tolist(), strict=True)]


def search_among(
    search: Callable[[int, Ids | None], Sequence[Match]], k: int, fitting: Fitting | None, loose: float = LOOSE
) -> list[Match]:
    """The `k` best that fit, best first. `search(k, among)` gives the best of all, or of some ids.

    From the share `loose` on more of all are searched, and those that do not fit are dropped.
    """
    if fitting is None or len(fitting.ids) == fitting.of:
        return list(search(k, None))
    if not len(fitting.ids):
        return []
    if fitting.share >= loose:
        reach = math.ceil(k / fitting.share * _SLACK)
        found = search(reach, None)
        ids = np.fromiter((m.id for m in found), np.int64, len(found))
        kept = [m for m, fits in zip(found, np.isin(ids, fitting.ids).tolist(), strict=True) if fits]
        if len(kept) >= k or len(found) < reach:
            return kept[:k]
    return list(search(k, fitting.ids))
