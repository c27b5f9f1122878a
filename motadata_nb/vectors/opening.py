"""A vector backend as its family has it: what a class of a stranger lacks is said when it is opened."""

from __future__ import annotations

from itertools import pairwise

from motadata_nb.errors import BackendError
from motadata_nb.registry import made
from motadata_nb.vectors.base import Match, Place, VectorBackend
from motadata_nb.vectors.registry import VECTORS

__all__ = ["matches", "open_backend"]

_PARTS = ("durable", "sees_other_writers", "upsert", "delete", "search", "count", "close")
_TIE = 1e-3
"""How far two scores may be out of order: some backends round them."""


def open_backend(name: str, place: Place) -> VectorBackend:
    """The backend of that name at a place. Raises BackendError for a class that is none, MissingExtra, UnknownName."""
    return made(f"The vector backend '{name}'", VECTORS.load(name), place, parts=_PARTS, mend=VECTORS.suite)


def matches(name: str, found: object) -> list[Match]:
    """What a search gave. Raises BackendError when that is no list of ids with scores, the best first."""
    try:
        pairs = _pairs(found)
        # Sorting what is in order takes a tenth of the time of looking at each pair, and every search comes here.
        scores = [score for _, score in pairs]
        falls = scores == sorted(scores, reverse=True) or all(b <= a + _TIE for a, b in pairwise(scores))
    except (TypeError, ValueError):
        raise BackendError(
            f"The vector backend '{name}' gave no pairs of id and score: {found!r:.60}", VECTORS.suite
        ) from None
    if not falls:
        raise BackendError(
            f"The vector backend '{name}' gave the highest score not first: is it a distance?", VECTORS.suite
        )
    return pairs


def _pairs(found: object) -> list[Match]:
    if isinstance(found, list) and set(map(type, found)) <= {Match}:
        return found
    return [Match(int(i), float(score)) for i, score in found]  # type: ignore[attr-defined]  # that is the question
