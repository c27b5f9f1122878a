"""Instructions hidden in passages: text that speaks to the model instead of the reader, with reason and span.

It flags, it does not judge: passages stay quoted as data.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.cards import shortened
from motadata_nb.rag.injection.disguise import encoded, misspelt, unmasked
from motadata_nb.rag.injection.frames import FRAMES, MARKUP
from motadata_nb.rag.injection.patterns import ALWAYS, OTHER_LETTERS, PATTERNS

__all__ = ["Flag", "find_injections", "told"]

_FLAGS = re.IGNORECASE | re.MULTILINE
_SIGNED = (*PATTERNS, *FRAMES)
_COMPILED = tuple((reason, re.compile(pattern, _FLAGS)) for reason, pattern, _ in _SIGNED)
_ALWAYS = tuple((reason, re.compile(pattern, _FLAGS)) for reason, pattern in ALWAYS)
_OTHER_LETTERS = tuple((reason, re.compile(pattern, _FLAGS)) for reason, pattern in OTHER_LETTERS)
_MARKUP = tuple((reason, re.compile(pattern, _FLAGS)) for reason, pattern in MARKUP)
_BEGINNING = 5
"""Letters of a word by which patterns are suspected, where these are not a whole word."""
_SIGNS: dict[str, tuple[int, ...]] = {
    sign: tuple(n for n, (_, _, signs) in enumerate(_SIGNED) if sign in signs.split())
    for _, _, signs in _SIGNED
    for sign in signs.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_TOLD = 160
_END = re.compile(r"\n|(?<=[.!?\u3002\uff01\uff1f])\s")
_BACK, _ON = 70, 110
"""Characters before and after a sign in which a match lies."""


class Flag(NamedTuple):
    """A suspicious span: ``passage[start:end] == text``."""

    reason: str
    start: int
    end: int
    text: str


def find_injections(passage: str) -> list[Flag]:
    """Every suspicious span of *passage* in the order of the text; spans of different reasons may overlap."""
    spans = {
        (reason, places[start], places[end])
        for text, places in unmasked(passage)
        for reason, start, end in (*_matches(text), *(("overrides instructions", *span) for span in misspelt(text)))
    }
    hidden = [(reason, *match.span()) for reason, pattern in _unseen(passage) for match in pattern.finditer(passage)]
    disguised = [("encodes text", *span) for span in encoded(passage)]
    flags = (Flag(reason, start, end, passage[start:end]) for reason, start, end in (*spans, *hidden, *disguised))
    return sorted(flags, key=lambda flag: (flag.start, flag.end))


def told(passage: str, flag: Flag) -> str:
    """What is said where the flag stands: from there to the end of the sentence, in one line."""
    end = _END.search(passage, flag.end)
    return shortened(passage[flag.start : end.start() if end else len(passage)], _TOLD)


def _matches(text: str) -> Iterator[tuple[str, int, int]]:
    for which, places in _suspected(text).items():
        reason, pattern = _COMPILED[which]
        for start, end in _windows(places):
            near = (match.start() for match in pattern.finditer(text, start, end))
            # The end of a window looks like that of the text, and hides what must not follow.
            yield from ((reason, *match.span()) for at in near if (match := pattern.match(text, at)))
    for reason, pattern in _ALWAYS:
        yield from ((reason, *match.span()) for match in pattern.finditer(text))


def _unseen(passage: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Patterns of what is looked for in the passage as it is."""
    if not passage.isascii():
        yield from _OTHER_LETTERS
    if "](" in passage or "<" in passage:
        yield from _MARKUP


def _suspected(text: str) -> dict[int, list[int]]:
    """Where words stand that a match of a pattern would hold, by the pattern's place."""
    found: dict[int, list[int]] = defaultdict(list)
    for match in _WORD.finditer(text):
        word = match.group().lower()
        for which in {*_SIGNS.get(word, ()), *_SIGNS.get(word[:_BEGINNING], ())}:
            found[which].append(match.start())
    return found


def _windows(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The surroundings of the places, those that overlap as one."""
    start, end = 0, 0
    for place in places:
        if place - _BACK > end:
            if end:
                yield start, end
            start = place - _BACK
        end = place + _ON
    yield max(0, start), end
