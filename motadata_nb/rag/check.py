"""What a check of an answer gives: per sentence supported, contradicted or not found, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from motadata_nb.cards import Card, Cell, Meter, Table, counted
from motadata_nb.errors import BackendError, MotadataError, brief
from motadata_nb.rag.detectors.registry import DETECTORS
from motadata_nb.rag.groundedness import AnswerCheck, SentenceCheck, Verdict
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.rag.detectors.base import Detector

__all__ = ["Groundedness", "acheck"]


@dataclass(frozen=True, kw_only=True)
class Groundedness(Result, Tabular):
    """How far an answer is supported by its passages."""

    score: float
    """From 0 to 1; 1 is supported, 0.5 the threshold."""
    supported: bool
    sentences: tuple[SentenceCheck, ...]
    """In the order of the answer, each with verdict, score and evidence."""
    detector: str = "built-in"

    @property
    def df(self) -> pd.DataFrame:
        """One row a sentence: sentence, verdict, score, evidence, passage (from 1), start, end."""
        import pandas as pd

        rows = [[s.text, s.verdict, s.score, s.evidence, s.passage + 1 or None, s.start, s.end] for s in self.sentences]
        return pd.DataFrame(rows, columns=["sentence", "verdict", "score", "evidence", "passage", "start", "end"])

    @property
    def summary(self) -> str:
        """In words, for the quiet line."""
        held = sum(s.verdict == "supported" for s in self.sentences)
        return f"supported {held} of {counted(len(self.sentences), 'sentence')}" if self.sentences else "claims nothing"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What needs attention, in words."""
        counts = {kind: sum(s.verdict == kind for s in self.sentences) for kind in ("contradicted", "not found")}
        return tuple(f"{counted(count, 'sentence')} {kind}" for kind, count in counts.items() if count)

    def table(self, marks: Sequence[str] = ()) -> Table:
        """The sentences as a table; *marks* is what passages are called that are not called by their number."""
        rows: list[list[Cell]] = [[s.verdict, Meter(s.score), s.text, _evidence(s, marks)] for s in self.sentences]
        return Table(["Verdict", "Support", "Sentence", "Evidence"], rows, frozenset({"Support"}))

    def _card(self) -> Card:
        return Card(
            title=f"Groundedness {self.score:.2f}", status=(self.summary, self.detector), attention=self.warnings,
            summary=self.table() if self.sentences else None,
        )  # fmt: skip


def _evidence(check: SentenceCheck, marks: Sequence[str]) -> str | None:
    if not check.evidence:
        return None
    mark = marks[check.passage] if check.passage < len(marks) else f"[{check.passage + 1}]"
    return f"{mark} {check.evidence}".strip()


async def acheck(name: str, by: Detector, answer: str, passages: Sequence[str], question: str) -> Groundedness:
    """The check of an answer's text by a detector and its name."""
    try:
        found = await by.acheck(answer, passages, question)
    except MotadataError:
        raise
    except Exception as error:
        raise BackendError(f"The detector '{name}' failed: {brief(error)}.", DETECTORS.suite) from error
    if wrong := _wrong(found, len(passages)):
        raise BackendError(f"The detector '{name}' gave {wrong}.", DETECTORS.suite)
    return Groundedness(score=found.score, supported=found.supported, sentences=found.sentences, detector=name)


def _wrong(found: object, passages: int) -> str:
    """What is wrong with what a detector gave; empty for nothing."""
    if not isinstance(found, AnswerCheck):
        return f"no AnswerCheck, but {found!r:.60}"
    for sentence in found.sentences:
        if sentence.verdict not in get_args(Verdict):
            return f"the verdict '{sentence.verdict}', which is none of: {', '.join(get_args(Verdict))}"
        if not -1 <= sentence.passage < passages:
            return (
                f"evidence of passage {sentence.passage}: of {counted(passages, 'passage')} the first is 0, and none -1"
            )
    return ""
