"""A sentence of a passage without the line above it that is a heading: nothing ends it, and splitting goes by ends."""

from __future__ import annotations

import re

from motadata_nb.ingestion.sentences import Sentence
from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["below_heading", "below_known"]

_HEADED = re.compile(
    r"(?P<heading>(?=[^\W_])[^\n]{2,60}[^\W_)\"\u201d])[ \t]*\n\s*(?=[\"\u201c(]?[A-Z\u00c0-\u00dd\d])"
)
"""A short line without a mark at its end, above one that begins like a sentence."""
_MARKED = re.compile(r"(?:#{1,6}[ \t][^\n]*\n\s*)+(?=\S)")
"""Lines that Markdown says are headings."""
_WORDS = 8


def below_heading(passage: str, sentence: Sentence, known: str = "") -> Sentence:
    """The sentence from where it says something; as it is when it does not begin with a heading.

    *known* is what the passage is known to stand under; other headings are told by their look.
    """
    bare = below_known(sentence, known)
    before = passage[: sentence.start].rstrip(" \t")
    if bare is not sentence or (before and not before.endswith("\n")):
        return bare
    match = _MARKED.match(sentence.text) or _unmarked(sentence.text)
    return _after(sentence, match.end()) if match else sentence


def below_known(sentence: Sentence, known: str) -> Sentence:
    """The sentence without a first line that is the end of the heading *known*, however that looks."""
    line, _, body = sentence.text.partition("\n")
    if not body.strip() or not line.strip() or not known.endswith(line.strip()):
        return sentence
    return _after(sentence, len(sentence.text) - len(body.lstrip()))


def _after(sentence: Sentence, cut: int) -> Sentence:
    body = sentence.text[cut:]
    return Sentence(body, sentence.end - len(body), sentence.end)


def _unmarked(text: str) -> re.Match[str] | None:
    match = _HEADED.match(text)
    return None if match and _goes_on(match["heading"]) else match


def _goes_on(line: str) -> bool:
    """Whether a line is too long for a heading, or ends as none does."""
    words = line.split()
    return len(words) > _WORDS or words[-1].lower() in STOP_WORDS
