"""Whether passages hold an answer at all: from how near the best sentence comes, and from what stands nowhere.

The weights are in ``refusal.json`` beside this file, with a note of where they come from;
``tests/benchmarks/train_refusal.py`` makes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.features import FEATURES, Reading
from motadata_nb.rag.extractive.relation import GONE
from motadata_nb.rag.extractive.weights import (
    FOREIGN_BIAS,
    FOREIGN_FACTORS,
    FOREIGN_THRESHOLD,
    STRANGE_THRESHOLD,
    UNRELATED_THRESHOLD,
)
from motadata_nb.rag.words.languages import is_foreign

__all__ = ["answer_support", "refusal_threshold", "signs"]

_OF_BEST = ("overlap", "fuzzy", "around", "bigrams", "cosine", "names", "numbers", "covered", "named")
_OF_ALL = ("overlap", "fuzzy", "cosine", "covered", "named", "bigrams")


def refusal_threshold(question: str, seen: Mapping[str, float]) -> float:
    """Support below which nothing is answered, by the :func:`signs` of the best sentence."""
    if is_foreign(question):
        return FOREIGN_THRESHOLD
    if max(seen[part] for part in ("does", "last", "counted")) > GONE:
        return UNRELATED_THRESHOLD
    least: float = _model()["threshold"]
    return max(least, STRANGE_THRESHOLD) if seen["missing"] else least


def answer_support(question: str, seen: Mapping[str, float]) -> float:
    """Probability that the passages hold an answer, from its :func:`signs`."""
    if seen["kind"]:
        return 0.0
    weights, bias = (_foreign_weights(), FOREIGN_BIAS) if is_foreign(question) else (_weights(), 0.0)
    return 1 / (1 + math.exp(-bias - sum(weight * seen[name] for name, weight in weights.items())))


def signs(
    reading: Reading, matrix: NDArray[np.float32], best: int, belief: float, *, place: int, spoken: bool,
    missing: Mapping[str, float],
) -> dict[str, float]:  # fmt: skip
    """What the decision is made from: the features of all sentences; *best* is a row, *place* its passage, *spoken*
    whether what is asked for of somebody is spoken of there, *missing* what :func:`gaps` gives.
    """
    unsaid = reading.unsaid(place)
    # Neither the words nor the kind of answer that is asked for.
    empty = unsaid * float(matrix[best, FEATURES.index("cue")] == 0)
    relation = {**missing, "unsaid": unsaid, "empty": empty, "unspoken": float(not spoken)}
    return _nearness(reading, matrix, best, belief) | relation


def _nearness(reading: Reading, matrix: NDArray[np.float32], best: int, belief: float) -> dict[str, float]:
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


def _weights() -> dict[str, float]:
    weights: dict[str, float] = _model()["weights"]
    return weights


@cache
def _foreign_weights() -> dict[str, float]:
    return {name: weight * FOREIGN_FACTORS.get(name, 1.0) for name, weight in _weights().items()}


@cache
def _model() -> dict[str, Any]:
    text = resources.files("motadata_nb.rag.extractive").joinpath("refusal.json").read_text(encoding="utf-8")
    model: dict[str, Any] = json.loads(text)
    return model
