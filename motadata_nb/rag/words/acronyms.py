"""A question's abbreviations in the words of the passages: "EU" where they write "European Union"."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["initials", "spelled_out"]

_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
_BETWEEN = r"[\s-]+(?:(?:of|the|and|for|in|on)\s+)*"


def spelled_out(question: str, passages: Sequence[str]) -> str:
    """The question with each abbreviation that no passage has replaced by words of a passage that begin with its
    letters; those of an abbreviation of two letters are capitalised.
    """
    return _ACRONYM.sub(lambda match: _expansion(match.group(), passages) or match.group(), question)


def initials(acronym: str, *, capitals: bool = False) -> str:
    """A pattern of words that begin with the letters of an abbreviation; *capitals* only."""
    letters = [x if capitals else rf"[{x.upper()}{x.lower()}]" for x in acronym if x.isalpha()]
    return r"\b" + _BETWEEN.join(rf"{letter}[a-z]+" for letter in letters) + r"\b"


def _expansion(acronym: str, passages: Sequence[str]) -> str:
    if any(re.search(rf"\b{acronym}\b", text) for text in passages):
        return ""
    # Two letters begin too many pairs of words to be looked for in small ones.
    wanted = re.compile(initials(acronym, capitals=len(acronym) == 2))
    found = (wanted.search(text) for text in passages)
    return next((" ".join(match.group().split()) for match in found if match), "")
