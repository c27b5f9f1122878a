"""Words of a question that no document has, read as the word of the documents that was meant: "probaton" as
"probation".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from rapidfuzz import process
from rapidfuzz.distance import OSA

from motadata_nb.rag.words.languages import foreign_words
from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["Correction", "Words", "corrected", "corrections"]

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_SHORTEST = 4
"""Letters of a word below which every other short word is one slip away."""
_LONG = 8
"""Letters from which a word may hold two slips."""
_ENDINGS = 3
"""Letters that a stemmer may have taken from the word that was meant, and has left on the misspelt one."""
_LOOKED_UP = 8
"""Index terms whose chunks are looked at for how the word is written in full."""
_FUNCTION = sorted(word for word in STOP_WORDS if len(word) >= _SHORTEST)


class Correction(NamedTuple):
    """A word as it was typed, and as it was read."""

    typed: str
    read: str


class Words(Protocol):
    """What can be meant."""

    def beginning(self, letters: str) -> Sequence[str]:
        """The index terms that begin so, the most frequent first."""
        ...

    def is_word(self, word: str) -> bool:
        """Whether a document has the word, or it is one of the language."""
        ...

    def written(self, terms: Sequence[str]) -> Sequence[str]:
        """How index terms are written in some of the chunks that have them."""
        ...


def corrections(question: str, words: Words) -> tuple[Correction, ...]:
    """The words of *question* that are none and are one slip (two in a long one) away from one that a document has."""
    typed = [w for w in dict.fromkeys(_WORD.findall(question)) if len(w) >= _SHORTEST and w.lower() not in STOP_WORDS]
    loud = question.isupper()
    # "Wann" is no slip of "want", nor "heure" one of "here".
    function = () if foreign_words(question, least=1) else _FUNCTION
    read = (
        (word, _meant(word, words, function, acronym=_is_acronym(word) and not loud))
        for word in typed
        if not words.is_word(word)
    )
    return tuple(Correction(word, meant) for word, meant in read if meant)


def corrected(text: str, read: Sequence[Correction]) -> str:
    """The text with those words as they were read."""
    meant = dict(read)
    return _WORD.sub(lambda match: meant.get(match.group(), match.group()), text) if meant else text


def _meant(word: str, words: Words, function: Sequence[str], *, acronym: bool) -> str:
    lower, capital = word.lower(), word[0].isupper()
    # Two names that differ in two letters are two names.
    slips = 2 if len(word) >= _LONG and not capital else 1
    common = None if acronym else process.extractOne(lower, function, scorer=OSA.distance, score_cutoff=1)
    if common:
        return _as_typed(common[0], capital)
    # Few words begin with the same two letters; a slip in the second letter is rare.
    for begun in (lower[:2], lower[0]):
        near = _near(lower, words.beginning(begun))
        found = words.written(near) if near else ()
        written = {each.lower(): each for each in found if not acronym or _is_shuffled(each, word)}
        if best := process.extractOne(lower, list(written), scorer=OSA.distance, score_cutoff=slips):
            return written[best[0]] if acronym else _as_typed(best[0], capital)
    return ""


def _is_acronym(word: str) -> bool:
    """Whether it has a capital inside, as "GDPR" and "vCJD": with one other letter it is another one, no slip."""
    return word[1:].lower() != word[1:]


def _is_shuffled(acronym: str, typed: str) -> bool:
    return sorted(acronym) == sorted(typed)


def _near(word: str, terms: Sequence[str]) -> list[str]:
    """The index terms, which are stems, that the word or its beginning is a slip or two away from, nearest first."""
    best: dict[str, int] = {}
    for cut in range(min(_ENDINGS, len(word) - _SHORTEST + 1) + 1):
        found = process.extract(word[: len(word) - cut], terms, scorer=OSA.distance, score_cutoff=2, limit=None)
        for term, distance, _ in found:
            best[term] = min(int(distance), best.get(term, 9))
    return sorted(best, key=best.__getitem__)[:_LOOKED_UP]


def _as_typed(word: str, capital: bool) -> str:
    return word[:1].upper() + word[1:] if capital else word
