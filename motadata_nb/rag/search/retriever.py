"""Question in, hits out: a search of one index brought up to date, and its hits in shape."""

from __future__ import annotations

import math
import numbers
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import TURNS, ChunkRow
from motadata_nb.embeddings.base import Embedder, on_this_machine
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.rag.search.arms import LOOSE_WORDS, IndexArms
from motadata_nb.rag.search.diversity import mmr
from motadata_nb.rag.search.keyword import KeywordIndex
from motadata_nb.rag.search.memory import ChunkMemory, TextMemory
from motadata_nb.rag.search.places import SHORT
from motadata_nb.rag.search.ranking import Ranking, rank
from motadata_nb.rag.search.spelling import Correction, corrected, corrections
from motadata_nb.rag.search.vocabulary import Vocabulary
from motadata_nb.vectors.base import Ids, Match
from motadata_nb.vectors.columns import Columns
from motadata_nb.vectors.filter_text import parse
from motadata_nb.vectors.narrowed import Fitting, search_among
from motadata_nb.vectors.projection import Projection
from motadata_nb.vectors.target import VectorTarget

__all__ = ["MODES", "Retriever", "checked_question"]

R = TypeVar("R")
MODES = ("hybrid", "vector", "keyword")
_MAX_K = 10_000
_MOST_AROUND = 20
_SPARE = 50
_PATIENCE_S = 5.0
"""Of a question that finds chunks to embed; what is left is found by words, and embedded at the next one."""


class Retriever:
    """Searches one index. Both projections are brought up to date first, unless another process is doing so."""

    def __init__(
        self,
        catalog: Catalog,
        index_id: int,
        name: str,
        keyword: Projection[KeywordIndex],
        vector: Projection[VectorTarget],
        embedder: Embedder,
    ) -> None:
        self._catalog = catalog
        self._id = index_id
        self._name = name
        self._keyword = keyword
        self._vector = vector
        self._embedder = embedder
        self.columns = Columns(catalog, index_id)
        self._memory = ChunkMemory(catalog, index_id, embedder)
        self.texts = TextMemory(embedder)
        """Vectors of questions."""
        near = on_this_machine(embedder)
        self.sentences = self.texts if near is embedder else TextMemory(near)
        """Vectors of sentences of passages."""

    def retrieve(
        self,
        question: str,
        k: int,
        mode: str,
        where: str | None,
        *,
        around: int = 0,
        diversity: float = 0.0,
        spread: bool = False,
    ) -> Retrieval:
        """The `k` best chunks. Raises InvalidInput for an empty question, a bad `k`, filter or option.

        `around` widens each by so many chunks before and after it; `diversity` (0 to 1) leaves out what repeats;
        `spread` prefers further documents to further chunks of a short one.
        """
        started = time.perf_counter()
        question = checked_question(question)
        _check(k, mode)
        _check_shape(around, diversity, where)
        condition = parse(where) if where else None
        pending = self._catch_up(mode)
        fitting = self.columns.fitting(condition) if condition else None
        read, ranking = self._ranking(question, max(100, k), mode, fitting)
        order = self._spread(list(ranking.scores), k) if spread and not diversity else list(ranking.scores)
        most = k + _SPARE if around else k
        hits = self._diverse(self._hits(ranking, order, k + _SPARE if diversity else most), most, diversity)[:most]
        if around:
            hits = self._widened(hits, around, k)
        return Retrieval(
            question=question, hits=hits, mode=mode, index=self._name, pending=pending,
            chunks=self._memory.count(), seconds=time.perf_counter() - started,
            stages=_stages(ranking, len(hits)), ranking=ranking, where=where, corrections=read,
            notes=(fitting.note,) if fitting is not None and fitting.note else (),
        )  # fmt: skip

    def _spread(self, order: list[int], k: int) -> list[int]:
        """The chunks with the best of each document among the first `k`; further ones of short documents make room.

        A row of a table or a note that is cut in two is still one answer to "which documents?".
        """
        owners = self._memory.owners(order)
        often = [owner for owner, times in Counter(owners.values()).items() if times > 1]
        short = {owner for owner, size in self._memory.sizes(often).items() if size <= SHORT}
        best = {owner: chunk for chunk, owner in reversed([(c, owners[c]) for c in order if c in owners])}
        further = {c for c, owner in owners.items() if owner in short and best[owner] != c}
        chosen = set([*(c for c in order if c not in further), *(c for c in order if c in further)][:k])
        return [*(c for c in order if c in chosen), *(c for c in order if c not in chosen)]

    def _hits(self, ranking: Ranking, order: Sequence[int], n: int) -> tuple[Hit, ...]:
        """The first `n` chunks that are still there; a projection may know some that are not."""
        rows = self._memory.rows(order[:n])
        if len(rows) < min(n, len(order)):
            rows = self._memory.rows(order[: n + _SPARE])
        return tuple(_hit(rows[chunk], ranking.scores[chunk], ranking) for chunk in order if chunk in rows)

    def holding(self, phrases: Sequence[str], k: int, where: str | None) -> tuple[Hit, ...]:
        """The chunks in which one of the phrases stands, up to `k` of each, best first."""
        fitting = self.columns.fitting(parse(where)) if where else None

        def found(index: KeywordIndex) -> list[int]:
            each = (search_among(partial(index.phrase, phrase), k, fitting, LOOSE_WORDS) for phrase in phrases)
            return list(dict.fromkeys(match.id for matches in each for match in matches))

        memory = self._memory.now()
        chunks = self._keyword.reading(found)
        rows = memory.rows(chunks)
        return tuple(_place(rows[chunk], 0.0) for chunk in chunks if chunk in rows)

    def rows(self, chunks: Sequence[int]) -> dict[int, ChunkRow]:
        """Chunks with their texts; those that are gone are left out."""
        return self._memory.rows(chunks)

    def neighbours(self, hit: Hit, n: int) -> tuple[Hit, ...]:
        """The chunks of the same document from `n` before to `n` after a hit, in their order, the hit among them."""
        return tuple(_row_hit(row, hit) for row in self._catalog.documents.beside(hit.chunk, n))

    def section(self, hit: Hit) -> tuple[Hit, ...]:
        """The chunks of the document that stand under the same heading as the hit, in their order."""
        rows = self._catalog.documents.beside(hit.chunk, _MAX_K)
        at = next((place for place, row in enumerate(rows) if row.id == hit.chunk), 0)
        first, last = at, at + 1
        while first and rows[first - 1].heading == hit.heading:
            first -= 1
        while last < len(rows) and rows[last].heading == hit.heading:
            last += 1
        return tuple(_row_hit(row, hit) for row in rows[first:last])

    def _diverse(self, hits: tuple[Hit, ...], k: int, diversity: float) -> tuple[Hit, ...]:
        """The hits in the order of maximal marginal relevance."""
        if not diversity or len(hits) < 2:
            return hits
        vectors = self._memory.vectors([hit.chunk for hit in hits])
        return tuple(hits[i] for i in mmr([hit.score for hit in hits], vectors, k, 1 - diversity))

    def _widened(self, hits: tuple[Hit, ...], n: int, k: int) -> tuple[Hit, ...]:
        """The first `k` with the text around them; what a better hit shows already makes room for the next."""
        shown: set[int] = set()
        wide: list[Hit] = []
        for hit in hits:
            if len(wide) == k:
                break
            if hit.chunk in shown:
                continue
            rows = [row for row in self._catalog.documents.beside(hit.chunk, n) if row.id not in shown]
            shown.update(row.id for row in rows)
            text = self._catalog.documents.text(hit.document_id)
            start, end = min(row.start for row in rows), max(row.end for row in rows)
            whole = text[start:end] or "\n".join(row.text for row in rows)
            page = min((row.page for row in rows if row.page is not None), default=hit.page)
            turns = {(row.start, row.page) for row in rows if row.page is not None}.union(*map(_turns, rows))
            wide.append(replace(hit, text=whole, start=start, end=end, page=page, turns=tuple(sorted(turns))))
        return tuple(wide)

    def close(self) -> None:
        """Read nothing more beside."""
        self._memory.close()

    def with_idf(self, use: Callable[[Callable[[str], float]], R]) -> R:
        """`use(idf)`, where `idf(word)` is the inverse document frequency of a word in this index."""
        return self._keyword.reading(lambda index: use(index.idf_of_word))

    def _ranking(
        self, question: str, depth: int, mode: str, fitting: Fitting | None
    ) -> tuple[tuple[Correction, ...], Ranking]:
        """How the words of the question are read, and its ranking.

        The words are held for the whole search, so that all its steps see one state of them; the vectors are asked
        once. Each of the two is written anew when its own files are broken, and not the other.
        """
        memory = self._memory.now()
        ranked = {"keyword": _by_keyword, "vector": _by_vector}.get(mode, rank)
        nearest_to = None if mode == "keyword" else self._nearest_to

        def searched(index: KeywordIndex) -> tuple[tuple[Correction, ...], Ranking]:
            read = corrections(question, Vocabulary(index, memory, self._embedder))
            arms = IndexArms(index, nearest_to, self.texts, fitting, memory)
            return read, ranked(corrected(question, read), arms, depth)

        return self._keyword.reading(searched)

    def _nearest_to(self, query: NDArray[np.float32], k: int, among: Ids | None) -> Sequence[Match]:
        return self._vector.reading(lambda target: target.search(query, k, among))

    def _catch_up(self, mode: str) -> int:
        if mode != "vector":
            self._keyword.catch_up(wait_s=0)
        current = mode == "keyword" or self._vector.catch_up(wait_s=0, patience_s=_PATIENCE_S)
        return 0 if current else self._vector.pending_chunks()


def _by_keyword(question: str, arms: IndexArms, depth: int) -> Ranking:
    found = arms.keyword(arms.terms(question), depth)
    return Ranking(scores=found, keyword=found, vector={}, fused={}, terms={})


def _by_vector(question: str, arms: IndexArms, depth: int) -> Ranking:
    found = arms.vector(arms.embed([question])[0], depth)
    return Ranking(scores=found, keyword={}, vector=found, fused={}, terms={})


def _stages(ranking: Ranking, kept: int) -> tuple[str, ...]:
    counts = {"keyword": ranking.keyword, "vector": ranking.vector, "fused": ranking.fused}
    return (*(f"{name} {len(found)}" for name, found in counts.items() if found), f"kept {kept}")


def checked_question(question: str) -> str:
    """The question without white space around it. Raises InvalidInput when it is empty or no text."""
    if not isinstance(question, str):
        raise InvalidInput(f"The question is {question!r}, and no text.", "Write it as ask('…').")
    if not question.strip():
        raise InvalidInput("The question is empty.", "Write it below the %%rag line, or as ask('…').")
    # Half of a pair of surrogates, as broken text has them, is a character that no model knows.
    return question.strip().encode("utf-8", "replace").decode("utf-8")


def _check(k: int, mode: str) -> None:
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES, example="--mode {}")
    if not isinstance(k, numbers.Integral) or not 1 <= k <= _MAX_K:
        raise InvalidInput(f"k is {k!r}; it must be from 1 to {_MAX_K:,}.", "Try: --k 5")


def _check_shape(around: int, diversity: float, where: str | None) -> None:
    if not isinstance(around, numbers.Integral) or not 0 <= around <= _MOST_AROUND:
        raise InvalidInput(f"around is {around!r}; it must be from 0 to {_MOST_AROUND} chunks.", "Try: --around 1")
    if not isinstance(diversity, numbers.Real) or not 0 <= diversity <= 1:
        raise InvalidInput(f"diversity is {diversity!r}; it must be from 0 to 1.", "Try: --diversity 0.3")
    if where is not None and not isinstance(where, str):
        raise InvalidInput(f"where is {where!r}, and no text.", "Write a filter: where=\"page > 3 and lang = 'de'\"")


def _row_hit(row: ChunkRow, near: Hit) -> Hit:
    """A chunk beside a hit; only the hit itself has a score."""
    return near if row.id == near.chunk else _place(row, 0.0)


def _unit(score: float) -> float:
    """A score of any range as a number from 0 to 1, in the same order."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score)) / 2))


def _hit(row: ChunkRow, score: float, ranking: Ranking) -> Hit:
    return replace(_place(row, _unit(score)), keyword=ranking.keyword.get(row.id), vector=ranking.vector.get(row.id))


def _turns(row: ChunkRow) -> tuple[tuple[int, int], ...]:
    return tuple((start, page) for start, page in row.metadata.get(TURNS, ()))


def _place(row: ChunkRow, score: float) -> Hit:
    metadata = {name: value for name, value in row.metadata.items() if name != TURNS}
    return Hit(
        text=row.text, score=score, document=row.document, source=row.source, page=row.page, start=row.start,
        end=row.end, metadata=metadata, turns=_turns(row), title=row.title, heading=row.heading, chunk=row.id,
        document_id=row.document_id, kind=row.kind,
    )  # fmt: skip
