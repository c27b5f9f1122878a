"""What is taken out of passages: sentences with their spans, and whether they support an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Extract", "Extraction"]


@dataclass(frozen=True, kw_only=True)
class Extract:
    """A sentence of a passage that belongs to the answer."""

    text: str
    """The sentence as it stands in the passage."""
    passage: int
    """Position of its passage in the list that was given."""
    start: int
    """First character in the passage."""
    end: int
    """One past the last character in the passage."""
    score: float
    """Share in 0..1 of the belief that the answer stands here; all sentences together have 1."""
    shown: str = ""
    """How a list or a row of a table reads in an answer; empty for a sentence."""


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """The best sentences and whether they support an answer at all."""

    sentences: tuple[Extract, ...]
    """Best first; also filled when the answer is refused, as the nearest that was found."""
    support: float
    """Probability in 0..1 that the passages hold an answer."""
    supported: bool
    """False: say that nothing was found."""
    signs: Mapping[str, float] = field(default_factory=dict)
    """What the support was computed from; empty where it follows from a label or there is nothing to read."""
