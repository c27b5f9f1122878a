"""Whether sentences say the opposite: negation and pairs of opposite words."""

from __future__ import annotations

import re
from functools import lru_cache

from motadata_nb.rag.words.polar import in_english
from motadata_nb.rag.words.terms import stem, words

__all__ = ["negated", "opposed", "opposites"]

_NEGATION = re.compile(
    r"\b(?:(?=[acflnuw])(?:not|no|never|none|nor|neither|nobody|without|cannot|lacks?|fail(?:s|ed)?|unable|absence)"
    r"|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_PAIRS = """
increase/decrease increase/reduce higher/lower high/low more/less more/fewer rise/fall up/down gain/loss
improve/worsen promote/inhibit activate/inhibit induce/prevent induce/suppress enhance/impair enhance/reduce
positive/negative before/after first/last always/never all/none allow/forbid enable/disable accept/reject
true/false major/minor presence/absence with/without upregulate/downregulate accelerate/slow strong/weak
open/close opened/closed buy/sell bought/sold start/end begin/end win/lose won/lost import/export
arrive/depart maximum/minimum max/min most/least lighter/heavier larger/smaller bigger/smaller longer/shorter
faster/slower earlier/later older/newer older/younger cheaper/costlier above/below within/outside east/west
eastern/western morning/evening allowed/prohibited permitted/forbidden mandatory/optional public/private
same/different indoors/outdoors early/late hot/cold resistant/sensitive protect/harm necessary/unnecessary
safe/dangerous inside/outside allowed/forbidden permitted/prohibited free/paid include/exclude possible/impossible
mandatory/voluntary successful/failed
"""
_ANTONYMS = tuple((stem(a), stem(b)) for a, b in (pair.split("/") for pair in _PAIRS.split()))
_WITH_OPPOSITES = frozenset(word for pair in _ANTONYMS for word in pair)


@lru_cache(maxsize=4096)
def negated(sentence: str) -> bool:
    """Whether a sentence holds a word of negation."""
    return bool(_NEGATION.search(in_english(sentence)))


def opposed(one: str, other: str) -> bool:
    """Whether one sentence has a word where the other has its opposite."""
    return bool(opposites(one, other))


def opposites(one: str, other: str) -> frozenset[str]:
    """Stems of the words of *one* whose opposite stands in *other*, where neither has both."""
    here, there = _stems(one), _stems(other)
    mine, theirs = here - there, there - here
    if not _WITH_OPPOSITES & mine:
        return frozenset()
    return frozenset(word for a, b in _ANTONYMS for word, their in ((a, b), (b, a)) if word in mine and their in theirs)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(words(in_english(text)))
