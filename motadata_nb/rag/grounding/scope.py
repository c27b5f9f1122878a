"""Of how many a sentence says something, on what condition, and whether one word of it is the opposite."""

from __future__ import annotations

import re

from motadata_nb.rag.polarity import negated, opposites
from motadata_nb.rag.terms import content, stem, words

__all__ = ["is_overstated", "is_turned"]

_SAME = 0.75
"""Share of a claim's words that its evidence must have to be about the same."""
_THING = r"(?:\s+(?:of\s+)?(?:the|its|our|their|these|those|them)\b)?(?:\s+(?P<thing>[^\W\d_]{3,}))?"
_ALL = re.compile(rf"\b(?:all|every|each|always|everyone|everybody|anyone)\b{_THING}", re.IGNORECASE)
_SOME = re.compile(
    rf"\b(?:some|most|many|several|(?:a\s+)?few|half|part|often|usually|sometimes|generally|typically|occasionally"
    rf"|(?:a|the)\s+(?:number|majority|minority|few))\b{_THING}",
    re.IGNORECASE,
)
_EVERYONE = re.compile(r"\b(?:everyone|everybody|anyone|anybody)\b", re.IGNORECASE)
_ONLY = re.compile(r"\bonly\s+(?!(?:if|when|after|in|on|at|by|for|with|to)\b)[^\W\d_]+", re.IGNORECASE)
_WITHOUT = re.compile(r"\bwithout\s+(?:(?:an?|any|the|prior|previous)\s+)*(?P<thing>[^\W\d_]{3,})", re.IGNORECASE)
_NEEDED = re.compile(
    r"\b(?:needs?|requires?|required|must\s+have|necessary|mandatory|obligatory|compulsory|only\s+with|with\b.*\bonly)\b",
    re.IGNORECASE,
)
_LITTLE = re.compile(r"\b(?:few|hardly any|(?:a|the) minority|a handful)\b", re.IGNORECASE)
_MUCH = re.compile(r"\b(?:most|many|all|(?:a|the) majority|every)\b", re.IGNORECASE)
_GROUPS = """
monday tuesday wednesday thursday friday saturday sunday
spring summer autumn winter
first second third fourth fifth sixth seventh eighth ninth tenth
north south east west
northern southern eastern western
left right
morning afternoon evening night
red orange yellow green blue purple brown black white grey pink
voluntary mandatory obligatory compulsory
upper lower
wood steel glass plastic paper
daily weekly monthly quarterly yearly
one two three four five six seven eight nine ten
"""
_RIVALS = {stem(word): n for n, line in enumerate(_GROUPS.strip().splitlines()) for word in line.split()}
"""Words of one group exclude each other in the same place."""


def is_overstated(claim: str, evidence: str) -> bool:
    """Whether the claim says of all, or always, what the evidence says of some of them, or often."""
    everything, something = _ALL.search(claim), _SOME.search(evidence)
    if not everything or not something or _ALL.search(evidence) or _SOME.search(claim):
        return False
    things = {stem(match["thing"]) for match in (everything, something) if match["thing"]}
    return len(things) <= 1 and _shared(claim, evidence, frozenset())


def is_turned(claim: str, evidence: str) -> bool:
    """Whether the claim is the evidence but for an opposite, needs what is done without, or lets everyone do what only
    some may.
    """
    return (
        _is_opposite(claim, evidence)
        or _is_needed(claim, evidence)
        or _is_needed(evidence, claim)
        or _is_open(claim, evidence)
    )


def _is_opposite(claim: str, evidence: str) -> bool:
    against = opposites(claim, evidence) | _rivals(claim, evidence)
    return bool(against) and negated(claim) == negated(evidence) and _shared(claim, evidence, against)


def _rivals(claim: str, evidence: str) -> frozenset[str]:
    """The words of the claim in whose place the evidence may have another of their group."""
    here, there = set(words(claim)), set(words(evidence))
    others = {_RIVALS[word] for word in there - here if word in _RIVALS}
    # A list of several days agrees with each of them.
    excluded = {_RIVALS[word] for word in there & here if word in _RIVALS}
    return frozenset(word for word in here - there if _RIVALS.get(word, -1) in others - excluded)


def _is_needed(claim: str, evidence: str) -> bool:
    """Whether the claim needs what the evidence does without."""
    without = _WITHOUT.search(evidence)
    if not without or not _NEEDED.search(claim) or negated(claim):
        return False
    return stem(without["thing"]) in content(claim) and _shared(claim, evidence, frozenset())


def _is_open(claim: str, evidence: str) -> bool:
    """Whether the claim speaks of everyone where the evidence has only some, or of many where it has few."""
    if _EVERYONE.search(claim) and _ONLY.search(evidence):
        return _shared(claim, evidence, frozenset(), least=1)
    counted = any(a.search(claim) and b.search(evidence) for a, b in ((_MUCH, _LITTLE), (_LITTLE, _MUCH)))
    return counted and _shared(claim, evidence, frozenset())


_AROUND = frozenset(
    stem(word) for word in "all any anyone anybody each every everyone everybody need needs require requires".split()
)


def _shared(claim: str, evidence: str, beside: frozenset[str], least: int = 2) -> bool:
    """Whether nearly all of the claim's other words stand in the evidence, and it has so many."""
    telling, there = set(content(claim)) - beside - _AROUND, set(content(evidence))
    return len(telling) >= least and len(telling & there) >= _SAME * len(telling)
