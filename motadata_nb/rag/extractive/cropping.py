"""A long run of text without sentence ends, cut down to what surrounds the words of the question."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from motadata_nb.rag.extractive.extraction import Extract
from motadata_nb.rag.words.terms import content, stem

__all__ = ["cropped"]

_LONG = 600
_WINDOW = 300
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


def cropped(piece: Extract, question: str, idf: Callable[[str], float]) -> Extract:
    """The piece, or when it is very long the window of it that holds most of the question's words."""
    if piece.shown or len(piece.text) <= _LONG:
        return piece
    asked = {word: idf(word) for word in content(question)}
    places = [(m.start(), asked[stem(m.group())]) for m in _WORD.finditer(piece.text) if stem(m.group()) in asked]
    middle = _densest(places)
    start = _word_start(piece.text, max(0, min(middle - _WINDOW // 2, len(piece.text) - _WINDOW)))
    end = _word_end(piece.text, start + _WINDOW)
    text = piece.text[start:end]
    before, after = "\u2026 " * (start > 0), " \u2026" * (end < len(piece.text))
    shown = before + " ".join(text.split()) + after
    return replace(piece, text=text, start=piece.start + start, end=piece.start + end, shown=shown)


def _densest(places: list[tuple[int, float]]) -> int:
    """The middle of the matches around the match with the most weight within a window."""
    best, middle = 0.0, 0
    for at, _ in places:
        within = [(place, weight) for place, weight in places if at <= place < at + _WINDOW // 2]
        total = sum(weight for _, weight in within)
        if total > best:
            best, middle = total, (at + within[-1][0]) // 2
    return middle


def _word_start(text: str, at: int) -> int:
    while 0 < at < len(text) and not text[at - 1].isspace():
        at += 1
    return at


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    while at > 0 and not text[at].isspace():
        at -= 1
    return at
