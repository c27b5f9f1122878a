"""Sentences of a text with their character spans, by rules that survive PDF text, lists and lower-case prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Sentence", "split_sentences"]

MAX_CHARS = 1200
"""A longer run without a sentence end (a table, a list, a dump) is cut at white space."""

_SHORT = """
mr mrs ms dr prof rev hon st sr jr gen col lt capt sgt maj adm gov sen rep pres messrs
vs etc eg ie cf al approx ca viz resp est inc ltd co corp llc plc bros dept univ assn
fig figs eq eqs ref refs sec ch chap vol vols no nos pp pg ed eds tab art para app
jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
u.s u.k u.n e.g i.e a.m p.m d.c ph.d m.d b.a m.a b.sc m.sc u.s.a e.u
mt ft ave blvd rd hwy min max avg temp op cit ibid trans mme mlle llp excl incl u.s.c c.f.r
z.b d.h u.a bzw usw vgl nr abs bd hrsg ggf evtl inkl
ext tel fax mob telefon str hr fr exkl zzgl ca max mind
"""
_ABBREVIATIONS = frozenset(_SHORT.split())
_TITLES = """
etc usw inc ltd co corp llc plc jr sr u.s u.k u.n u.s.a e.u a.m p.m d.c ph.d m.d b.a m.a b.sc m.sc
"""
_OPEN_ENDED = frozenset(_TITLES.split())
"""Abbreviations that often end a sentence: a following capitalised common word does end it."""

_COMMON = """
the a an this that these those it its he she they we you i in on at by for from to of with as if when while after
before since although though however but and or so there here his her their our your my what who how why where
which each every all some many most one two no not both also then thus
der die das ein eine es er sie wir ich im dies diese dieser
"""
_STARTERS = frozenset(_COMMON.split())
_BREAK = re.compile(
    r"""
      (?P<end>[.!?\u2026\u061f\u06d4\u0964]+[\"'\u201d\u2019)\]\u00bb*_]*)(?=\s|$)  # an end with its closing marks
    | (?P<wide>[\u3002\uff01\uff1f\uff61]+[\"'\u201d\u2019\u00bb\u300d\u300f\uff09)]*)  # no space follows it
    | (?P<blank>\n[ \t]*\n\s*)                                    # a blank line
    | (?P<bullet>\n(?=[ \t]*(?:[\u2022\u25aa\u25cf\u25cb\u2023\u25e6\u00b7*\u2013-]
        |\(?\d{1,2}[.)]|\(?[a-zA-Z]\))[ \t]+\S))
    """,
    re.VERBOSE,
)
_PARENTHESIS = 200
"""Characters that what stands between parentheses may have; further away the mark is taken for a slip."""
_AHEAD = re.compile(r"[^()]*?(?:\n[ \t]*\n|[()])", re.DOTALL)
_ORDINAL = re.compile(
    r"(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
    r"|quartal|halbjahr|auflage|jahrhundert|stock|etage|klasse|kapitel|abschnitt|absatz|semester|platz|rang)\b",
    re.IGNORECASE,
)
"""What follows a number that is written with a dot in German: "am 1. Juli", "im 3. Quartal"."""
_LIST_MARK = re.compile(r"(?:^|\n)[ \t]*\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])$", re.MULTILINE)
_LAST_WORD = re.compile(r"[^\s(\[\"'\u201c]+$")
_NEXT_WORD = re.compile(r"[\s\"'\u201c\u2018(\[\u00ab]*(\S*)")


class Sentence(NamedTuple):
    """A sentence and where it stands: ``source[start:end] == text``."""

    text: str
    start: int
    end: int


def split_sentences(text: str, max_chars: int = MAX_CHARS) -> list[Sentence]:
    """The sentences of *text* in order, without surrounding white space, none longer than *max_chars* characters.

    Every character that is not white space belongs to exactly one sentence.
    """
    sentences: list[Sentence] = []
    start = 0
    for cut in _cuts(text):
        sentences.extend(_pieces(text, start, cut, max_chars))
        start = cut
    return sentences


def _cuts(text: str) -> Iterator[int]:
    for match in _BREAK.finditer(text):
        if match.lastgroup != "end" or _ends_sentence(text, match.start(), match.end()):
            yield match.end()
    yield len(text)


def _ends_sentence(text: str, dot: int, after: int) -> bool:
    following = _following_word(text, after)
    if _in_parentheses(text, dot, after):
        return False
    if not following or (dot > 0 and text[dot - 1].isspace()):
        return True
    if text[dot] != ".":
        return not following[0].islower()
    if _LIST_MARK.search(text, max(0, dot - 8), dot):
        return False
    return _dot_ends_sentence(_word_before(text, dot), following)


def _dot_ends_sentence(word: str, following: str) -> bool:
    if following[0].islower():
        return False
    key = word.lower()
    if key.isdigit() and len(key) <= 2 and _ORDINAL.match(following):
        return False
    if len(word) == 1 and word.isalpha():
        return word.islower() or following.lower() in _STARTERS
    if key in _OPEN_ENDED or re.fullmatch(r"(?:[a-z]\.)+[a-z]", key):
        return following.lower().strip(",") in _STARTERS
    if key in _ABBREVIATIONS:
        return key == "no" and not following[0].isdigit() and word.islower()
    return True


def _in_parentheses(text: str, dot: int, after: int) -> bool:
    """Whether a parenthesis of the same paragraph is open and is closed later on."""
    before = text[max(0, dot - _PARENTHESIS) : dot]
    opened = before.rfind("(")
    if opened <= before.rfind(")") or "\n\n" in before[opened:]:
        return False
    closing = _AHEAD.match(text, after, min(len(text), after + _PARENTHESIS))
    return closing is not None and closing.group().endswith(")")


def _word_before(text: str, dot: int) -> str:
    match = _LAST_WORD.search(text, max(0, dot - 40), dot)
    return match.group() if match else ""


def _following_word(text: str, after: int) -> str:
    match = _NEXT_WORD.match(text, after, min(len(text), after + 80))
    return match.group(1) if match else ""


def _pieces(text: str, start: int, end: int, max_chars: int) -> Iterator[Sentence]:
    """The span without its outer white space, cut at white space (or hard) where it is too long."""
    while start < end:
        while start < end and text[start].isspace():
            start += 1
        stop = end if end - start <= max_chars else _soft_cut(text, start, start + max_chars)
        last = stop
        while last > start and text[last - 1].isspace():
            last -= 1
        if last > start:
            yield Sentence(text[start:last], start, last)
        start = max(stop, start + 1)


def _soft_cut(text: str, start: int, limit: int) -> int:
    for mark in ("\n", " "):
        cut = text.rfind(mark, start + (limit - start) // 2, limit)
        if cut > start:
            return cut
    return limit
