"""Sentences that say different things about the same: another number, or the opposite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from motadata_nb.rag.polarity import negated, opposed
from motadata_nb.rag.terms import content, numbers

__all__ = ["Conflict", "find_conflicts"]

_SAME = 0.6
"""Least share of common words, of the shorter sentence, for two sentences to be about the same."""
_FEWEST = 3
_ONE = re.compile(
    r"\bone[\s-]+(?:calendar |business |working )?"
    r"(?:second|minute|hour|day|week|month|quarter|year|percent|euro|dollar|pound|met(?:er|re)|kilo\w*|lit(?:er|re)|time)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_COUNTED = frozenset("one two three four five six seven eight nine ten eleven twelve".split())


class Conflict(NamedTuple):
    """Positions of two sentences, and what differs: `numbers` or `negation`."""

    first: int
    second: int
    differs: str


def find_conflicts(sentences: Sequence[str]) -> list[Conflict]:
    """Every pair of *sentences* that is about the same and disagrees, in order."""
    found = ((i, j, _difference(sentences[i], sentences[j])) for i, j in combinations(range(len(sentences)), 2))
    return [Conflict(i, j, differs) for i, j, differs in found if differs]


def _difference(one: str, other: str) -> str:
    a, b = _about(one), _about(other)
    shorter = min(len(a), len(b))
    if shorter < _FEWEST or len(a & b) < _SAME * shorter or len(a & b) < 0.4 * max(len(a), len(b)):
        return ""
    if _numbers_differ(one, other):
        return "numbers"
    near = len(a & b) >= 0.75 * shorter
    return "negation" if near and (negated(one) != negated(other) or opposed(one, other)) else ""


def _about(sentence: str) -> set[str]:
    return {w for w in content(sentence) if not _DIGIT.search(w) and w not in _COUNTED}


def _stated(sentence: str) -> set[str]:
    """The numbers of a sentence; "one" counts where it stands before a unit."""
    return numbers(sentence) | ({"1"} if _ONE.search(sentence) else set())


def _numbers_differ(one: str, other: str) -> bool:
    """Each states a number that the other has not, and none is in both: a list of years shares some."""
    a, b = _stated(one), _stated(other)
    return bool(a) and bool(b) and not a & b
