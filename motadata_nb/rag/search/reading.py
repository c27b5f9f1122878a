"""The first candidates read closely: whether one sentence says all that the question asks, in whatever inflection."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence

__all__ = ["READ", "closeness", "pieces"]

READ = 10
"""Chunks that are read; reading more changes no collection by more than 0.001 of nDCG@10."""

_PIECE = 4
"""Letters of a piece of a word, its ends being letters too: what derivations share beyond what a stemmer joins."""
_LIKENESS = 1.5
"""What all pieces of the question's words are worth beside one sentence with all its terms."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W_]+")


def pieces(words: Mapping[str, float]) -> dict[str, float]:
    """The overlapping pieces of words, each word's weight shared among its own."""
    shared: Counter[str] = Counter()
    for word, weight in words.items():
        whole = f" {word} "
        own = {whole[at : at + _PIECE] for at in range(max(1, len(whole) - _PIECE + 1))}
        shared.update(dict.fromkeys(own, weight / len(own)))
    return dict(shared)


def closeness(
    terms: Mapping[str, float], parts: Mapping[str, float], text: str, analyze: Callable[[str], Sequence[str]]
) -> float:
    """The share of the terms' weights, from 0 to 1, that stands in the best sentence of *text*, plus one and a half
    times the share of the weights of the :func:`pieces` that it has anywhere.

    *terms* are the index terms of a question with their weights; *analyze* turns a text into such.
    """
    best = max(_share(terms, set(analyze(sentence))) for sentence in _SENTENCE.split(text))
    plain = f" {' '.join(_WORD.findall(text.lower()))} "
    return best + _LIKENESS * _share(parts, plain)


def _share(weights: Mapping[str, float], found: Container[str]) -> float:
    return sum([weight for each, weight in weights.items() if each in found]) / (sum(weights.values()) or 1.0)
