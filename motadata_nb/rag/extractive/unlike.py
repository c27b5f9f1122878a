"""Each thing once: of sentences that say the same, and of parts of a list and the list, the first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.rag.extractive.units import Unit
from motadata_nb.rag.words.polarity import negated
from motadata_nb.rag.words.terms import content, numbers

__all__ = ["once"]

_MARK = re.compile(
    r"^\W*(?:\(?\w{1,2}\)|\d{1,2}\.(?=\s)|(?:fig(?:ure|\.)|table|exhibit|note)\s*\d+[.:]?)\s*", re.IGNORECASE
)
_SAME = 0.9


def once(order: Sequence[int], pool: Sequence[tuple[int, Unit]]) -> list[int]:
    """The rows of *pool* in *order* without those that repeat an earlier one or overlap with it."""
    kept: list[int] = []
    for row in order:
        if not any(_repeats(pool[row], pool[earlier]) for earlier in kept):
            kept.append(row)
    return kept


def _repeats(one: tuple[int, Unit], other: tuple[int, Unit]) -> bool:
    (place, a), (elsewhere, b) = one, other
    if place == elsewhere and a.start < b.end and b.start < a.end:
        return True
    return _same(_MARK.sub("", a.cited), _MARK.sub("", b.cited))


def _same(one: str, other: str) -> bool:
    """The same words but for one in ten, and no other number or negation."""
    a, b = set(content(one)), set(content(other))
    if not a or not b:
        return one == other
    return len(a & b) >= _SAME * len(a | b) and numbers(one) == numbers(other) and negated(one) == negated(other)
