"""Sentences that say different things about the same: another number, or the opposite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from motadata_nb.rag.words.months import MONTH
from motadata_nb.rag.words.polarity import negated, opposed
from motadata_nb.rag.words.terms import content, numbers, quantities

__all__ = ["Conflict", "find_conflicts", "is_of_other_things"]

_SAME = 0.6
"""Least share of common words, of the shorter sentence, for two sentences to be about the same."""
_FEWEST = 3
_ONE = re.compile(
    r"\bone[\s-]+(?:calendar |business |working )?"
    r"(?:second|minute|hour|day|week|month|quarter|year|percent|euro|dollar|pound|met(?:er|re)|kilo\w*|lit(?:er|re)|time)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DIGIT = re.compile(r"\d")
_LABEL = r"\s+(?:no\.\s*|#)?(?P<label>\d{1,4}[a-z]?|(?-i:[A-Z]))\b(?![.,]\d|\s*%)"
_LABELLED = (
    re.compile(
        r"\b(?P<thing>halls?|rooms?|buildings?|floors?|lines?|units?|plants?|pumps?|machines?|gates?|zones?|areas?|blocks?"
        r"|levels?|phases?|stages?|steps?|types?|class|grades?|groups?|teams?|versions?|models?|plans?|options?|tiers?"
        r"|products?|platforms?|routes?|warehouses?|tanks?|sites?|regions?|districts?|stations?|tracks?|terminals?|docks?"
        rf"|tables?|figures?){_LABEL}",
        re.IGNORECASE,
    ),
    # A name, and not the number of something that follows: "at Volvo 12 people".
    re.compile(
        rf"(?<=[a-z,;]\s)(?!(?:{MONTH}|clause|section|article|page|chapter|paragraph|annex|appendix)\b)"
        rf"(?P<thing>(?-i:[A-Z][a-z]+)){_LABEL}"
        r"(?=\s*(?:[.,;:)]|$)|\s(?:is|are|was|were|has|have|had|of|in|at|and|or|on|to|for|by|may|must|can|will)\b)",
        re.IGNORECASE,
    ),
)
"""A thing with its number or letter, as "Hall 3": another number is another thing."""
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
    if is_of_other_things(one, other):
        return ""
    if _numbers_differ(one, other):
        return "" if _of_other_kinds(one, other, a & b) else "numbers"
    near = len(a & b) >= 0.75 * shorter
    return "negation" if near and (negated(one) != negated(other) or opposed(one, other)) else ""


def _about(sentence: str) -> set[str]:
    return {w for w in content(sentence) if not _DIGIT.search(w) and w not in _COUNTED}


def _stated(sentence: str) -> set[str]:
    """The numbers of a sentence; "one" counts where it stands before a unit."""
    return numbers(sentence) | ({"1"} if _ONE.search(sentence) else set())


def _numbers_differ(one: str, other: str) -> bool:
    """Each states numbers and none is in both, or one with the same unit differs: a list of years shares some.

    What is said of different years does not contradict.
    """
    a, b = _stated(one), _stated(other)
    if not a or not b or _of_other_years(a, b):
        return False
    return not a & b or _amounts_differ(_by_unit(one), _by_unit(other))


def is_of_other_things(one: str, other: str) -> bool:
    """Whether each has another number or letter for the same thing: "Hall 1" and "Hall 3"."""
    a = _labels(one)
    b = _labels(other) if a else {}
    return any(_are_apart(a[thing], b[thing]) for thing in a.keys() & b.keys())


def _are_apart(one: set[str], other: set[str]) -> bool:
    """Whether two sets of labels have none in common; a number may be a letter by another name: grade 1 is grade I."""
    return one.isdisjoint(other) and {label[0].isdigit() for label in one} == {label[0].isdigit() for label in other}


@lru_cache(maxsize=4096)
def _labels(sentence: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for match in chain.from_iterable(pattern.finditer(sentence) for pattern in _LABELLED):
        found.setdefault(match["thing"].lower().removesuffix("s"), set()).add(match["label"].lower())
    return found


def _of_other_kinds(one: str, other: str, shared: set[str]) -> bool:
    """Whether something that both speak of is of another kind in each: "the basic plan" and "the premium plan"."""
    a, b = _kinds(one), _kinds(other)
    return any(a[word] - shared and b[word] - shared and not a[word] & b[word] for word in shared & a.keys() & b.keys())


def _kinds(sentence: str) -> dict[str, set[str]]:
    """The words that stand right before each word, in their stems."""
    words = ["".join(content(word)[:1]) for word in _WORD.findall(sentence)]
    found: dict[str, set[str]] = {}
    for before, word in pairwise(words):
        if before and word and not _DIGIT.search(before) and before not in _COUNTED:
            found.setdefault(word, set()).add(before)
    return found


def _of_other_years(a: set[str], b: set[str]) -> bool:
    first, second = ({n for n in stated if _YEAR.fullmatch(n)} for stated in (a, b))
    return bool(first and second and a - first and b - second) and not first & second


def _by_unit(sentence: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in quantities(sentence):
        found.setdefault(unit, set()).add(number)
    return found


def _amounts_differ(a: dict[str, set[str]], b: dict[str, set[str]]) -> bool:
    """Whether each has one amount of the same unit, and these are not the same."""
    return any(len(a[unit]) == len(b[unit]) == 1 and a[unit] != b[unit] for unit in a.keys() & b.keys())
