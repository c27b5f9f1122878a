"""Fusion of the arms of a hybrid search by normalised scores, with documents and neighbours taken into account.

An arm is a mapping of chunk ids to scores (higher is closer). All functions are pure and return new mappings; ids can
be anything hashable. Score normalisation follows Montague & Aslam, "Relevance score normalization for metasearch"
(CIKM 2001).
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEPTH", "blend", "cover", "fuse", "fuse_chunks", "smooth", "top", "z_scores"]

Id = TypeVar("Id", bound=Hashable)
FloatArray = NDArray[np.float32]
Places = NDArray[np.intp]
Scores = NDArray[np.float64]

DEPTH = 100
"""How many of each arm's best take part."""


def top(scores: Mapping[Id, float], k: int) -> dict[Id, float]:
    """The *k* best of *scores*, best first; ties keep their order."""
    return dict(sorted(scores.items(), key=itemgetter(1), reverse=True)[:k])


def z_scores(scores: Mapping[Id, float]) -> dict[Id, float]:
    """Each score as standard deviations above the mean of the arm; all 0 when they are equal."""
    return dict(zip(scores, _standard(_values(scores)).tolist(), strict=True)) if scores else {}


def fuse(
    arms: Sequence[Mapping[Id, float]], weights: Sequence[float] | None = None, depth: int = DEPTH
) -> dict[Id, float]:
    """Weighted sum of the z-scores of each arm's *depth* best, best first (CombSUM, Fox & Shaw, TREC-2, 1994).

    What an arm does not hold gets the arm's lowest z-score there; an empty arm adds nothing.
    """
    cut = [top(arm, depth) for arm in arms if arm]
    ids, places = _joined(cut)
    used = [weight for weight, arm in zip(weights or [1.0] * len(arms), arms, strict=True) if arm]
    return _ranked(ids, _summed(cut, places, len(ids), used))


def fuse_chunks(
    arms: Sequence[Mapping[Id, float]], document: Callable[[Id], Hashable], depth: int = DEPTH, own: float = 0.02
) -> dict[Id, float]:
    """Chunks ranked by the fused scores of their documents, best first.

    The words of a question may stand in one chunk of a document and its meaning in another: each arm's best chunk
    speaks for the document. The chunk's own fused score, times *own*, puts the chunks of a document in order.
    """
    cut = [top(arm, depth) for arm in arms if arm]
    ids, places = _joined(cut)
    numbers: dict[Hashable, int] = {}
    owners = np.array([numbers.setdefault(document(i), len(numbers)) for i in ids], np.intp)
    # An arm that could have given more has found all it can: what it lacks has nothing of what it looks for.
    whole = [len(arm) < depth for arm in cut]
    documents = _summed(cut, [owners[at] for at in places], len(numbers), whole=whole)
    return _ranked(ids, documents[owners] + own * _summed(cut, places, len(ids), whole=whole))


def _joined(arms: Sequence[Mapping[Id, float]]) -> tuple[list[Id], list[Places]]:
    """All ids of the arms, and where among them those of each arm stand."""
    place: dict[Id, int] = {}
    places = [np.array([place.setdefault(i, len(place)) for i in arm], np.intp) for arm in arms]
    return list(place), places


def _summed(
    arms: Sequence[Mapping[Id, float]],
    places: Sequence[Places],
    size: int,
    weights: Sequence[float] | None = None,
    whole: Sequence[bool] | None = None,
) -> Scores:
    """The z-scores of the best of each place, summed.

    A place that an arm does not hold has the arm's lowest; where the arm is *whole*, it scores 0 like any other hit.
    """
    sums = np.zeros(size)
    ends = whole or [False] * len(arms)
    for weight, arm, at, end in zip(weights or [1.0] * len(arms), arms, places, ends, strict=True):
        best = np.full(size, -np.inf)
        np.maximum.at(best, at, _values(arm))
        held = best > -np.inf
        if end:
            best[~held], held = 0.0, np.ones(size, bool)
        scores = _standard(best[held])
        low = scores.min()
        sums += weight * low
        sums[held] += weight * (scores - low)
    return sums


def _ranked(ids: Sequence[Id], scores: Scores) -> dict[Id, float]:
    order = np.argsort(-scores, kind="stable")
    return dict(zip([ids[at] for at in order.tolist()], scores[order].tolist(), strict=True))


def _values(scores: Mapping[Id, float]) -> Scores:
    return np.fromiter(scores.values(), np.float64, len(scores))


def _standard(values: Scores) -> Scores:
    """Standard deviations above the mean; all 0 when they are equal."""
    centred = values - values.mean()
    spread = math.sqrt(centred @ centred / len(centred))
    return centred / spread if spread > 1e-12 else np.zeros_like(centred)


def blend(second: Mapping[Id, float], first: Mapping[Id, float], share: float = 0.2) -> dict[Id, float]:
    """The scores of a second search plus *share* of those of the first, which keeps feedback from drifting away."""
    low = min(first.values(), default=0.0)
    mixed = {i: score + share * first.get(i, low) for i, score in second.items()}
    return top(mixed, len(mixed))


def smooth(
    scores: Mapping[Id, float], vectors: FloatArray, weight: float = 0.3, neighbours: int = 8
) -> dict[Id, float]:
    """Scores drawn towards those of the nearest candidates, best first: what stands near good hits is likely to be one.

    *vectors* holds one unit row for each of *scores*, in their order; the rest of the candidates has no say. The
    score becomes ``(1 - weight) · own + weight · mean of the neighbours by cosine``
    (score regularisation, Diaz, CIKM 2005).
    """
    if len(scores) < 3 or weight == 0:
        return dict(scores)
    values = _values(scores)
    near = np.maximum(vectors @ vectors.T, 0.0)
    np.fill_diagonal(near, 0.0)
    if neighbours < len(scores):
        cut = np.partition(near, -neighbours, axis=1)[:, -neighbours][:, None]
        near = np.where(near >= cut, near, 0.0)
    near = near / (near.sum(axis=1, keepdims=True) + 1e-9)
    mixed = (1 - weight) * values + weight * (near @ values)
    return top(dict(zip(scores, mixed.tolist(), strict=True)), len(scores))


def cover(scores: Mapping[Id, float], covered: Mapping[Id, float], weight: float) -> dict[Id, float]:
    """Scores plus *weight* times the share of the question that each holds, best first."""
    return top({i: score + weight * covered.get(i, 0.0) for i, score in scores.items()}, len(scores))
