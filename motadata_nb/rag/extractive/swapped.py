"""Whether a sentence has another word before one of the question: "wheat flour", where it has "rye flour"."""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise

from motadata_nb.rag.words.languages import folded, foreign_words
from motadata_nb.rag.words.polarity import opposed
from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["swapped"]

_WORD = re.compile(r"[\w'\u2019-]+|[^\w\s]")
_LETTERS = re.compile(r"[^\W\d_][\w'\u2019-]*")
_BEGINNING = 5
_QUALITY = re.compile(
    r"(?:ly|al|ous|ive|ic|ful|less|ary|est|able|ible|ed|ing|ern)$|^(?:new|old|large|small|big|great|good|more)$", re.I
)
"""How adjectives end: a thing may have many qualities, and is of one sort."""
_DONE = re.compile(r"(?:ed|ing)$|^ago$")


def swapped(question: str, sentence: str) -> list[tuple[str, str]]:
    """Each word of the question with the one that stands before the same word in the sentence, which has not the
    first, as the question has not the second.
    """
    idle = STOP_WORDS | foreign_words(question)
    asked, said = (_pairs(text, idle) for text in (question, sentence))
    mine, theirs = ({_key(word) for word in _WORD.findall(text)} for text in (question, sentence))
    same = {_key(head) for a, head in asked for b, other in said if _key(head) == _key(other) and _key(a) == _key(b)}
    found = [(a, b) for a, head in asked for b, other in said if _one(head) == _one(other) and _key(head) not in same]
    apart = [(a, b) for a, b in found if _key(a) not in theirs and _key(b) not in mine]
    return [(a, b) for a, b in apart if opposed(a, b) or not _QUALITY.search(a)]


def _pairs(text: str, idle: Set[str]) -> list[tuple[str, str]]:
    """Neighbouring words that tell something; no names, which have others beside them."""
    return [
        (a, b)
        for n, (a, b) in enumerate(pairwise(_WORD.findall(text)))
        if b.islower()
        and (a.islower() or not n)
        and _LETTERS.fullmatch(a + b)
        and not {a.lower(), b} & idle
        and not _DONE.search(b)
    ]


def _one(word: str) -> str:
    return word.removesuffix("s")


def _key(word: str) -> str:
    return folded(word)[:_BEGINNING]
