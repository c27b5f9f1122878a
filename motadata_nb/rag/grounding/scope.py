"""Of how many a sentence says something, on what condition, and whether one word of it is the opposite."""

from __future__ import annotations

import re
from functools import lru_cache

from motadata_nb.rag.words.polar import in_english
from motadata_nb.rag.words.polarity import negated, opposites
from motadata_nb.rag.words.sisters import sisters
from motadata_nb.rag.words.terms import content, stem, words

__all__ = ["is_overstated", "is_turned"]

_SAME = 0.75
"""Share of a claim's words that its evidence must have to be about the same."""
_LEAST = 0.4
"""Share of a claim's words that its evidence must have at all to be compared with it."""
_THING = r"(?:\s+(?:of\s+)?(?:the|its|our|their|these|those|them)\b)?(?:\s+(?P<thing>[^\W\d_]{3,}))?"
_ALL = re.compile(rf"\b(?:all|every|each|always|everyone|everybody|anyone)\b{_THING}", re.IGNORECASE)
_SOME = re.compile(
    rf"\b(?:some|most|many|several|(?:a\s+)?few|half|part|often|usually|sometimes|generally|typically|occasionally"
    rf"|(?:a|the)\s+(?:number|majority|minority|few))\b{_THING}",
    re.IGNORECASE,
)
_EVERYONE = re.compile(r"\b(?:everyone|everybody|anyone|anybody)\b", re.IGNORECASE)
_ONLY = re.compile(r"(?<!-)\bonly\s+(?!(?:if|when|after|in|on|at|by|for|with|to)\b)[^\W\d_]+", re.IGNORECASE)
_WITHOUT = re.compile(r"\bwithout\s+(?:(?:an?|any|the|prior|previous)\s+)*(?P<thing>[^\W\d_]{3,})", re.IGNORECASE)
_NEEDED = re.compile(
    r"\b(?:needs?|requires?|required|must\s+have|necessary|mandatory|obligatory|compulsory|only\s+with|with\b.*\bonly)\b",
    re.IGNORECASE,
)
_ANYBODY = re.compile(r"\b(?:either|both|all|every|each|everyone|everybody|anyone|anybody)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:(?:shall|must|may|can|will|should|need|do|does|did|is|are|was|were|be|has|have|had)\s+not|cannot"
    r"|\w+n['\u2019]t)\s+(?!only\b|just\b|merely\b|necessarily\b|be\b|been\b|yet\b|the\b|an?\b)(?P<verb>[^\W\d_]{3,})",
    re.IGNORECASE,
)
_UNLESS = re.compile(r"\b(?:unless|except|until|only|otherwise|but)\b", re.IGNORECASE)
_SWITCH = re.compile(
    r"\b(?:switch|turn|power|plug|log|sign)\w*\s+(?:[\w'-]+\s+){0,3}?(?P<way>on|off|in|out)\b", re.IGNORECASE
)
_FROM_TO = re.compile(r"\bfrom\s+(?P<one>\S{1,12}(?:\s%)?)\s+to\s+(?P<other>\S{1,12})", re.IGNORECASE)
_LITTLE = re.compile(r"\b(?:few|hardly any|(?:a|the) minority|a handful)\b", re.IGNORECASE)
_MUCH = re.compile(r"\b(?:most|many|all|(?:a|the) majority|every)\b", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def _exact(word: str) -> str:
    """The stem of a word, but for one like "yearly", whose stem is that of "years"."""
    return word.lower() if word.lower().endswith("ly") else stem(word)


_WORD = re.compile(r"[^\W_]+")
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
chair treasurer secretary
landlord tenant
buyer seller
daily weekly monthly quarterly yearly
one two three four five six seven eight nine ten
"""
_RIVALS = {_exact(word): n for n, line in enumerate(_GROUPS.strip().splitlines()) for word in line.split()}
"""Words of one group exclude each other in the same place."""


def is_overstated(claim: str, evidence: str) -> bool:
    """Whether the claim says of all, or always, what the evidence says of some of them, or often."""
    everything = _ALL.search(claim)
    something = _SOME.search(evidence) if everything else None
    if not everything or not something or _ALL.search(evidence) or _SOME.search(claim):
        return False
    things = {stem(match["thing"]) for match in (everything, something) if match["thing"]}
    return len(things) <= 1 and _shared(claim, evidence, frozenset())


def is_turned(claim: str, evidence: str) -> bool:
    """Whether the claim is the evidence but for an opposite, needs what is done without, or lets everyone do what only
    some may.
    """
    telling = _content(claim)
    if len(telling & _content(evidence)) < _LEAST * len(telling):
        return False
    claim, evidence = in_english(claim), in_english(evidence)
    if _is_opposite(claim, evidence) or _is_needed(evidence, claim):
        return True
    return _shared(claim, evidence, frozenset(), least=1) and (
        _is_needed(claim, evidence)
        or _is_open(claim, evidence)
        or _is_undenied(claim, evidence)
        or _is_undenied(evidence, claim)
        or _is_run_back(claim, evidence)
    )


def _is_undenied(claim: str, evidence: str) -> bool:
    """Whether the claim does what the evidence says is not done, all else being the same."""
    denied = {stem(match["verb"]) for match in _DENIED.finditer(evidence)}
    if not denied or _conditions(claim) != _conditions(evidence):
        return False
    if negated(_WITHOUT.sub(" ", claim)):
        return False
    plain = words(_DENIED.sub(" ", evidence))
    done = denied & set(words(claim)) - set(plain)
    return bool(done) and _shared(claim, evidence, frozenset()) and _shared(evidence, claim, frozenset())


def _conditions(text: str) -> set[str]:
    return {match.group().lower() for match in _UNLESS.finditer(text)}


def _is_run_back(claim: str, evidence: str) -> bool:
    """Whether the claim goes from where to where the evidence goes back, or switches on what that switches off."""
    back = "from " in claim and bool({way[::-1] for way in _ways(claim) - _ways(evidence)} & _ways(evidence))
    turned = back or _is_switched(claim, evidence)
    return turned and negated(claim) == negated(evidence) and _shared(claim, evidence, frozenset())


def _ways(text: str) -> set[tuple[str, str]]:
    """The pairs of "from 5 to 7"."""
    return {(m["one"].rstrip("%,. "), m["other"].rstrip("%,. ")) for m in _FROM_TO.finditer(text)}


def _is_switched(claim: str, evidence: str) -> bool:
    if not any(way in text for text in (claim, evidence) for way in (" off", " out")):
        return False
    here, there = ({match["way"].lower() for match in _SWITCH.finditer(text)} for text in (claim, evidence))
    return len(here) == len(there) == 1 and here | there in ({"on", "off"}, {"in", "out"})


def _is_opposite(claim: str, evidence: str) -> bool:
    apart = frozenset(stem(word) for word in sisters(claim, evidence))
    against = opposites(claim, evidence) | _rivals(claim, evidence) | apart
    return bool(against) and negated(claim) == negated(evidence) and _shared(claim, evidence, against)


def _rivals(claim: str, evidence: str) -> frozenset[str]:
    """The words of the claim in whose place the evidence may have another of their group."""
    here, there = _exactly(claim), _exactly(evidence)
    if _RIVALS.keys().isdisjoint(here - there):
        return frozenset()
    others = {_RIVALS[word] for word in there - here if word in _RIVALS}
    # A list of several days agrees with each of them.
    excluded = {_RIVALS[word] for word in there & here if word in _RIVALS}
    return frozenset(stem(word) for word in here - there if _RIVALS.get(word, -1) in others - excluded)


def _is_needed(claim: str, evidence: str) -> bool:
    """Whether the claim needs what the evidence does without."""
    without = _WITHOUT.search(evidence)
    if not without or not _NEEDED.search(claim) or negated(claim):
        return False
    return stem(without["thing"]) in content(claim) and _shared(claim, evidence, frozenset())


def _is_open(claim: str, evidence: str) -> bool:
    """Whether the claim speaks of everyone where the evidence has only some, or the other way round, or of many where
    it has few.
    """
    pairs = ((_EVERYONE, _ONLY), (_ONLY, _ANYBODY))
    opened = any(here.search(claim) and there.search(evidence) for here, there in pairs)
    if opened and not (_ONLY.search(claim) and _ONLY.search(evidence)):
        return _shared(claim, evidence, frozenset(), least=1)
    counted = any(a.search(claim) and b.search(evidence) for a, b in ((_MUCH, _LITTLE), (_LITTLE, _MUCH)))
    return counted and _shared(claim, evidence, frozenset())


_AROUND = frozenset(
    stem(word) for word in "all any anyone anybody each every everyone everybody need needs require requires".split()
)


@lru_cache(maxsize=4096)
def _exactly(text: str) -> frozenset[str]:
    return frozenset(map(_exact, _WORD.findall(text)))


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    return frozenset(content(text))


def _shared(claim: str, evidence: str, beside: frozenset[str], least: int = 2) -> bool:
    """Whether nearly all of the claim's other words stand in the evidence, and it has so many."""
    telling, there = _content(claim) - beside - _AROUND, _content(evidence)
    return len(telling) >= least and len(telling & there) >= _SAME * len(telling)
