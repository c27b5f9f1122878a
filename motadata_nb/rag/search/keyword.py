"""Keyword search: BM25 by tantivy (k1 1.2, b 0.75), words stemmed and without accents, in each of their spellings; what
carries no meaning is left out of questions.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import tantivy

from motadata_nb.catalog.records import ChunkRow
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.rag.search.feedback import keywords
from motadata_nb.rag.search.variants import latin, variants
from motadata_nb.vectors.base import Ids, Match

__all__ = ["KeywordIndex"]

_HEAP = 50_000_000
_ANALYZER = "motadata_en_2"
"""Stands in the schema of the folder: tantivy refuses one that was written with other terms, and it is written anew."""
_FEW = 1000
"""Ids up to which it is faster to look up each than to walk the dictionary of ids with all of them in hand."""
_COUNTED_S = 0.9
"""How long counted words hold while other processes write: what a search asks for changes little, and takes as long to
count as to find.
"""
_ANALYZED = 2048
"""Texts whose terms are remembered: the best candidates are read more than once."""


class KeywordIndex:
    """Chunks of one index by their words, in a folder of its own."""

    durable = True
    sees_other_writers = True

    def __init__(self, folder: Path) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_integer_field("id", stored=True, indexed=True, fast=True)
        schema.add_text_field("text", stored=False, tokenizer_name=_ANALYZER)
        self._schema = schema.build()
        self._analyzer = _analyzer()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._committed = folder / "meta.json"
        self._seen: tuple[int, int] | None = None
        self._searcher = self._index.searcher()
        self._idf: dict[str, float] = {}
        self._beginning: dict[str, list[str]] = {}
        self._outdated, self._counted_at = False, float("-inf")
        self.analyze = lru_cache(_ANALYZED)(self._analyze)

    def put(self, rows: Sequence[ChunkRow]) -> None:
        """Add or replace chunks."""
        self._write([r.id for r in rows], rows)

    def drop(self, ids: Sequence[int]) -> None:
        """Remove chunks by id."""
        self._write(ids, ())

    def _write(self, gone: Sequence[int], rows: Sequence[ChunkRow]) -> None:
        writer = self._index.writer(_HEAP, 1)
        for chunk_id in gone:
            writer.delete_documents_by_term("id", chunk_id)
        for row in rows:
            words = _spelled(embedded_text(row.title, row.heading, row.text))
            writer.add_document(tantivy.Document(id=row.id, text=words))
        writer.commit()
        writer.wait_merging_threads()
        self._counted_at = float("-inf")
        self._follow()

    def _follow(self) -> None:
        """See what was committed here or by another process since the last look; words are counted anew later."""
        found = self._committed.stat()
        seen = found.st_mtime_ns, found.st_ino
        if seen != self._seen:
            self._index.reload()
            self._searcher = self._index.searcher()
            self._seen = seen
            self._outdated = True
        if self._outdated and (now := time.monotonic()) - self._counted_at > _COUNTED_S:
            self._idf.clear()
            self._beginning.clear()
            self._outdated, self._counted_at = False, now

    def _analyze(self, text: str) -> tuple[str, ...]:
        """The index terms of a text: its words and their other spellings, in lower case, stemmed."""
        return tuple(self._analyzer.analyze(_spelled(text)))

    def terms(self, question: str) -> list[str]:
        """The index terms of a question without words that carry no meaning; other spellings where some chunk has
        them.
        """
        question = latin(question)
        own = list(self._analyzer.analyze(" ".join(keywords(question))))
        others = dict.fromkeys(self._analyzer.analyze(" ".join(variants(question))))
        return own + [term for term in others if term not in own and self._searcher.doc_freq("text", term)]

    def beginning(self, letters: str) -> list[str]:
        """The index terms that begin with *letters*, the most frequent first."""
        if letters not in self._beginning:
            self._beginning[letters] = [term for term, _ in self._searcher.terms_with_prefix("text", letters)]
        return self._beginning[letters]

    def has(self, word: str) -> bool:
        """Whether a chunk has one of the word's index terms."""
        return any(self._searcher.doc_freq("text", term) for term in self.analyze(word))

    def idf(self, term: str) -> float:
        """Inverse document frequency of an index term, in BM25's form as Lucene has it, which is never negative:
        ``log(1 + (chunks - having + 0.5) / (having + 0.5))`` (Robertson & Zaragoza, 2009).
        """
        if term not in self._idf:
            found = self._searcher.doc_freq("text", term)
            self._idf[term] = math.log(1 + (self._searcher.num_docs - found + 0.5) / (found + 0.5))
        return self._idf[term]

    def idf_of_word(self, word: str) -> float:
        """Inverse document frequency of a word, which may be several index terms."""
        return max((self.idf(term) for term in self.analyze(word)), default=0.0)

    def search(self, boosts: Mapping[str, float] | Sequence[str], k: int, among: Ids | None = None) -> list[Match]:
        """The `k` best chunks by BM25, best first, for index terms with their weights or counts; `among` narrows."""
        self._follow()
        weighted = boosts if isinstance(boosts, Mapping) else Counter(boosts)
        parts = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(term), weight))
            for term, weight in weighted.items()
        ]
        return self._found(parts, k, among)

    def phrase(self, text: str, k: int, among: Ids | None = None) -> list[Match]:
        """The `k` best chunks in which the words of *text* stand in a row; `among` narrows."""
        self._follow()
        terms: list[str | tuple[int, str]] = [*self.analyze(text)]
        if len(terms) < 2:
            return self.search(self.analyze(text), k, among)
        query = tantivy.Query.phrase_query(self._schema, "text", terms)
        return self._found([(tantivy.Occur.Should, query)], k, among)

    def coverage(self, terms: Sequence[str], among: Ids) -> list[Match]:
        """For chunks of `among`, the share from 0 to 1 of the terms' idf that stands in them, however often."""
        weights = {term: self.idf(term) for term in terms}
        whole = sum(weights.values()) or 1.0
        parts = [
            (tantivy.Occur.Should, tantivy.Query.const_score_query(self._term(term), weight / whole))
            for term, weight in weights.items()
        ]
        return self._found(parts, len(among), among)

    def _term(self, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "text", term, "freq")

    def _one_of(self, ids: Sequence[int]) -> tantivy.Query:
        if len(ids) > _FEW:
            return tantivy.Query.term_set_query(self._schema, "id", ids)
        each = [tantivy.Query.term_query(self._schema, "id", chunk_id, "basic") for chunk_id in ids]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in each])

    def _found(self, parts: Sequence[tuple[tantivy.Occur, tantivy.Query]], k: int, among: Ids | None) -> list[Match]:
        if not parts or not k:
            return []
        query = tantivy.Query.boolean_query(parts)
        if among is not None:
            narrow = tantivy.Query.const_score_query(self._one_of(among.tolist()), 0.0)
            must = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, narrow)]
            query = tantivy.Query.boolean_query(must)
        searcher = self._searcher
        hits = searcher.search(query, k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [Match(int(i), float(score)) for i, (score, _) in zip(ids, hits, strict=True) if i is not None]

    def is_empty(self) -> bool:
        """Whether it holds no chunk."""
        return int(self._index.searcher().num_docs) == 0

    def wipe(self) -> None:
        """Nothing: all is in the folder."""

    def warm(self) -> None:
        """Nothing: the folder is mapped into memory."""

    def close(self) -> None:
        """Release the folder."""
        del self._searcher, self._index


def _spelled(text: str) -> str:
    """What is indexed of a text."""
    plain = latin(text)
    return "\n".join([plain, *variants(plain)])


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
