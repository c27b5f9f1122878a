"""Whether a sentence exchanges who does something and to whom: "A acquired B" against "B acquired A"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from motadata_nb.rag.grounding.verbs import CONVERSE, as_one_verb, one_verb
from motadata_nb.rag.words.terms import stem, telling

__all__ = ["Doing", "doings", "exchanged", "replaced"]

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NEAR_ENOUGH = 0.75
"""Share of a claim's words that a sentence must have to be said to tell the same the other way round."""
_REACH = 7
"""Words on each side of a verb among which its parties stand."""
_BY = 3
"""Words after a verb in which "by" makes it passive; more where it follows a form of "be"."""
_IS = frozenset("is are was were be been being".split())
_MUTUAL = frozenset(
    stem(word)
    for word in """
    adjacent against alongside and beside between border bordered borders both collaborated compare compared differ
    differed differs during equal equals exchange exchanged from if joined like likewise linked married match meet
    meets merge merged met near neighbour or partner play played plays related same share shared similar talked than
    together versus while with worked
    """.split()
)
"""Around these, who stands first means nothing."""
_IRREGULAR = frozenset(
    """
    beat became began bought brought built caught chose cost cut drew drove fewer fought found gave got grew had held
    higher hit hurt kept larger led left less lost lower made met more outsold overtook paid put ran rose saw sent set
    sold stole taught told took won wrote beaten lent losesto losingto lostto overcame overcome slew written
    """.split()
)
_ENDING_LIKE_NOUNS = frozenset(
    "delivers enters transfers administers suffers refers prefers hinders lowers defers".split()
)
_BEFORE_NOUNS = frozenset("a an the of and or in on by with for to from as at all both many these those such".split())
_NOUN = re.compile(
    r"(?:[ts]ions?|ments?|it(?:y|ies)|ness|[aeiuy]sis|[eo]rs|ists?|isms?|[ae]nces?|ures?|ings?|ics|us|ss)$"
)
_CIRCUMSTANCES = frozenset("via through using with in at on during for under per since until within".split())
"""What follows them is not whom or what something is done to."""
_FEWEST = 3
"""Words that a clause must have to say who does what."""
_CUT = re.compile(r"[;:()\u2013\u2014]|,\s|\b(?:because|although|while|whereas|after|before|when|if)\b", re.IGNORECASE)


class Doing(NamedTuple):
    """A clause: its words in order, and which of them stand there once."""

    words: tuple[str, ...]
    written: tuple[str, ...]
    once: Set[str]
    bag: Set[str]


def doings(sentence: str) -> list[Doing]:
    """The clauses of a sentence that are long enough to say who does what."""
    return [doing for clause in _CUT.split(as_one_verb(sentence)) if len((doing := _doing(clause)).bag) >= _FEWEST]


def exchanged(claim: Sequence[Doing], known: Sequence[Doing]) -> bool:
    """Whether a known clause has two words of the claim on the other sides of the same verb, and none has them as the
    claim does.
    """
    ways = [way for one in claim for other in known for way in _ways(one, other)]
    turned = {verb for verb, same in ways if not same}
    return bool(turned - {verb for verb, same in ways if same})


def replaced(
    claim: Sequence[Doing], known: Sequence[Doing], named: Set[str], every: Callable[[], Iterable[Doing]]
) -> bool:
    """Whether the claim is a known clause but for one word in the place of another: another name, or another party to
    what somebody does. *named* are names, *every* gives all clauses.
    """
    return any(
        pair <= named or any(_are_parties(pair, doing) for doing in every())
        for one in claim
        if not any(one.bag <= other.bag for other in known)
        for other in known
        if (pair := _replacement(one, other))
    )


def _are_parties(pair: Set[str], doing: Doing) -> bool:
    """Whether one does something to the other."""
    if not pair <= doing.once:
        return False
    first, second = sorted(map(doing.words.index, pair))
    between = (word for word in doing.words[first + 1 : second] if word in doing.once)
    return second - first <= _REACH and any(_is_verb(word, doing) for word in between)


def _doing(clause: str) -> Doing:
    written = tuple(_WORD.findall(clause))
    stems = tuple(map(_key, written))
    told = frozenset(map(one_verb, telling(written)))
    return Doing(stems, written, frozenset(w for w in told if stems.count(w) == 1), told)


@lru_cache(maxsize=50_000)
def _key(word: str) -> str:
    return one_verb(stem(word))


def _ways(one: Doing, other: Doing) -> Iterator[tuple[str, bool]]:
    """The verbs of two clauses that tell nearly the same, each with whether the same stands on the same sides."""
    if len(one.bag & other.bag) < _NEAR_ENOUGH * len(one.bag):
        return
    shared = one.once & other.once
    for verb in shared - _MUTUAL:
        if not (_is_verb(verb, one) and _is_verb(verb, other)):
            continue
        before, after = _sides(one, verb, shared)
        earlier, later = _sides(other, verb, shared)
        if before & earlier:
            yield verb, True
        elif before & later and after & earlier:
            yield verb, False


def _is_verb(verb: str, doing: Doing) -> bool:
    """Whether it may be one, or a comparison, by its form."""
    at = doing.words.index(verb)
    word, before, after = doing.written[at], *_beside(doing, verb)
    if not at or not word.islower():
        return False
    # A noun in the plural stands behind an article or in a list.
    third = (
        word.endswith("s")
        and (word in _ENDING_LIKE_NOUNS or not _NOUN.search(word))
        and before not in _BEFORE_NOUNS
        and after not in {"and", "or", "of"}
    )
    compared = word.endswith("er") and after == "than"
    return third or compared or word.endswith("ed") or word in _IRREGULAR


def _sides(doing: Doing, verb: str, shared: Set[str]) -> tuple[Set[str], Set[str]]:
    """The shared words before and after a verb; the other way round when it is passive, or that of the other side."""
    at = doing.words.index(verb)
    before = shared & set(doing.words[max(0, at - _REACH) : at])
    behind = doing.words[at + 1 : at + 1 + _REACH]
    passive = "by" in behind[: _REACH if _IS & set(doing.words[max(0, at - 2) : at]) else _BY]
    ends = (n for n, word in enumerate(behind) if word in _CIRCUMSTANCES and "than" not in behind[:n])
    after = shared & set(behind[: next(ends, _REACH)])
    turned = stem(doing.written[at]) in CONVERSE
    return (after, before) if passive != turned else (before, after)


def _replacement(one: Doing, other: Doing) -> Set[str]:
    """The words that stand in each other's place, when all else is the same; otherwise nothing."""
    mine, theirs = one.bag - other.bag, other.bag - one.bag
    if not mine or not theirs or len(one.bag) < _FEWEST:
        return frozenset()
    if len(mine) > 1:
        return _renamed(one, other, mine, theirs)
    (word,) = mine
    # Oct is October.
    theirs = {their for their in theirs if not (their.startswith(word) or word.startswith(their))}
    places = {_beside(one, word)} & {_beside(other, their) for their in theirs}
    if not places:
        return frozenset()
    their = next(t for t in theirs if _beside(other, t) in places)
    return frozenset({word, their})


def _renamed(one: Doing, other: Doing, mine: Set[str], theirs: Set[str]) -> Set[str]:
    """The last words of two names of several words each before the same words."""
    here, there = _full_name(one, mine), _full_name(other, theirs)
    if not here or not there or len(mine) != len(here):
        return frozenset()
    following = (one.words[one.words.index(here[-1]) + 1 :][:2], other.words[other.words.index(there[-1]) + 1 :][:2])
    return frozenset({here[-1], there[-1]}) if following[0] == following[1] else frozenset()


def _full_name(doing: Doing, among: Set[str]) -> list[str]:
    """The capitalised words, at least two, with which a clause begins, when all are *among* those."""
    pairs = zip(doing.words, doing.written, strict=True)
    begun = [word for word, _ in takewhile(lambda pair: pair[1][0].isupper() and pair[0] in among, pairs)]
    return begun if len(begun) > 1 else []


def _beside(doing: Doing, word: str) -> tuple[str, str]:
    """The words around a word."""
    at = doing.words.index(word)
    around = ("", *doing.words, "")
    return around[at], around[at + 2]
