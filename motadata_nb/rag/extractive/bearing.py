"""Whether a sentence speaks of another day, year, rate, side or number than the question, however alike they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from motadata_nb.rag.conflicts import is_of_other_things
from motadata_nb.rag.extractive.dimensions import is_of_another_side
from motadata_nb.rag.words.ordinals import is_of_another_rank
from motadata_nb.rag.words.rates import is_of_another_rate, rates
from motadata_nb.rag.words.weekdays import is_of_other_days, named_days
from motadata_nb.rag.words.years import is_of_another_year

__all__ = ["bears", "bears_off"]

_OFF: tuple[Callable[[str, str], bool], ...] = (
    is_of_other_days,
    is_of_another_rate,
    is_of_another_year,
    is_of_another_side,
    is_of_another_rank,
    is_of_other_things,
)


@lru_cache(maxsize=8192)
def bears_off(question: str, sentence: str) -> bool:
    """Whether what the sentence says is said of something that excludes what is asked: of Monday, and not of Sunday."""
    return any(is_off(question, sentence) for is_off in _OFF)


def bears(question: str, sentence: str) -> bool:
    """Whether the sentence names the very day or rate of the question."""
    days, per = named_days(question) & named_days(sentence), rates(question) & rates(sentence)
    return bool(days or per)
