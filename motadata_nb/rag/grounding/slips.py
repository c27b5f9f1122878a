"""What single words or amounts of a claim show to be wrong, however well the rest of it is supported."""

from __future__ import annotations

from collections.abc import Sequence

from motadata_nb.rag.grounding.amounts import amounts, recounted, unmeasured
from motadata_nb.rag.grounding.context import ContextView
from motadata_nb.rag.grounding.doers import is_of_another_person
from motadata_nb.rag.grounding.entries import is_misnamed
from motadata_nb.rag.grounding.misplaced import is_misplaced
from motadata_nb.rag.grounding.roles import doings, exchanged, replaced
from motadata_nb.rag.grounding.scope import is_overstated, is_turned
from motadata_nb.rag.grounding.strangers import strangers
from motadata_nb.rag.grounding.tables import is_structured
from motadata_nb.rag.grounding.trends import compared_trend
from motadata_nb.rag.words.terms import content, names

__all__ = ["SLIPS", "share", "shares", "slips"]

SLIPS = ("stranger", "exchanged", "replaced", "recounted", "turned", "overstated", "misplaced", "elsewhen", "apart")
"""A name that stands nowhere, roles turned round, one thing for another, another amount, the opposite of one word or of
a condition, all where some are meant, the amount of something else, a change at another time, a few words that say
something else."""

_NEAR = 0.5
"""Share of a claim's words that a sentence must have to be asked who does what in it."""
_SAME = 0.6
"""Share of a claim's words, beside its amounts, from which it is about the same as a sentence."""


def share(items: Sequence[str], seen: set[str]) -> float:
    """How many of *items* are in *seen*; 1 of none."""
    return sum(map(seen.__contains__, items)) / len(items) if items else 1.0


def shares(items: Sequence[str], bags: Sequence[set[str]]) -> list[float]:
    """:func:`share` of *items* in each of the *bags*."""
    mine, size = set(items), len(items)
    if len(mine) < size or not size:
        return [share(items, seen) for seen in bags]
    return [len(mine & seen) / size for seen in bags]


def slips(claim: str, best: int, context: ContextView, recall: Sequence[float]) -> tuple[float, ...]:
    """:data:`SLIPS` but for the last; *best* is the nearest sentence, *recall* the share of the words in each."""
    unknown = strangers(claim, lambda word: word[:5] in context.asked or word[:5] in context.fuzzy, context.text)
    evidence = context.sentences[best] if best >= 0 else ""
    near = [at for at, part in enumerate(recall) if part >= _NEAR]
    trend = compared_trend(claim, (context.sentences[at] for at in near))
    turned = trend == "turned" or (trend != "same" and is_turned(claim, evidence))
    return tuple(
        map(
            float,
            (
                bool(unknown),
                *_roles(claim, near, context),
                _recounted(claim, best, context),
                turned,
                is_overstated(claim, evidence),
                _misplaced(claim, best, context, recall),
                trend == "elsewhen",
            ),
        )
    )


def _roles(claim: str, near: Sequence[int], context: ContextView) -> tuple[bool, bool]:
    """Whether roles are exchanged, and whether one is given to another."""
    if not near:
        return False, False
    clauses, known = doings(claim), [doing for at in near for doing in context.doings(at)]
    named = names(claim).union(*(names(context.sentences[at]) for at in near))
    other = replaced(clauses, known, named, context.every_doing)
    return exchanged(clauses, known), other or is_of_another_person(claim, [context.sentences[at] for at in near])


def _recounted(claim: str, best: int, context: ContextView) -> bool:
    """Whether the nearest sentence says the same with another amount."""
    stated = amounts(claim) if best >= 0 else ()
    if not stated or not recounted(stated, context.amounts[best], context.every_amount):
        return False
    bare = [word for word in content(unmeasured(claim)) if not word.isdigit()]
    return share(bare, context.by_sentence[best]) >= _SAME


def _misplaced(claim: str, best: int, context: ContextView, recall: Sequence[float]) -> bool:
    """Whether the claim has an amount, or the words of a table, of something else."""
    stated = amounts(claim) if best >= 0 else ()
    if stated and is_misplaced(claim, stated, recall, context):
        return True
    return best >= 0 and is_structured(context.sentences[best]) and is_misnamed(claim, context.sentences[best])
