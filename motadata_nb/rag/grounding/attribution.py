"""Which passages a sentence of an answer names, and what it says beside naming them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from motadata_nb.rag.words.terms import LIST_ITEM, content, stem

__all__ = ["Claim", "cited", "said", "told"]

_REFERENCE = re.compile(
    r"\(?\b(?:(?:according to|based on|as (?:mentioned|stated|described|noted) in|in|from|see)\s+)?(?:the\s+)?"
    r"(?:(?:given|provided|above|following)\s+)*(?:passage|source|document)s?\s*"
    r"(?:#?\d{1,2}\b(?:\s*(?:,|and|&|-)\s*(?:passage\s*)?\d{1,2}\b)*)?\)?",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[\d{1,2}(?:\s*[,;]\s*\d{1,2})*\]")
_NUMBERED = re.compile(
    r"(?:(?:passage|source|document)s?\s*#?|\[)(\d{1,2}(?:\s*(?:[,;&-]|and)\s*\d{1,2})*)", re.IGNORECASE
)
_SCAFFOLDING = """
passage provided given based according mention information question answer therefore additionally overall summary
conclusion however specifically following brief stated suggest specific include various important helpful note unable
context text explicitly respectively summarize example such several yes sure okay ok certainly sorry
know thank asking hope help glad please welcome hello hi bye goodbye
"""
_AROUND = frozenset(stem(word) for word in _SCAFFOLDING.split())


@dataclass(frozen=True)
class Claim:
    """A sentence of an answer, in the forms in which it is compared; each is made once."""

    written: str

    @cached_property
    def said(self) -> str:
        """Without marks: :func:`said`."""
        return said(self.written)

    @cached_property
    def tokens(self) -> list[str]:
        """Stems of the words that carry meaning, in order."""
        return content(self.said)

    @cached_property
    def told(self) -> list[str]:
        """Stems of the words that claim something: :func:`told`."""
        return told(self.written)


def cited(sentence: str) -> frozenset[str]:
    """The numbers of the passages that a sentence names: `(Passage 2)`, `[1, 3]`."""
    return frozenset(n for match in _NUMBERED.finditer(sentence) for n in re.findall(r"\d+", match.group(1)))


def said(sentence: str) -> str:
    """The sentence without the mark of a list and without marks of citations (`[1, 3]`)."""
    return _MARK.sub(" ", LIST_ITEM.sub("", sentence))


def told(sentence: str) -> list[str]:
    """Stems of the words that claim something: without function words, names of passages and what surrounds an
    answer ("based on the provided information …").
    """
    return [word for word in content(_REFERENCE.sub(" ", said(sentence))) if word not in _AROUND and "'" not in word]
