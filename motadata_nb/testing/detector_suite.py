"""What every detector of unsupported sentences must do. For pytest:

class TestMine(DetectorSuite):
    def detector(self): return MyDetector(place)
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from motadata_nb.aio import run
from motadata_nb.rag.detectors.base import Detector

__all__ = ["DetectorSuite"]

QUESTION = "How long may a product be returned?"
PASSAGES = (
    "Customers in the European Union may return a product within 14 days of delivery. Opened software is excluded.",
    "Parcels leave the warehouse in Rotterdam within three working days.",
)
TRUE = "Customers in the European Union may return a product within 14 days of delivery."
FALSE = "The chief executive plays the violin in Vienna every Thursday."


class DetectorSuite(ABC):
    """Subclass it, and pytest runs these tests on your detector."""

    @abstractmethod
    def detector(self) -> Detector:
        """A ready detector."""

    def test_each_sentence_has_a_verdict_at_its_place(self) -> None:
        """What stands in a passage is supported, what stands nowhere is not."""
        answer = f"{TRUE} {FALSE}"
        found = run(self.detector().acheck(answer, PASSAGES, QUESTION))
        assert [answer[s.start : s.end] for s in found.sentences] == [TRUE, FALSE]
        assert [s.verdict == "supported" for s in found.sentences] == [True, False]
        assert found.sentences[0].score > 0.5 > found.sentences[1].score

    def test_evidence_stands_where_it_is_said_to(self) -> None:
        """Evidence is a part of its passage."""
        (sentence,) = run(self.detector().acheck(TRUE, PASSAGES, QUESTION)).sentences
        assert PASSAGES[sentence.passage][sentence.evidence_start : sentence.evidence_end] == sentence.evidence
        assert sentence.passage == 0

    def test_the_whole_is_judged_by_its_worst_sentence(self) -> None:
        """0.5 is the threshold."""
        good = run(self.detector().acheck(TRUE, PASSAGES, QUESTION))
        bad = run(self.detector().acheck(f"{TRUE} {FALSE}", PASSAGES, QUESTION))
        assert good.supported and good.score > 0.5 > bad.score and not bad.supported

    def test_nothing_said_is_supported(self) -> None:
        """An empty answer claims nothing."""
        assert run(self.detector().acheck("", PASSAGES, QUESTION)).supported
