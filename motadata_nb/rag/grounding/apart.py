"""Whether a claim of a few words says something else than its context: "The key is on the roof."."""

from __future__ import annotations

import math
from collections.abc import Mapping

from motadata_nb.rag.grounding.attribution import Claim
from motadata_nb.rag.words.polarity import negated, opposites
from motadata_nb.rag.words.terms import LIST_ITEM

__all__ = ["is_apart"]

_FEW, _PART, _MEANT = 4, 0.3, 0.7
"""Telling words of a claim up to which such a part of them may not be new, unless a sentence is as near as that."""
_SHORT = 3
"""Sentences of an answer up to which that holds: a longer one has sentences that lead from one thing to the next."""


def is_apart(claim: Claim, evidence: str, seen: Mapping[str, float], sentences: int) -> bool:
    """Whether a good part of a claim of a few words is new, and no sentence means nearly the same. The weights do not
    tell: they count what is new, and a short claim has little of it.

    *seen* are its features by name, *sentences* is how many the answer has.
    """
    few = len(claim.told)
    if sentences > _SHORT or not 0 < few <= _FEW or seen["cosine_best"] >= _MEANT:
        return False
    if seen["hedge"] or seen["scaffolding"] or seen["colon"] or LIST_ITEM.match(claim.written):
        return False
    return math.expm1(seen["told_novel_count"]) - _agreeing(claim.said, evidence) >= _PART * few


def _agreeing(claim: str, evidence: str) -> int:
    """How many new words are denied opposites of the evidence's: "not allowed" where that says "forbidden"."""
    return len(opposites(claim, evidence)) if negated(claim) != negated(evidence) else 0
