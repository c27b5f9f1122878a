"""When something rose or fell: what is said of the first quarter is not said of the second."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from motadata_nb.rag.words.months import ENGLISH_MONTH
from motadata_nb.rag.words.polar import in_english
from motadata_nb.rag.words.terms import content, with_ends

__all__ = ["compared_trend"]

_UP = "rise rises rose risen rising grow grows grew grown increase increases increased increasing improve improves \
improved climb climbs climbed expand expands expanded gained jumped soared surged went-up"
_DOWN = "fall falls fell fallen falling drop drops dropped decrease decreases decreased decreasing decline declines \
declined worsen worsens worsened shrink shrinks shrank sank slumped plunged shrunk lost dipped went-down"
_SIGN = {word: 1 for word in _UP.split()} | {word: -1 for word in _DOWN.split()}
_WENT = re.compile(r"\b(?:went|gone|goes|go)\s+(up|down)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][^\W_-]*(?:-(?:up|down))?")
_PERIOD = re.compile(
    rf"\b(?:Q[1-4]|H[12]|(?:19|20)\d\d|{ENGLISH_MONTH}|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter"
    r"|(?:first|second|third|fourth|last) (?:quarter|half)|\w+day(?=s?\b))"
)
_CLAUSE = re.compile(r"[,;]\s+|\s(?:and|but|while|whereas|then|before|after)\s", re.IGNORECASE)
_NO = re.compile(r"\b(?:not|never|neither|nor|hardly)\b|n['\u2019]t\b", re.IGNORECASE)
_TELLING = with_ends([*_SIGN, "up", "down"])


class _Trend(NamedTuple):
    """A change, when it was, and of what."""

    sign: int
    periods: frozenset[str]
    of: frozenset[str]


def compared_trend(claim: str, sentences: Iterable[str]) -> Literal["", "same", "turned", "elsewhen"]:
    """Whether *sentences* have a change that the claim tells: the same in the same period, the opposite in that, or
    one of other periods only. Empty when the claim tells no change in one period.
    """
    told = [] if _TELLING.isdisjoint(in_english(claim).lower().split()) else _trends(claim)
    if len(told) != 1 or len(told[0].periods) != 1:
        return ""
    one = told[0]
    known = [other for text in sentences for other in _trends(text) if other.periods and one.of & other.of]
    signs = {other.sign for other in known if one.periods & other.periods}
    if signs:
        return "same" if one.sign in signs else "turned"
    return "elsewhen" if known else ""


def _trends(text: str) -> list[_Trend]:
    return list(_read(text)) if _PERIOD.search(text := in_english(text)) else []


def _read(text: str) -> Iterator[_Trend]:
    """The changes of a sentence; a clause without a thing of its own is about that of the clause before."""
    of = frozenset[str]()
    for clause in _CLAUSE.split(_WENT.sub(r"went-\1", text)):
        words = [match for match in _WORD.finditer(clause) if match.group().lower() in _SIGN]
        if not words:
            continue
        sign = _SIGN[words[0].group().lower()] * (-1 if _NO.search(clause[: words[0].start()]) else 1)
        periods = frozenset(match.group().lower()[:6] for match in _PERIOD.finditer(clause))
        own = frozenset(content(_PERIOD.sub(" ", clause[: words[0].start()])))
        of = own or of
        yield _Trend(sign, periods, of)
