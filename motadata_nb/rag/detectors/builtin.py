"""The built-in detector: words, numbers, names, negation and the index's embedder; no download."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from motadata_nb.rag.detectors.base import DetectorPlace
from motadata_nb.rag.groundedness import AnswerCheck, check_answer

__all__ = ["BuiltinDetector"]


class BuiltinDetector:
    """See `motadata_nb.rag.groundedness`."""

    def __init__(self, place: DetectorPlace) -> None:
        self._embed = place.embedder.embed

    async def acheck(self, answer: str, passages: Sequence[str], question: str) -> AnswerCheck:
        """Takes a few milliseconds beside embedding."""
        return await asyncio.to_thread(check_answer, answer, passages, self._embed, question)
