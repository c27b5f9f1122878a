"""Maximal marginal relevance: hits that are relevant and do not repeat each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["mmr"]


def mmr(scores: Sequence[float], vectors: NDArray[np.float32], k: int, relevance: float = 0.7) -> list[int]:
    """Positions of *k* hits in the order of choice; *vectors* holds a unit row per hit.

    Each step takes the hit with the greatest ``relevance · score - (1 - relevance) · cosine to the nearest chosen``,
    scores being scaled to 0..1 (Carbonell & Goldstein, SIGIR 1998). ``relevance=1`` keeps the order of the scores.
    """
    values = np.asarray(scores, dtype=np.float64)
    span = float(np.ptp(values)) if len(values) else 0.0
    gain = (values - values.min()) / span if span else np.ones_like(values)
    nearest = np.zeros(len(values))
    free = np.ones(len(values), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(k, len(values))):
        worth = np.where(free, relevance * gain - (1 - relevance) * nearest, -np.inf)
        pick = int(np.argmax(worth))
        chosen.append(pick)
        free[pick] = False
        nearest = np.maximum(nearest, vectors @ vectors[pick])
    return chosen
