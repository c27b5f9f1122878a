"""Whether passages hold an answer at all: from how near the best sentence comes, and from what stands nowhere."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.features import FEATURES, Reading
from motadata_nb.rag.extractive.languages import is_foreign
from motadata_nb.rag.extractive.weights import FOREIGN_THRESHOLD, SUPPORT, THRESHOLD, UNRELATED_THRESHOLD

__all__ = ["answer_support", "refusal_threshold", "signs"]

_OF_BEST = ("overlap", "fuzzy", "around", "bigrams", "cosine", "names", "numbers", "covered", "named")
_OF_ALL = ("overlap", "fuzzy", "cosine", "covered", "named", "bigrams")
_GONE = 0.85
"""Share that is missing from which nothing like the word stands there."""


def refusal_threshold(question: str, missing: Mapping[str, float]) -> float:
    """Support below which nothing is answered; *missing* is what :func:`gaps` gives."""
    if is_foreign(question):
        return FOREIGN_THRESHOLD
    return UNRELATED_THRESHOLD if max(missing[part] for part in ("does", "last", "counted")) > _GONE else THRESHOLD


def answer_support(
    reading: Reading, matrix: NDArray[np.float32], best: int, belief: float, *, place: int, spoken: bool,
    missing: Mapping[str, float],
) -> float:  # fmt: skip
    """Probability that the passages hold an answer, from the features of all sentences; *best* is a row, *place* its
    passage, *spoken* whether what is asked for of somebody is spoken of there, *missing* what :func:`gaps` gives.
    """
    if missing["kind"]:
        return 0.0
    seen = signs(reading, matrix, best, belief)
    unsaid = reading.unsaid(place)
    # Neither the words nor the kind of answer that is asked for.
    empty = unsaid * (matrix[best, FEATURES.index("cue")] == 0)
    seen |= {**missing, "unsaid": unsaid, "empty": empty, "unspoken": float(not spoken)}
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
