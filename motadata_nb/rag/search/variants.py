"""Other spellings of the words of a text, so that one finds the other: "SHP-2", "SHP 2" and "SHP2"; "TNF-α" and
"TNF-alpha".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

__all__ = ["latin", "variants"]

_GREEK = "\u0370-\u03ff"
_LETTER = re.compile(rf"(?<![{_GREEK}])[{_GREEK}](?![{_GREEK}])")
_HYPHEN = "-\u2010\u2011\u2012\u2013\u2212/"
_HYPHENATED = re.compile(rf"[^\W_]+(?:[{_HYPHEN}][^\W_]+)+")
_MARK = re.compile(rf"[{_HYPHEN}\d]")
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"\b(?:[^\W\d_]+\d|\d+[^\W\d_])[^\W_]*")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_SHORT = 2
"""Letters of a part that says little alone."""


def latin(text: str) -> str:
    """The text with each Greek letter that stands alone or beside Latin ones by its name, with a hyphen where it was
    part of a word; Greek words stay.
    """
    return text if text.isascii() else _LETTER.sub(_named, text)


def variants(text: str) -> list[str]:
    """Words with a hyphen or slash written as one, and the letters and digits of words that have both apart."""
    # Most texts are read again and again, and few of their words are of that kind.
    marked = [word for word in text.split() if _MARK.search(word)] if _MARK.search(text) else []
    return [variant for word in marked for variant in (*_joined(word), *_apart(word))]


def _apart(text: str) -> Iterator[str]:
    for match in _MIXED.finditer(text):
        yield from _RUN.findall(match.group())


def _joined(text: str) -> Iterator[str]:
    for match in _HYPHENATED.finditer(text):
        parts = _WORD.findall(match.group())
        yield "".join(parts)
        if len(parts) > 2:
            yield from (a + b for a, b in pairwise(parts) if _weak(a) or _weak(b))


def _weak(part: str) -> bool:
    return len(part) <= _SHORT or any(character.isdigit() for character in part)


def _named(match: re.Match[str]) -> str:
    letter, text, start, end = match.group(), match.string, *match.span()
    words = unicodedata.name(letter.upper()[0], "").lower().split()
    if words[:1] != ["greek"] or "letter" not in words[:-1]:
        return letter
    name = words[words.index("letter") + 1]
    return "-" * text[start - 1 : start].isalnum() + name + "-" * text[end : end + 1].isalnum()
