"""Names in a question that the passages do not know, in whatever inflection or spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from motadata_nb.rag.words.languages import is_german
from motadata_nb.rag.words.terms import names, words

__all__ = ["unknown_names"]

_BEGINNING = 5
_LONG = 8
"""Letters from which two slips may be in a name; in one of four there may be none: East is not least."""
_GERMAN = re.compile(
    r"^\W*(?:(?:in|an|auf|f\u00fcr|mit|von|zu|bei|seit|bis) )?"
    r"(?:wie|wer|wen|wem|wann|wo|wohin|woher|warum|wieso|was|welche[mnrs]?"
    r"|ist|sind|gibt|darf|d\u00fcrfen|kann|k\u00f6nnen|muss|m\u00fcssen|hat|haben|werden|wird|gilt|gelten)\b"
    r"(?!\s+(?:the|there|it|he|she|they|we|you|i)\b)",
    re.IGNORECASE,
)
"""There every noun has a capital."""
_PART = re.compile(r"[^\W_]{3,}")


def unknown_names(question: str, texts: Sequence[str]) -> set[str]:
    """Stems of the names in *question* of which no part stands in any of *texts*, not even misspelt."""
    if _GERMAN.match(question) or is_german(question):
        return set()
    wanted = {name: parts for name in names(question) if (parts := _PART.findall(name))}
    if not wanted:
        return set()
    known = {word for text in texts for word in words(text)}
    begun = {word[:_BEGINNING] for word in known}
    return {name for name, parts in wanted.items() if not any(_stands(part, known, begun) for part in parts)}


def _stands(part: str, known: set[str], begun: set[str]) -> bool:
    slips = 2 if len(part) >= _LONG else int(len(part) >= _BEGINNING)
    near = process.extractOne(part, known, scorer=OSA.distance, score_cutoff=slips) if slips else None
    return part[:_BEGINNING] in begun or near is not None
