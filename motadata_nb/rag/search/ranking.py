"""The hybrid ranking: two arms, fused by document, with a start for documents that the question names; a second search
with what the first one found; smoothing; a chunk that holds all words of the question before one that holds some often;
and the first ones read closely.

What each step is worth is measured in `tests/benchmarks/bench_retrieval_quality.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.search.beside import beside
from motadata_nb.rag.search.feedback import expand_terms, keywords, mean_vector, query_views, rocchio
from motadata_nb.rag.search.fusion import DEPTH, blend, cover, fuse_chunks, smooth, top
from motadata_nb.rag.search.naming import Names, Naming
from motadata_nb.rag.search.reading import READ, closeness, pieces

__all__ = ["Arms", "Ranking", "rank"]

Scores = dict[int, float]
Vectors = NDArray[np.float32]

_FEEDBACK = 3
"""Hits of the first search that the second one learns from."""
_CONSIDERED = 60
"""Candidates that are compared with each other; those after them are hardly ever among the first."""
_COVERAGE = 2.5
"""Standard deviations that a chunk with all of the question's words is ahead of one with none."""
_NAMED = 2.5
"""Standard deviations that chunks of a document are ahead whose whole title the question says."""
_CLOSENESS = 3.0
"""Standard deviations that a chunk which says all in one sentence is ahead of one where it is scattered."""


class Arms(Protocol):
    """What the ranking searches with."""

    def terms(self, question: str) -> Sequence[str]:
        """Index terms of a question."""
        ...

    def analyze(self, text: str) -> Sequence[str]:
        """Index terms of a text."""
        ...

    def idf(self, term: str) -> float:
        """Inverse document frequency of an index term."""
        ...

    def keyword(self, boosts: Mapping[str, float] | Sequence[str], k: int) -> Scores:
        """The `k` best chunks by words."""
        ...

    def coverage(self, terms: Sequence[str], chunks: Sequence[int]) -> Scores:
        """The share of the terms' idf, from 0 to 1, that each of these chunks holds; those with none are left out."""
        ...

    def vector(self, query: Vectors, k: int) -> Scores:
        """The `k` best chunks by cosine similarity."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts."""
        ...

    def owners(self, chunks: Sequence[int]) -> Mapping[int, int]:
        """The document of each chunk; chunks that are gone are left out."""
        ...

    def names(self, documents: Iterable[int]) -> Mapping[int, Names]:
        """The names of those documents that are long and have a title."""
        ...

    def vectors(self, chunks: Sequence[int]) -> Vectors:
        """The stored unit vectors of chunks; zero rows for those not embedded yet."""
        ...

    def texts(self, chunks: Sequence[int]) -> Sequence[str]:
        """The searchable texts of chunks."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Chunks with their scores, best first, and what each stage saw."""

    scores: Scores
    keyword: Scores
    """BM25 of the first search."""
    vector: Scores
    """Cosine of the first search."""
    fused: Scores
    """The first search, fused."""
    terms: Mapping[str, float]
    """Index terms of the second search with their weights."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time by stage."""


def rank(question: str, arms: Arms, depth: int = DEPTH) -> Ranking:
    """The candidates of both arms in their final order."""
    watch = _Watch()
    asked = arms.terms(question)
    words = beside(lambda: arms.keyword(asked, depth))
    views = query_views(question)
    query = mean_vector(arms.embed([text for text, _ in views]), [weight for _, weight in views])
    watch("embed")
    keyword, vector = words(), arms.vector(query, depth)
    watch("search")
    naming = Naming(question, asked, arms.analyze, arms.idf)
    fused = _fused(keyword, vector, arms, depth, naming)
    watch("fuse")
    if not fused:
        return Ranking(scores={}, keyword=keyword, vector=vector, fused={}, terms={}, seconds=watch.seconds)
    first = top(fused, _FEEDBACK)
    trust = list(first.values())
    terms = expand_terms(asked, arms.texts(list(first)), trust, arms.analyze, arms.idf)
    likely = arms.keyword(terms, depth)
    moved = rocchio(query, arms.vectors(list(first)), trust)
    # What is near the moved question has nearly always been found by one of the three searches.
    found = {chunk: at for at, chunk in enumerate({**vector, **keyword, **likely})}
    vectors = arms.vectors(list(found))
    again = _fused(likely, _nearest(moved, list(found), vectors, depth), arms, depth, naming)
    watch("feedback")
    scores = blend(again, fused)
    first = top(scores, _CONSIDERED)
    coverage = beside(lambda: arms.coverage(asked, list(first)))
    near = smooth(first, vectors[[found[chunk] for chunk in first]])
    watch("smooth")
    scores = _before(cover(near, coverage(), _COVERAGE), scores)
    watch("cover")
    scores = _read(scores, question, asked, arms)
    watch("read")
    return Ranking(scores=scores, keyword=keyword, vector=vector, fused=fused, terms=terms, seconds=watch.seconds)


def _read(scores: Scores, question: str, asked: Sequence[str], arms: Arms) -> Scores:
    """The first candidates in a new order among themselves."""
    first = top(scores, READ)
    terms = {term: arms.idf(term) for term in asked}
    parts = pieces({word: max(map(arms.idf, arms.analyze(word)), default=0.0) for word in keywords(question)})
    texts = zip(first, arms.texts(list(first)), strict=True)
    close = {chunk: closeness(terms, parts, text, arms.analyze) for chunk, text in texts}
    return _before(cover(first, close, _CLOSENESS), scores)


def _nearest(query: Vectors, chunks: Sequence[int], vectors: Vectors, k: int) -> Scores:
    """The `k` best by cosine similarity of these chunks, without those not embedded yet."""
    cosines = (vectors @ query).tolist()
    return top({chunk: cosine for chunk, cosine in zip(chunks, cosines, strict=True) if cosine}, k)


def _before(first: Scores, scores: Scores) -> Scores:
    """The first candidates in their new order, then the others, none of them with a higher score."""
    least = min(first.values(), default=0.0)
    return {**first, **{chunk: min(score, least) for chunk, score in scores.items() if chunk not in first}}


def _fused(keyword: Scores, vector: Scores, arms: Arms, depth: int, naming: Naming) -> Scores:
    found = {**keyword, **vector}
    owners = arms.owners(list(found))
    alive: Sequence[Scores] = (keyword, vector)
    if len(owners) < len(found):
        alive = [{chunk: score for chunk, score in arm.items() if chunk in owners} for arm in alive]
    fused = fuse_chunks(alive, owners.__getitem__, depth)
    shares = naming.shares(arms.names(set(owners.values())))
    named = {chunk: shares[owner] for chunk, owner in owners.items() if owner in shares}
    return cover(fused, named, _NAMED) if named else fused


class _Watch:
    """Seconds between calls, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._at = time.perf_counter()

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = now - self._at
        self._at = now
