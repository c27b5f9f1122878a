"""Pseudo-relevance feedback: a second, better query from the question and the first hits, without a language model."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["expand_terms", "feedback_weights", "keywords", "mean_vector", "query_views", "rocchio"]

FloatArray = NDArray[np.float32]
Analyze = Callable[[str], Sequence[str]]
Idf = Callable[[str], float]

_WORD = re.compile(r"[^\W_]+")


def keywords(question: str) -> list[str]:
    """The words of *question* in lower case without stop words; all words when nothing else would be left."""
    found = [w.lower() for w in _WORD.findall(question)]
    return [w for w in found if w not in STOP_WORDS] or found


def query_views(question: str) -> list[tuple[str, float]]:
    """Texts to embed for *question* with their weights: itself; where it has several sentences, these and its keywords
    too.
    """
    parts = [s.text for s in split_sentences(question)]
    if len(parts) < 2:
        return [(question, 1.0)]
    views = [(question, 1.0), (" ".join(keywords(question)), 0.5)]
    return views + [(part, 0.5 / len(parts)) for part in parts]


def mean_vector(vectors: FloatArray, weights: Sequence[float]) -> FloatArray:
    """The weighted mean of unit rows as a unit vector, shape (dimensions,)."""
    mean = np.asarray(weights, dtype=np.float32) @ vectors
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def feedback_weights(scores: Sequence[float]) -> FloatArray:
    """How far each hit is trusted: the softmax of fused scores, which sums to 1."""
    values = np.asarray(scores, dtype=np.float64)
    powers = np.exp(values - values.max()) if len(values) else values
    return np.asarray(powers / max(float(powers.sum()), 1e-12), dtype=np.float32)


def rocchio(query: FloatArray, hits: FloatArray, scores: Sequence[float], weight: float = 0.5) -> FloatArray:
    """The query vector moved towards the mean of the first *hits* (one unit row each), as a unit vector.

    Rocchio's formula (in Salton, The SMART Retrieval System, 1971) without the negative part, hits weighted by
    :func:`feedback_weights`.
    """
    if not len(hits):
        return query
    moved = query + weight * (feedback_weights(scores) @ hits)
    return np.asarray(moved / max(float(np.linalg.norm(moved)), 1e-9), dtype=np.float32)


def expand_terms(
    question: Sequence[str],
    hits: Sequence[str],
    scores: Sequence[float],
    analyze: Analyze,
    idf: Idf,
    terms: int = 25,
    weight: float = 0.3,
) -> dict[str, float]:
    """Index terms and boosts of the second keyword query.

    *question* are the index terms of the question, *hits* the texts of the first hits with their fused *scores*,
    *analyze* turns a text into index terms (without stop words), *idf* gives a term's inverse document frequency.
    The terms of the question keep their counts; the *terms* best of the hits share *weight* times that mass in
    proportion to trust · frequency / length · idf (RM3 of Abdul-Jaleel et al., TREC 2004, with idf in the place of the
    query likelihood).
    """
    boosts = {t: float(n) for t, n in Counter(question).items()}
    best = sorted(_weigh(hits, scores, analyze, idf).items(), key=lambda item: -item[1])[:terms]
    mass = sum(value for _, value in best)
    if mass > 0:
        scale = weight * len(question) / mass
        for term, value in best:
            boosts[term] = boosts.get(term, 0.0) + scale * value
    return boosts


def _weigh(hits: Sequence[str], scores: Sequence[float], analyze: Analyze, idf: Idf) -> dict[str, float]:
    shares: dict[str, float] = {}
    for text, trust in zip(hits, feedback_weights(scores).tolist(), strict=True):
        counts = Counter(analyze(text))
        each = trust / max(counts.total(), 1)
        for term, count in counts.items():
            shares[term] = shares.get(term, 0.0) + each * count
    return {term: share * idf(term) for term, share in shares.items() if len(term) > 1 and not term.isdigit()}
