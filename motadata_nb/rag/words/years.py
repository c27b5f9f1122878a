"""The year that something is said of: what was sold in 2023 was not sold in 2022."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["is_of_another_year"]

_Y = r"(?:1[5-9]|20)\d\d"
_YEAR = re.compile(rf"\b{_Y}\b")
_IN = re.compile(
    rf"\b(?:in|during|im|jahr|en|durante|a\u00f1o|ann\u00e9e|nel|em)\s+(?:the\s+year\s+|year\s+)?(?P<year>{_Y})\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    rf"\b(?P<first>{_Y})\s*(?:-|\u2013|to|until|and|bis|und|a|hasta|y|\u00e0|et)\s*(?P<last>{_Y})\b", re.IGNORECASE
)
_OPEN = re.compile(
    rf"\b(?:since|from|until|till|before|after|by|seit|ab|bis|vor|nach|desde|hasta|antes|despu\u00e9s|depuis|jusqu\W?en"
    rf"|avant|apr\u00e8s)\s+(?:\w+\s+)?{_Y}\b",
    re.IGNORECASE,
)
_WHEN = re.compile(r"^\W*(?:when|wann|cu\u00e1ndo|quand)\b|\b(?:what|which) year\b", re.IGNORECASE)


def is_of_another_year(question: str, sentence: str) -> bool:
    """Whether the question is about what was so in one year, and the sentence about others, all of them told."""
    asked = _asked(question)
    if not asked or _OPEN.search(sentence):
        return False
    said = frozenset(_said(sentence))
    return bool(said) and not asked & said


@lru_cache(maxsize=256)
def _asked(question: str) -> frozenset[int]:
    if _WHEN.search(question):
        return frozenset()
    return frozenset(int(match["year"]) for match in _IN.finditer(question))


def _said(sentence: str) -> Iterator[int]:
    yield from (int(match.group()) for match in _YEAR.finditer(sentence))
    for match in _SPAN.finditer(sentence):
        yield from range(int(match["first"]), int(match["last"]))
