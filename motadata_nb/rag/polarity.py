"""Whether sentences say the opposite: negation and pairs of opposite words."""

from __future__ import annotations

import re

from motadata_nb.rag.terms import stem, words

__all__ = ["negated", "opposed"]

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|lacks?|fail(?:s|ed)?|unable|absence"
    r"|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_PAIRS = """
increase/decrease increase/reduce higher/lower high/low more/less more/fewer rise/fall up/down gain/loss
improve/worsen promote/inhibit activate/inhibit induce/prevent induce/suppress enhance/impair enhance/reduce
positive/negative before/after first/last always/never all/none allow/forbid enable/disable accept/reject
true/false major/minor presence/absence with/without upregulate/downregulate accelerate/slow strong/weak
early/late hot/cold resistant/sensitive protect/harm necessary/unnecessary safe/dangerous inside/outside
"""
_ANTONYMS = tuple((stem(a), stem(b)) for a, b in (pair.split("/") for pair in _PAIRS.split()))


def negated(sentence: str) -> bool:
    """Whether a sentence holds a word of negation."""
    return bool(_NEGATION.search(sentence))


def opposed(one: str, other: str) -> bool:
    """Whether one sentence has a word where the other has its opposite."""
    here, there = set(words(one)), set(words(other))
    mine, theirs = here - there, there - here
    return any((a in mine and b in theirs) or (b in mine and a in theirs) for a, b in _ANTONYMS)
