"""A question that is ready to be answered."""

from __future__ import annotations

from dataclasses import dataclass

from motadata_nb.gateway.base import Message
from motadata_nb.rag.context import Decision, kept_hits
from motadata_nb.rag.followup import Followed
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.retrieval import Retrieval

__all__ = ["Prepared"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A question with everything that is sent to a model for it."""

    question: str
    parts: tuple[Followed, ...]
    """The questions in it, as they are understood: with what the conversation adds, and without slips of the pen."""
    retrieval: Retrieval
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    started: float

    @property
    def kept(self) -> tuple[Hit, ...]:
        """The passages in the order of their numbers."""
        return kept_hits(self.decisions)
