"""Which of several: the second separator is not the first one. In English, German, Spanish and French."""

from __future__ import annotations

import re
from functools import lru_cache

from motadata_nb.rag.words.languages import folded

__all__ = ["is_of_another_rank"]

_LINES = """
first 1st erste[nmrs]? primer[oa]? premi\u00e8?re? premier
second 2nd zweite[nmrs]? segund[oa] deuxi\u00e8me
third 3rd dritte[nmrs]? tercer[oa]? troisi\u00e8me
fourth 4th vierte[nmrs]? cuart[oa] quatri\u00e8me
fifth 5th f\u00fcnfte[nmrs]? quint[oa] cinqui\u00e8me
sixth 6th sechste[nmrs]? sext[oa] sixi\u00e8me
"""
_RANK = "|".join(f"(?P<r{n}>{'|'.join(line.split())})" for n, line in enumerate(_LINES.strip().splitlines()))
_RANKED = re.compile(rf"\b(?:{_RANK})\s+(?P<thing>[^\W\d_]{{3,}})", re.IGNORECASE)
_RANK_ALONE = re.compile(rf"\b(?:{_RANK})\b", re.IGNORECASE)
_BEGINNING = 5


def is_of_another_rank(question: str, sentence: str) -> bool:
    """Whether both speak of the same thing with its rank, as "the first edition", and of no rank in common."""
    asked = _ranked(question)
    if not asked:
        return False
    said, every = _ranked(sentence), {_number(match) for match in _RANK_ALONE.finditer(sentence)}
    return any(said[thing].isdisjoint(ranks) and not ranks & every for thing, ranks in asked.items() if thing in said)


@lru_cache(maxsize=4096)
def _ranked(text: str) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for match in _RANKED.finditer(text):
        thing = folded(match["thing"])[:_BEGINNING]
        found[thing] = found.get(thing, frozenset()) | {_number(match)}
    return found


def _number(match: re.Match[str]) -> int:
    return next(int(name[1:]) for name, word in match.groupdict().items() if word and name != "thing")
