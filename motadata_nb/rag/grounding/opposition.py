"""How far a sentence says the opposite of its context: a negation more or less, up where it says down, an antonym,
another quantity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import NamedTuple

from motadata_nb.rag.grounding.amounts import amounts, settled
from motadata_nb.rag.words.polar import in_english
from motadata_nb.rag.words.polarity import negated, opposed
from motadata_nb.rag.words.terms import content, quantities, stem

__all__ = ["OPPOSITION", "Opposition"]

OPPOSITION = ("negation", "direction", "antonym", "quantity")

_NEAR_ENOUGH = 0.35
"""Share of a claim's words that a sentence must have to be compared with it."""
_REACH = 4
"""Words that a negation, or a word of direction, reaches."""
_NEGATION = re.compile(
    # A look at the first letter spares most words the comparison.
    r"\b(?:(?=[abcfilnpruw])"
    r"(?:not(?! (?:only|just|merely|necessarily)\b)|no(?! (?:matter|doubt|later|more than|less than)\b)|never|none"
    r"|nor|neither|nobody|without|cannot|lacks?|lacking|fail(?:s|ed)?|unable|absence|unchanged|unaffected|unrelated"
    r"|independent(?:ly)? of|irrelevant|rather than|instead of|forbid(?:s|den)?|prohibit(?:s|ed)?|banned|impossible)"
    r"|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:()\u2013\u2014.]\s*|\s(?=(?:and|or|but|which|that|while|because|who|although|whereas|if|when|so|to"
    r"|without|rather than|instead of)\s)",
    re.IGNORECASE,
)
_FAILS = re.compile(
    r"\b(?=[cfrsu])(?:fail(?:s|ed|ing)?|refuse[sd]?|unable|cease[sd]?|stop(?:s|ped)?) (?:to\b|(?=\w+ing\b))"
    r"|no longer\b",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|end(?:ed|s)|stopped|abolished|discontinued|cancel+ed|withdrawn|removed|dropped|abandoned"
    r"|refused|rejected|retired|expired|scrapped|phased out|shut|excluded|exempt)\b",
    re.IGNORECASE,
)
"""What has ended or is shut is not done, though no word denies it."""
_ANY_MORE = re.compile(r"\s+any (?:more|longer)\b|\s+anymore\b|\s+up(?= to\b)", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:only|unless|except|until|if)\b", re.IGNORECASE)
_UNLESS = re.compile(r"\b(?:unless|except|until)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_TURNS = frozenset("not no never none nor neither without cannot unable little hardly".split())
_UP = """
increase increases increased increasing raise raises raised rise rises rose risen grow grows grew grown growth higher
high highest more most greater elevated enhance enhances enhanced enhancing promote promotes promoted promoting improve
improves improved improving improvement better best gain gains gained activate activates activated activation induce
induces induced inducing induction stimulate stimulates stimulated stimulating upregulate upregulates upregulated
accelerate accelerates accelerated accelerating larger longer stronger strong faster earlier expand expands expanded
expansion boost boosts boosted strengthen strengthens strengthened facilitate facilitates enable enables enabled allow
allows allowed maintain maintains retain retains preserve preserves above up sensitive sensitivity susceptible positive
positively accurate effective efficient present presence common frequent require requires required needed essential
necessary include includes included open opens opened start starts started begin began accept accepts accepted approve
approved pass passed legal safe succeed succeeded success
"""
_DOWN = """
decrease decreases decreased decreasing decline declines declined fall falls fell fallen drop drops dropped lower
lowers lowered lowering low lowest less least fewer reduce reduces reduced reducing reduction diminish diminishes
diminished attenuate attenuates attenuated impair impairs impaired impairment worsen worsens worsened worse worst poor
poorer loss lose loses lost inhibit inhibits inhibited inhibiting inhibition suppress suppresses suppressed suppressing
suppression repress represses repressed prevent prevents prevented preventing prevention block blocks blocked blocking
abolish abolishes abolished downregulate downregulates downregulated slow slows slowed slower smaller shorter weaker
weak later shrink shrinks shrank weaken weakens weakened limit limits limited forbid forbids prohibit prohibits
prohibited disable disables disabled below down resistant resistance negative negatively inaccurate ineffective
inefficient absent absence rare rarely unnecessary exclude excludes excluded close closes closed stop stops stopped end
ended reject rejects rejected refuse refuses refused deny denied illegal dangerous unsafe fail failed failure deficient
deficiency depleted depletion lack lacks lacking
"""
_DIRECTION: Mapping[str, int] = {w: 1 for w in _UP.split()} | {w: -1 for w in _DOWN.split()}


_RATE = re.compile(
    r"(?<![\w.,])(?P<number>\d+(?:[.,]\d+)*)\s*(?:[^\W\d_]+\s+){0,2}?(?:an?|per|each|every)\s+"
    r"(?P<time>second|minute|hour|day|night|week|month|quarter|year)\b",
    re.IGNORECASE,
)
"""So many in such a time."""
_SCALES = frozenset(stem(word) for word in ("hundred", "thousand", "million", "billion", "trillion"))


def _plainly(text: str) -> str:
    """The text with "not" for what denies the verb that follows, and without what only goes with it."""
    return _ANY_MORE.sub("", _FAILS.sub("not ", in_english(text)))


class _Clause(NamedTuple):
    words: frozenset[str]
    negated: bool


class _Heading(NamedTuple):
    """A word of direction in its place; ``sign`` is turned round by a negation before it."""

    at: int
    word: str
    sign: int


class _Reading:
    """A sentence as clauses and as words with directions, each made when asked for."""

    def __init__(self, text: str, words: Set[str]) -> None:
        self.written, self.words = text, words

    @cached_property
    def _text(self) -> str:
        return _plainly(self.written)

    @cached_property
    def clauses(self) -> list[_Clause]:
        found = (_Clause(frozenset(content(c)), bool(_NEGATION.search(c))) for c in _CLAUSE.split(self._text))
        return [clause for clause in found if clause.words]

    @cached_property
    def negated(self) -> bool:
        return bool(_NEGATION.search(self._text))

    @cached_property
    def ended(self) -> bool:
        return bool(_ENDED.search(self._text))

    @cached_property
    def unless(self) -> bool:
        return bool(_UNLESS.search(self._text))

    @cached_property
    def conditional(self) -> bool:
        return bool(_CONDITION.search(self._text))

    @cached_property
    def quantities(self) -> frozenset[tuple[str, str]]:
        return quantities(self._text)

    @cached_property
    def course(self) -> tuple[dict[str, list[int]], list[_Heading]]:
        """Places of the words that have no direction, and those that have one."""
        places: dict[str, list[int]] = {}
        headings, turned = [], -_REACH - 1
        for at, word in enumerate(w.lower() for w in _WORD.findall(self._text)):
            if word in _TURNS or word.endswith(("n't", "n\u2019t")):
                turned = at
            elif sign := _DIRECTION.get(word, 0):
                headings.append(_Heading(at, word, -sign if at - turned <= _REACH else sign))
            else:
                places.setdefault(stem(word), []).append(at)
        return places, headings


class Opposition:
    """The sentences of a context, to be compared with claims."""

    def __init__(self, sentences: Sequence[str], words: Sequence[Set[str]] | None = None) -> None:
        """*words* holds the content words of each sentence, when they are known."""
        words = [set(content(sentence)) for sentence in sentences] if words is None else words
        self._readings = [_Reading(*pair) for pair in zip(sentences, words, strict=True)]

    def of(self, claim: str, evidence: str) -> tuple[float, ...]:
        """:data:`OPPOSITION` of a claim: each from 0; *evidence* is its nearest sentence."""
        said = _Reading(claim, frozenset(content(claim)))
        if len(said.words) < 2:
            return (0.0,) * len(OPPOSITION)
        # Two words are about the same as a sentence that has both.
        least = _NEAR_ENOUGH if len(said.words) > 2 else 1.0
        near = [(len(said.words & r.words) / len(said.words), r) for r in self._readings]
        near = [(share, reading) for share, reading in near if share >= least]
        against = _direction(said, near)
        # "Did not rise" agrees with "fell", though only one of them is negated.
        negation = _negation(said, near) if against >= 0 else 0.0
        antonym = opposed(claim, evidence)
        # "Not allowed" agrees with "prohibited".
        if antonym and negated(claim) != negated(evidence):
            antonym, negation = False, 0.0
        return negation, max(against, 0.0), float(antonym), self._quantity(said, claim, evidence)

    def _quantity(self, said: _Reading, claim: str, evidence: str) -> float:
        """1 when the claim counts a thing that its evidence counts differently, or gives its number another scale, and
        no sentence has it so.
        """
        theirs = quantities(evidence) if said.quantities else frozenset[tuple[str, str]]()
        unknown = said.quantities - self._quantities if theirs else theirs
        if unknown:
            # 0.31 km is 310 m.
            same = settled(amounts(claim), amounts(evidence))
            unknown = frozenset(one for one in unknown if one[0] not in same or one[1].startswith("/"))
        if theirs and self._is_at_another_rate(claim, evidence):
            return 1.0
        units = {unit for _, unit in theirs}
        scales = {number for number, unit in theirs if unit in _SCALES}
        return float(any(unit in units or (unit in _SCALES and number in scales) for number, unit in unknown))

    def _is_at_another_rate(self, claim: str, evidence: str) -> bool:
        """Whether the claim has a number of the evidence in another time, and no sentence has it so: 480 litres a
        minute, an hour.
        """
        here, there = _rates(claim), _rates(evidence)
        new = {(number, time) for number, time in here - there if number in {known for known, _ in there}}
        return bool(new) and not any(new & _rates(reading.written) for reading in self._readings)

    @cached_property
    def _quantities(self) -> frozenset[tuple[str, str]]:
        return frozenset[tuple[str, str]]().union(*(reading.quantities for reading in self._readings))


def _rates(text: str) -> set[tuple[str, str]]:
    return {(match["number"], match["time"].lower()) for match in _RATE.finditer(text)}


def _negation(said: _Reading, near: Sequence[tuple[float, _Reading]]) -> float:
    """How much nearer the nearest sentence with the other sign is than the nearest with the same."""
    same = other = 0.0
    for share, reading in near:
        differs = _lacks_negation(said, reading) if said.negated else _adds_negation(said, reading)
        if differs:
            other = max(other, share)
        elif differs is not None:
            same = max(same, share)
    return max(other - same, 0.0)


def _lacks_negation(said: _Reading, reading: _Reading) -> bool | None:
    """None when the sentence does not speak of what the claim denies."""
    if said.conditional != reading.conditional:
        return None
    if reading.negated:
        return False
    if reading.ended and not said.ended:
        return None
    denied = frozenset[str]().union(*(c.words for c in said.clauses if c.negated))
    return True if 2 * len(denied & reading.words) >= max(len(denied), 2) else None


def _adds_negation(said: _Reading, reading: _Reading) -> bool | None:
    """Whether every clause that has most of the claim is negated, and has at least half of what they share. None when
    the claim has a condition, which may say the same: "only if" and "not unless".
    """
    if not reading.negated:
        return False
    if said.conditional:
        return None
    shared = [(len(said.words & clause.words), clause.negated) for clause in reading.clauses]
    most = max((count for count, _ in shared), default=0)
    return 2 * most >= len(said.words & reading.words) and all(no for count, no in shared if count == most)


def _direction(said: _Reading, near: Sequence[tuple[float, _Reading]]) -> float:
    """Weight of the sentences in which the same words go the other way, less that of those in which they go the same
    way.
    """
    if said.conditional:
        # "Not unless" is "only if".
        near = [(share, reading) for share, reading in near if said.unless == reading.unless or not reading.conditional]
    places, headings = said.course
    balance = 0.0
    for heading in headings:
        # By how much it rose is not what rose.
        beside = [word for word, at in places.items() if word != "by" and abs(at[-1] - heading.at) <= _REACH]
        for share, reading in near:
            theirs, ways = reading.course
            spots = [at for word in beside for at in theirs.get(word, ())]
            if spots and ways:
                gap, _, sign = min((min(abs(w.at - s) for s in spots), w.word != heading.word, w.sign) for w in ways)
                weight = share**2 / (1 + gap / 5) if gap <= _REACH else 0.0
                balance += weight if sign != heading.sign else -weight
    return balance
