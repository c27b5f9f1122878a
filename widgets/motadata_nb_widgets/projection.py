"""Many dimensions on a plane: principal components, clusters, and a layout that keeps neighbours together.

The layout follows the idea of UMAP (McInnes et al. 2018) in plain numpy: neighbours attract with 1/(1+d²), sampled
others repel; neighbours are looked for inside a cluster and the nearest ones, so it takes seconds, not minutes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["arrange", "cluster", "principal", "themes"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_SEED = 20
_NEIGHBOURS = 10
_BLOCK = 2048
_EXACT = 6000
_REPEL = 6


def principal(vectors: Floats, dimensions: int = 2) -> Floats:
    """The first principal components, points × dimensions, scaled to −1 … 1."""
    if len(vectors) < 2:
        return np.zeros((len(vectors), dimensions), np.float32)
    centred = vectors - vectors.mean(axis=0)
    sample = centred if len(centred) <= 20_000 else centred[:: len(centred) // 20_000 + 1]
    _, axes = np.linalg.eigh(sample.T @ sample)
    return _scaled(centred @ axes[:, ::-1][:, :dimensions])


def _scaled(points: Floats) -> Floats:
    reach = np.abs(points).max() or 1.0
    return (points / reach).astype(np.float32)


def cluster(vectors: Floats, count: int | None = None, rounds: int = 8) -> Ints:
    """A cluster number for each vector, by k-means on the sphere; about √(n/2) clusters, at most 24."""
    n = len(vectors)
    k = min(count or max(1, min(24, int((n / 2) ** 0.5))), n)
    if k <= 1:
        return np.zeros(n, np.int32)
    random = np.random.default_rng(_SEED)
    sample = vectors if n <= 20_000 else vectors[random.choice(n, 20_000, replace=False)]
    centres = sample[random.choice(len(sample), k, replace=False)]
    for _ in range(rounds):
        of = (sample @ centres.T).argmax(axis=1)
        for c in range(k):
            if (of == c).any():
                mean = sample[of == c].mean(axis=0)
                centres[c] = mean / (np.linalg.norm(mean) or 1.0)
    nearest = [(vectors[at : at + _BLOCK] @ centres.T).argmax(axis=1) for at in range(0, n, _BLOCK)]
    return np.concatenate(nearest).astype(np.int32)


def _neighbours(vectors: Floats, of: Ints) -> tuple[Ints, Ints]:
    """Pairs of near points: among all when there are few, else inside a cluster and the two nearest to it."""
    count = int(of.max()) + 1
    if len(vectors) <= _EXACT:
        reach = [(np.arange(len(vectors)), np.arange(len(vectors)))]
    else:
        centres = np.stack([vectors[of == c].mean(axis=0) if (of == c).any() else vectors[0] for c in range(count)])
        close = np.argsort(-(centres @ centres.T), axis=1)[:, :3]
        reach = [(np.flatnonzero(of == c), np.flatnonzero(np.isin(of, close[c]))) for c in range(count)]
    pairs = [
        _nearest(vectors, rows[at : at + _BLOCK], among) for rows, among in reach for at in range(0, len(rows), _BLOCK)
    ]
    left, right = zip(*pairs, strict=True)
    return np.concatenate(left).astype(np.int32), np.concatenate(right).astype(np.int32)


def _nearest(vectors: Floats, rows: NDArray[np.int64], among: NDArray[np.int64]) -> tuple[Any, Any]:
    k = min(_NEIGHBOURS, len(among) - 1)
    close = vectors[rows] @ vectors[among].T
    close[rows[:, None] == among[None, :]] = -np.inf
    best = np.argpartition(-close, k - 1, axis=1)[:, :k] if k > 0 else np.zeros((len(rows), 0), int)
    return np.repeat(rows, max(k, 0)), among[best].ravel()


def arrange(vectors: Floats, of: Ints, start: Floats) -> Floats:
    """A layout in which near vectors are near, from a start layout; −1 … 1."""
    n = len(vectors)
    if n < 4:
        return start
    random = np.random.default_rng(_SEED)
    left, right = _neighbours(vectors, of)
    points = (start * 10).astype(np.float32)
    rounds = max(20, min(200, 1_500_000 // n))
    for step in range(rounds):
        rate = 1 - step / rounds
        points += rate * np.clip(_pull(points, left, right) + _push(points, random), -2, 2)
    low, high = np.quantile(points, 0.002, axis=0), np.quantile(points, 0.998, axis=0)
    reach = float((high - low).max()) / 2 or 1.0
    placed: Floats = np.clip((points - (low + high) / 2) / reach, -1, 1).astype(np.float32)
    return placed


def _pull(points: Floats, left: Ints, right: Ints) -> Floats:
    """Neighbours attract."""
    apart = points[left] - points[right]
    force = apart / (1 + (apart**2).sum(axis=1, keepdims=True))
    n = len(points)
    sums = [np.bincount(right, force[:, axis], n) - np.bincount(left, force[:, axis], n) for axis in range(2)]
    return (0.1 * np.stack(sums, axis=1)).astype(np.float32)


def _push(points: Floats, random: np.random.Generator) -> Floats:
    """A few points, taken at random, repel."""
    away = points[:, None, :] - points[random.integers(0, len(points), (len(points), _REPEL))]
    distance = (away**2).sum(axis=2, keepdims=True)
    force: Floats = (1.5 * (away / ((0.1 + distance) * (1 + distance))).sum(axis=1)).astype(np.float32)
    return force


def themes(texts: Sequence[str], of: Ints) -> tuple[list[str], Ints]:
    """Names of clusters by their words, and the cluster of each text; those that say the same are one."""
    names = _terms(texts, of)
    distinct = list(dict.fromkeys(names))
    return distinct, np.array([distinct.index(name) for name in names], np.int32)[of]


def _terms(texts: Sequence[str], of: Ints, words: int = 3) -> list[str]:
    """What each cluster is about: the words that are more frequent in it than elsewhere."""
    counts = [Counter[str]() for _ in range(int(of.max()) + 1 if len(of) else 1)]
    step = len(texts) // 20_000 + 1
    for text, c in zip(texts[::step], of[::step].tolist(), strict=True):
        counts[c].update(set(re.findall(r"[^\W\d_]{4,}", text.lower())))
    total = Counter[str]()
    for count in counts:
        total.update(count)
    names = []
    for count in counts:
        size = max(count.values(), default=1)
        best = sorted(count, key=lambda w: (-(count[w] / size) * count[w] / total[w], w))
        names.append(", ".join(best[:words]))
    return names
