"""What every reranker must do. For pytest:

class TestMine(RerankerSuite):
    def reranker(self): return MyReranker(place)
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from motadata_nb.aio import run
from motadata_nb.rag.rerankers.base import Reranker

__all__ = ["RerankerSuite"]

QUESTION = "How long do customers have to return a product?"
PASSAGES = (
    "The office cat is called Ada. She sleeps on the printer.",
    "Customers may return a product within 14 days of delivery.",
    "Parcels leave our warehouse within three working days.",
)


class RerankerSuite(ABC):
    """Subclass it, and pytest runs these tests on your reranker."""

    @abstractmethod
    def reranker(self) -> Reranker:
        """A ready reranker."""

    def test_the_passage_that_answers_is_best(self) -> None:
        """One score a passage, in the order of the passages."""
        scores = run(self.reranker().ascore(QUESTION, PASSAGES))
        assert len(scores) == len(PASSAGES) and max(scores) == scores[1]

    def test_scores_follow_their_passages(self) -> None:
        """In another order the passages keep their scores."""
        forth = run(self.reranker().ascore(QUESTION, PASSAGES))
        back = run(self.reranker().ascore(QUESTION, PASSAGES[::-1]))
        assert max(abs(a - b) for a, b in zip(forth, back[::-1], strict=True)) < 0.05

    def test_any_text_has_a_finite_score(self) -> None:
        """Also a single letter, symbols, and much text."""
        scores = run(self.reranker().ascore(QUESTION, ["x", "🙂 …", "word " * 2000]))
        assert all(isinstance(score, float) and abs(score) < 1e9 for score in scores)
