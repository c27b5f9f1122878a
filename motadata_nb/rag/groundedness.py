"""Is each sentence of an answer supported by its context? A small linear model over transparent features, no download.

The weights are in ``groundedness.json`` beside this file, with a note of where they come from;
``tests/benchmarks/train_groundedness.py`` makes them.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.grounding.context import ContextView
from motadata_nb.rag.grounding.features import FEATURES, AnswerFeatures, answer_features
from motadata_nb.rag.grounding.opposition import OPPOSITION
from motadata_nb.rag.grounding.slips import SLIPS
from motadata_nb.rag.headings import below_heading

__all__ = [
    "AnswerCheck",
    "SentenceCheck",
    "Verdict",
    "answer_risk",
    "answer_row",
    "check_answer",
    "contradictions",
    "sentence_risks",
]

FloatArray = NDArray[np.float32]
Flags = NDArray[np.bool_]
Signs = tuple[Flags, Flags, Flags]
Embed = Callable[[Sequence[str]], FloatArray]
_SILENT = -5.0
"""Log-odds against a sentence that claims nothing."""
_SLIP = 0.5
"""Log-odds beyond the threshold against a sentence that has something of which nothing is said."""
Verdict = Literal["supported", "contradicted", "not found"]


@dataclass(frozen=True, kw_only=True)
class SentenceCheck:
    """What the context says about one sentence of an answer."""

    text: str
    """The sentence."""
    start: int
    """First character in the answer."""
    end: int
    """One past the last character in the answer."""
    verdict: Verdict
    score: float
    """From 0 to 1; above 0.5 it is more likely than not that the context supports it."""
    evidence: str
    """The nearest sentence of the context; empty without context."""
    passage: int
    """Position of the passage the evidence stands in; -1 without context."""
    evidence_start: int
    """First character of the evidence in its passage."""
    evidence_end: int
    """One past its last character."""


@dataclass(frozen=True, kw_only=True)
class AnswerCheck:
    """A whole answer against its context."""

    score: float
    """From 0 to 1; 1 is supported. 0.5 is the threshold that was best in training."""
    supported: bool
    """Whether the score is above 0.5."""
    sentences: tuple[SentenceCheck, ...]
    """In the order of the answer."""


def check_answer(answer: str, passages: Sequence[str], embed: Embed, question: str = "") -> AnswerCheck:
    """Verdicts for the sentences of *answer* with their evidence in *passages*, and one score for the whole.

    *embed* gives one unit row per text and is called once. An empty answer claims nothing and is supported; without
    context nothing is.
    """
    claims = split_sentences(answer)
    if not claims:
        return AnswerCheck(score=1.0, supported=True, sentences=())
    places = [(i, s) for i, text in enumerate(passages) for s in split_sentences(text)]
    if not places:
        return AnswerCheck(score=0.0, supported=False, sentences=tuple(_unsupported(c) for c in claims))
    rows = embed([*(s.text for s in claims), *(s.text for _, s in places), question or " "])
    view = ContextView(
        sentences=[s.text for _, s in places],
        vectors=rows[len(claims) : -1],
        question=question,
        question_vector=rows[-1] if question else None,
    )
    seen = answer_features([c.text for c in claims], rows[: len(claims)], view)
    shown = ((i, below_heading(passages[i], s)) for i, s in (places[at] for at in seen.evidence))
    return _judge(claims, seen, list(shown))


def _column(matrix: FloatArray, name: str) -> FloatArray:
    """A feature of all sentences."""
    return matrix[:, FEATURES.index(name)]


def sentence_risks(seen: AnswerFeatures, model: Mapping[str, Any] | None = None) -> FloatArray:
    """Probability per sentence that it is not supported; *model* is the shipped one, or one just trained."""
    model = model or _model()
    against = np.maximum(contradictions(seen.opposition, model), _out_of_nowhere(seen.rows))
    odds = _odds(seen.rows, model["sentence"]) + _beyond_chance(against)
    odds = np.where(_claims_nothing(seen.rows), np.minimum(odds, _SILENT), odds)
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


def _slip(seen: AnswerFeatures, name: str) -> Flags:
    return np.asarray(seen.slips[:, SLIPS.index(name)] > 0, dtype=np.bool_)


def _unfounded(seen: AnswerFeatures) -> Flags:
    """Whether a sentence has a name that stands nowhere, says of all what is said of some, or of one time what is said
    of others, however well the rest is supported.
    """
    return _slip(seen, "stranger") | _slip(seen, "overstated") | _slip(seen, "elsewhen")


def contradictions(opposition: FloatArray, model: Mapping[str, Any] | None = None) -> FloatArray:
    """Log-odds per sentence that the context says the opposite, against a sentence without a sign of that."""
    return np.asarray(opposition @ np.asarray((model or _model())["contradiction"]["weights"]), dtype=np.float32)


def answer_row(risks: FloatArray) -> FloatArray:
    """What the model of a whole answer sees of its sentences' *risks*: the log-odds of their power means of the fourth
    and the second degree, which lie between the worst sentence and the average.
    """
    means = np.asarray([np.mean(risks**4) ** 0.25, np.mean(risks**2) ** 0.5])
    return np.log((means + 1e-4) / (1 - means + 1e-4)).astype(np.float32)


def _beyond_chance(found: FloatArray) -> FloatArray:
    """The log-odds that exceed what the most suspect of so many sentences shows by chance."""
    return np.asarray(np.maximum(found - np.log(max(len(found), 1)), 0), dtype=np.float32)


def answer_risk(seen: AnswerFeatures, model: Mapping[str, Any] | None = None) -> float:
    """Probability that the answer has a sentence which is not supported."""
    model = model or _model()
    return _answer_risk(seen, model, sentence_risks(seen, model), _signs(seen, model))


def _answer_risk(seen: AnswerFeatures, model: Mapping[str, Any], risks: FloatArray, signs: Signs) -> float:
    pooled = float(_odds(answer_row(risks)[None, :], model["answer"])[0])
    if len(risks) == 1:  # the whole is the sentence, and the two verdicts agree
        pooled = _logit(float(risks[0])) - _logit(model["sentence"]["threshold"]) + _logit(model["answer"]["threshold"])
    if _slip(seen, "apart").any():
        pooled = max(pooled, _logit(model["answer"]["threshold"]) + _SLIP)
    return float(1 / (1 + np.exp(-np.logaddexp(pooled, _contradicted_odds(seen, model, signs)))))


def _logit(probability: float) -> float:
    return math.log((probability + 1e-6) / (1 - probability + 1e-6))


def _contradicted_odds(seen: AnswerFeatures, model: Mapping[str, Any], signs: Signs) -> float:
    """What a contradiction alone amounts to: another quantity always passes the threshold; a sign, a direction or a
    name, of which one may be mistaken, the less the more sentences there are.
    """
    opposed, counted, named = signs
    if not (opposed | counted | named | _unfounded(seen)).any():
        return -math.inf
    beyond = 1.1 if counted.any() else 1.1 - 1.5 * math.log(len(counted))
    return _logit(model["answer"]["threshold"]) + beyond


def _signs(seen: AnswerFeatures, model: Mapping[str, Any]) -> Signs:
    """Per sentence whether the context has it with the opposite sign, with another quantity, or with another name."""
    near = (_column(seen.rows, "window_recall") >= 0.6) & (_column(seen.rows, "cosine_best") >= 0.6)
    recounted = (_column(seen.rows, "number_novel") > 0) | (seen.opposition[:, OPPOSITION.index("quantity")] > 0)
    claims = (_column(seen.rows, "about_context") == 0) & ~_slip(seen, "elsewhen")
    opposed = contradictions(seen.opposition, model) >= float(model["contradiction"]["threshold"])
    opposed |= _slip(seen, "exchanged") | _slip(seen, "turned")
    renamed = (_column(seen.rows, "name_other") > 0) | _slip(seen, "replaced")
    counted = (near & recounted) | _slip(seen, "recounted") | _slip(seen, "misplaced")
    return opposed & claims, counted & claims, near & renamed & claims


def _judge(claims: Sequence[Sentence], seen: AnswerFeatures, evidence: list[tuple[int, Sentence]]) -> AnswerCheck:
    risks, signs = sentence_risks(seen), _signs(seen, _model())
    opposed, counted, named = signs
    least = 1 / (1 + math.exp(-_logit(_model()["sentence"]["threshold"]) - _SLIP))
    shown = np.where(_unfounded(seen) | _slip(seen, "apart"), np.maximum(risks, least), risks)
    rows = zip(claims, shown.tolist(), (opposed | counted | named).tolist(), evidence, strict=True)
    score = _support(_answer_risk(seen, _model(), risks, signs), "answer")
    return AnswerCheck(score=score, supported=score > 0.5, sentences=tuple(_sentence_check(*row) for row in rows))


def _out_of_nowhere(matrix: FloatArray) -> FloatArray:
    """Log-odds against sentences whose words and meaning are both far from the context, however short they are."""
    strange = (_column(matrix, "novel_unasked") >= 0.7) & (_column(matrix, "told_novel_count") > 0)
    far = strange & (_column(matrix, "cosine_best") < 0.4) & (_column(matrix, "about_context") == 0)
    return np.where(far, np.float32(2.5), np.float32(0.0)).astype(np.float32)


def _claims_nothing(matrix: FloatArray) -> Flags:
    """Whether a sentence only surrounds an answer, or says that there is none: "Here it is:", "I don't know."."""
    idle = _column(matrix, "scaffolding") == 1
    return np.asarray(idle & (_column(matrix, "number_novel") == 0), dtype=np.bool_)


def _sentence_check(claim: Sentence, risk: float, opposed: bool, evidence: tuple[int, Sentence]) -> SentenceCheck:
    place, found = evidence
    score = _support(risk, "sentence")
    verdict: Verdict = "contradicted" if opposed else "supported" if score > 0.5 else "not found"
    return SentenceCheck(
        text=claim.text,
        start=claim.start,
        end=claim.end,
        verdict=verdict,
        score=min(score, 1 - score) if opposed else score,
        evidence=found.text,
        passage=place,
        evidence_start=found.start,
        evidence_end=found.end,
    )


def _support(risk: float, part: str) -> float:
    """The opposite of a risk, its odds shifted so that 0.5 stands at the threshold of that part of the model."""
    threshold = float(_model()[part]["threshold"])
    odds = (1 - risk + 1e-9) / (risk + 1e-9) * threshold / (1 - threshold)
    return odds / (1 + odds)


def _unsupported(claim: Sentence) -> SentenceCheck:
    return SentenceCheck(
        text=claim.text,
        start=claim.start,
        end=claim.end,
        verdict="not found",
        score=0.0,
        evidence="",
        passage=-1,
        evidence_start=0,
        evidence_end=0,
    )


def _odds(rows: FloatArray, part: Mapping[str, Any]) -> FloatArray:
    scaled = (rows - np.asarray(part["mean"])) / np.asarray(part["scale"])
    clipped = np.clip(scaled, -part["clip"], part["clip"])
    return np.asarray(clipped @ np.asarray(part["weights"]) + part["bias"], dtype=np.float32)


@cache
def _model() -> dict[str, Any]:
    text = resources.files("motadata_nb.rag").joinpath("groundedness.json").read_text(encoding="utf-8")
    model: dict[str, Any] = json.loads(text)
    if (tuple(model["features"]), tuple(model["contradiction"]["features"])) != (FEATURES, OPPOSITION):
        raise ValueError(
            "groundedness.json was made for other features.  Try: python tests/benchmarks/train_groundedness.py"
        )
    return model
