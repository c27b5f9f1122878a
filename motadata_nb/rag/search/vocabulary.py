"""The words of an index, to which those of a question are held."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.rag.search.keyword import KeywordIndex
from motadata_nb.rag.search.memory import ChunkMemory

__all__ = ["Vocabulary"]

_WRITTEN = 3
"""Chunks in which is looked up how a word is written."""


class Vocabulary:
    """What is written in the chunks of an index, and what its embedder's model knows as words."""

    def __init__(self, index: KeywordIndex, memory: ChunkMemory, embedder: Embedder) -> None:
        self._index = index
        self._memory = memory
        self._embedder = embedder

    def beginning(self, letters: str) -> Sequence[str]:
        """The index terms that begin so, the most frequent first."""
        return self._index.beginning(letters)

    def is_word(self, word: str) -> bool:
        """Whether a chunk has the word in any inflection, or the model knows it as a whole and not in pieces."""
        return self._index.has(word) or len(self._embedder.token_offsets(word)) == 1

    def written(self, terms: Sequence[str]) -> Sequence[str]:
        """How index terms are written in the chunks that they are most typical of."""
        wanted = set(terms)
        alike = re.compile(rf"\b[{re.escape(''.join({term[0] for term in terms}))}][^\W\d_]+", re.IGNORECASE)
        chunks = {match.id for term in terms for match in self._index.search([term], _WRITTEN)}
        texts = (embedded_text(row.title, row.heading, row.text) for row in self._memory.rows(list(chunks)).values())
        found = {word for text in texts for word in alike.findall(text)}
        return [word for word in sorted(found) if not wanted.isdisjoint(self._index.analyze(word))]
