"""Whether passages hold an answer at all: from how near the best sentence comes, and from what stands nowhere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.features import FEATURES, Reading
from motadata_nb.rag.extractive.weights import SUPPORT, THRESHOLD

__all__ = ["REFUSAL_THRESHOLD", "answer_support", "is_meant", "signs"]

REFUSAL_THRESHOLD = THRESHOLD
"""Support below which nothing is answered."""

_NEAR = 0.5
"""Cosine from which words need not be shared: of 149 XQuAD questions without their article, it answered none more."""

_OF_BEST = ("overlap", "fuzzy", "around", "bigrams", "cosine", "names", "numbers", "covered", "named")
_OF_ALL = ("overlap", "fuzzy", "cosine", "covered", "named", "bigrams")


def answer_support(
    reading: Reading, matrix: NDArray[np.float32], best: int, belief: float, *, place: int, spoken: bool
) -> float:
    """Probability that the passages hold an answer, from the features of all sentences; *best* is a row, *place* its
    passage, *spoken* whether what is asked for of somebody is spoken of there.
    """
    seen = signs(reading, matrix, best, belief)
    unsaid = reading.unsaid(place)
    # Neither the words nor the kind of answer that is asked for.
    empty = unsaid * (matrix[best, FEATURES.index("cue")] == 0)
    seen |= {"unsaid": unsaid, "empty": empty, "unspoken": float(not spoken)}
    return 1 / (1 + math.exp(-sum(weight * seen[name] for name, weight in SUPPORT.items())))


def signs(reading: Reading, matrix: NDArray[np.float32], best: int, belief: float) -> dict[str, float]:
    """What the decision is made from."""
    row = dict(zip(FEATURES, matrix[best].tolist(), strict=True))
    columns = dict(zip(FEATURES, matrix.max(axis=0).tolist(), strict=True))
    unseen = reading.unseen
    total = sum(reading.weights.values()) or 1.0
    return {
        "bias": 1.0,
        **{name: row[name] for name in _OF_BEST},
        **{f"max_{name}": columns[name] for name in _OF_ALL},
        "unseen": sum(unseen.values()) / total,
        "rarest_unseen": max(unseen.values(), default=0.0) / max(max(reading.weights.values(), default=0.0), 1e-9),
        "missing": float(bool(reading.missing)),
        "belief": belief,
        "asked": math.log1p(len(reading.asked)),
    }


def is_meant(reading: Reading, row: NDArray[np.float32]) -> bool:
    """Whether a sentence says in other words what is asked for: near in meaning, with what was asked for in it, and
    nobody is asked about who stands nowhere.
    """
    seen = dict(zip(FEATURES, row.tolist(), strict=True))
    return bool(seen["cosine"] >= _NEAR and seen["cue"] == 1 and not reading.missing)
