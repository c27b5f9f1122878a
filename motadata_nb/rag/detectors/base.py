"""What a detector of unsupported sentences is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from motadata_nb.embeddings.base import Embedder
from motadata_nb.gateway.gateway import Gateway
from motadata_nb.rag.groundedness import AnswerCheck

__all__ = ["Detector", "DetectorPlace"]


@dataclass(frozen=True, kw_only=True)
class DetectorPlace:
    """What a detector is made with."""

    embedder: Embedder
    gateway: Callable[[], Gateway]
    model: str | None = None
    """What stands behind the colon of `judge:openai/gpt-5-mini`, or what answered; None for the configured one."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Options of calls of the gateway: `api_base` and `api_key`, as they were given with the question."""
    tags: tuple[str, ...] = ()
    """Tags for calls of the gateway, by which a purge of the index finds what is cached of them."""


class Detector(Protocol):
    """Judges each sentence of an answer against passages. Made with a `DetectorPlace`."""

    async def acheck(self, answer: str, passages: Sequence[str], question: str) -> AnswerCheck:
        """Verdict, score (1 is supported, 0.5 the threshold) and evidence for each sentence, and a score for all."""
        ...
