"""The context of an answer, prepared once for all its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.opposition import Opposition
from motadata_nb.rag.roles import Doing, doings
from motadata_nb.rag.terms import content, names, ngrams, numbers, ranks, words

__all__ = ["ContextView", "prefixes"]

FloatArray = NDArray[np.float32]


def prefixes(stems: Iterable[str]) -> set[str]:
    """What related words share: their first five letters."""
    return {word[:5] for word in stems}


@dataclass(kw_only=True)
class ContextView:
    """Sentences of passages in the forms in which those of an answer are compared with them.

    ``vectors`` has one unit row per sentence, ``question_vector`` one row of the same width.
    """

    sentences: Sequence[str]
    vectors: FloatArray
    question: str = ""
    question_vector: FloatArray | None = None
    text: str = field(init=False)
    vocabulary: set[str] = field(init=False)
    fuzzy: set[str] = field(init=False)
    by_sentence: list[set[str]] = field(init=False)
    by_pair: list[set[str]] = field(init=False)
    """Words of neighbouring sentences."""
    near_pairs: list[set[str]] = field(init=False)
    """Prefixes of the words of neighbouring sentences."""
    bigrams: set[tuple[str, ...]] = field(init=False)
    trigrams: set[tuple[str, ...]] = field(init=False)
    numbers: set[str] = field(init=False)
    asked: set[str] = field(init=False)
    opposition: Opposition = field(init=False)

    def __post_init__(self) -> None:
        self.text = "\n".join(self.sentences)
        stems = words(self.text)
        self.vocabulary, self.fuzzy = set(stems), prefixes(stems)
        self.by_sentence = [set(content(s)) for s in self.sentences]
        self.by_pair = [a | b for a, b in pairwise(self.by_sentence)]
        short = [prefixes(bag) for bag in self.by_sentence]
        self.near_pairs = [a | b for a, b in pairwise(short)] or short
        self.bigrams, self.trigrams = ngrams(stems, 2), ngrams(stems, 3)
        self.numbers = numbers(self.text) | ranks(self.text)
        self.asked = prefixes(words(self.question))
        self.opposition = Opposition(self.sentences, self.by_sentence)

    @cached_property
    def doings(self) -> list[Doing]:
        """The clauses of the sentences."""
        return [doing for sentence in self.sentences for doing in doings(sentence)]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in the sentences."""
        return frozenset[str]().union(*map(names, self.sentences))
