"""The context of an answer, prepared once for all its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.grounding.amounts import Amount, amounts, as_key, kind
from motadata_nb.rag.grounding.cells import Cell, parts
from motadata_nb.rag.grounding.opposition import Opposition
from motadata_nb.rag.grounding.roles import Doing, doings
from motadata_nb.rag.grounding.tables import cells_of, fields_of, is_structured
from motadata_nb.rag.words.terms import content, ngrams, numbers, ranks, words

__all__ = ["ContextView", "prefixes"]

FloatArray = NDArray[np.float32]


def prefixes(stems: Iterable[str]) -> set[str]:
    """What related words share: their first five letters."""
    return {word[:5] for word in stems}


def _lines(sentence: str) -> list[str]:
    """The fields of a list of them, which say different things; any other sentence as it is."""
    fields = fields_of(sentence) if "\n" in sentence else []
    known = len(fields) > max(sentence.count("\n") // 2, 1)
    return [f"{label}: {value}" for label, value in fields] if known else [sentence]


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
    amounts: list[tuple[Amount, ...]] = field(init=False)
    """Of each sentence."""
    asked: set[str] = field(init=False)
    opposition: Opposition = field(init=False)
    _doings: dict[int, list[Doing]] = field(init=False, default_factory=dict)
    _cells: dict[int, tuple[Cell, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.text = "\n".join(self.sentences)
        stems = words(self.text)
        self.vocabulary, self.fuzzy = set(stems), prefixes(stems)
        self.by_sentence = [set(content(s)) for s in self.sentences]
        self.by_pair = [a | b for a, b in pairwise(self.by_sentence)]
        short = [prefixes(bag) for bag in self.by_sentence]
        self.near_pairs = [a | b for a, b in pairwise(short)] or short
        self.bigrams, self.trigrams = ngrams(stems, 2), ngrams(stems, 3)
        self.amounts = [amounts(s) for s in self.sentences]
        self.numbers = numbers(self.text) | ranks(self.text)
        self.asked = prefixes(words(self.question))
        lines = [line for sentence in self.sentences for line in _lines(sentence)]
        self.opposition = Opposition(lines, self.by_sentence if len(lines) == len(self.sentences) else None)

    def doings(self, at: int) -> list[Doing]:
        """The clauses of a sentence."""
        if at not in self._doings:
            self._doings[at] = doings(self.sentences[at])
        return self._doings[at]

    def cells(self, at: int) -> tuple[Cell, ...]:
        """The amounts of a sentence with what they are of."""
        if at not in self._cells:
            text = self.sentences[at]
            self._cells[at] = cells_of(text, self._above(at)) if self.structured[at] else parts(text)
        return self._cells[at]

    @cached_property
    def structured(self) -> list[bool]:
        """Of each sentence whether it may be a table or lines with labels."""
        return [is_structured(sentence) for sentence in self.sentences]

    @cached_property
    def kinds(self) -> list[frozenset[str]]:
        """Of each sentence what kinds of amounts it has."""
        return [frozenset(map(kind, counted)) for counted in self.amounts]

    def _above(self, at: int) -> str:
        """A heading before a sentence, or the first line of the table that it goes on with."""
        before = self.sentences[at - 1] if at else ""
        first = before.partition("\n")[0]
        return first if first and not self.amounts[at - 1] and not first.endswith((".", "!", "?", ":")) else ""

    @cached_property
    def _holders(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for at, counted in enumerate(self.amounts):
            for one in (one for cell in self.cells(at) for one in cell.amounts) if self.structured[at] else counted:
                places.setdefault(as_key(one), []).append(at)
        return places

    def holders(self, key: str) -> Sequence[int]:
        """The sentences that have an amount with that key."""
        return self._holders.get(key, ())

    @property
    def every_amount(self) -> Iterator[Amount]:
        """What all sentences count and measure."""
        return chain.from_iterable(self.amounts)

    def every_doing(self) -> Iterator[Doing]:
        """The clauses of all sentences."""
        return (doing for at in range(len(self.sentences)) for doing in self.doings(at))
