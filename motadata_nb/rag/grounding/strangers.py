"""Names of a claim that stand nowhere in its context."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from motadata_nb.rag.words.months import MONTHS
from motadata_nb.rag.words.terms import stem

__all__ = ["is_month", "strangers"]

_WORD = r"[A-Z][\w\u2019'-]*[a-z][\w\u2019'-]*"
_NAME = re.compile(rf"(?<=[a-z0-9,;)\u2019'\"-]\s){_WORD}(?:\s+(?:of\s+)?{_WORD})*")
"""Capitalised words after a word in small letters or a comma: what follows a colon or a full stop begins something."""
_SEPARATOR = re.compile(r"[\s-]+")
_MONTH = {stem(month): month[:3].lower() for month in MONTHS}
_HEADED = re.compile(r"^\W*(?:\w+\W+){1,6}?(?<=\S):\s")
_PROPER = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]{3,}")


def strangers(claim: str, knows: Callable[[str], bool], text: str) -> Set[str]:
    """The words of names in *claim* that *knows* does not know; *text* may have a name by its initials alone."""
    body = _HEADED.sub(lambda match: "x " if match.group().istitle() else match.group(), claim)
    runs = [match.group() for match in _NAME.finditer(body)]
    # A title or a heading is written so, whatever it names.
    if sum(len(run.split()) for run in runs) > 0.6 * len(body.split()):
        return frozenset()
    return {word for run in runs if not _abbreviated(run, text) for word in _parts(run) if not _known(word, knows)}


def _parts(run: str) -> list[str]:
    """The words that are written like names, unlike symbols of genes or "-based"."""
    words = (re.split(r"['\u2019]", part)[0] for part in _SEPARATOR.split(run))
    return [word for word in words if _PROPER.fullmatch(word)]


def _known(word: str, knows: Callable[[str], bool]) -> bool:
    return knows(stem(word)) or is_month(stem(word), knows)


def is_month(key: str, knows: Callable[[str], bool]) -> bool:
    """Whether it is the stem of a month that is known, in full or by its first three letters."""
    forms = ((month, short) for month, short in _MONTH.items() if key in (month, short))
    return any(knows(form) for pair in forms for form in pair)


def _abbreviated(run: str, text: str) -> bool:
    """Whether the context has the letters that the words begin with: BLS for the Bureau of Labor Statistics."""
    letters = "".join(word[0] for word in run.split() if word[0].isupper())
    return any(len(short) > 1 and re.search(rf"\b{short}s?\b", text) for short in (letters, letters[:-1], letters[1:]))
