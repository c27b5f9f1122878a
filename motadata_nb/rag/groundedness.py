"""Is each sentence of an answer supported by its context? A small linear model over transparent features, no download.

The weights are in ``groundedness.json`` beside this file, with a note of where they come from;
``tests/benchmarks/train_groundedness.py`` makes them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.groundedness_features import FEATURES, ContextView, answer_features

__all__ = ["AnswerCheck", "SentenceCheck", "Verdict", "answer_row", "check_answer", "sentence_risks"]

FloatArray = NDArray[np.float32]
Embed = Callable[[Sequence[str]], FloatArray]
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
    matrix, best = answer_features([c.text for c in claims], rows[: len(claims)], view)
    return _judge(claims, matrix, [places[i] for i in best])


def sentence_risks(features: FloatArray) -> FloatArray:
    """Probability per row that a sentence is not supported; *features* is sentences × FEATURES."""
    return _logistic(features, _model()["sentence"])


def answer_row(risks: FloatArray) -> FloatArray:
    """What the model of a whole answer sees of its sentences' *risks*: worst, two worst, mean, any, worst with
    neighbours, sum.
    """
    worst = np.sort(risks)[::-1]
    padded = np.concatenate([risks[:1], risks, risks[-1:]])
    beside = (padded[1:-1] + 0.5 * (padded[2:] + padded[:-2])) / 2
    odds = np.log(worst[0] / (1 - worst[0] + 1e-6) + 1e-6)
    return np.asarray(
        [odds, worst[:2].mean(), risks.mean(), 1 - np.prod(1 - risks), beside.max(), risks.sum()], dtype=np.float32
    )


def _judge(claims: Sequence[Sentence], matrix: FloatArray, evidence: list[tuple[int, Sentence]]) -> AnswerCheck:
    risks = np.maximum(sentence_risks(matrix), _out_of_nowhere(matrix))
    whole = float(_logistic(answer_row(risks)[None, :], _model()["answer"])[0])
    checks = tuple(
        _sentence_check(c, float(r), row, e) for c, r, row, e in zip(claims, risks, matrix, evidence, strict=True)
    )
    score = _support(whole, "answer")
    return AnswerCheck(score=score, supported=score > 0.5, sentences=checks)


def _out_of_nowhere(matrix: FloatArray) -> FloatArray:
    """A high risk for sentences whose words and meaning are both far from the context, however short they are."""
    seen = {name: matrix[:, column] for column, name in enumerate(FEATURES)}
    far = (seen["novel_fuzzy"] >= 0.7) & (seen["cosine_best"] < 0.4) & (seen["about_context"] == 0)
    return np.where(far, np.float32(0.8), np.float32(0.0)).astype(np.float32)


def _sentence_check(claim: Sentence, risk: float, row: FloatArray, evidence: tuple[int, Sentence]) -> SentenceCheck:
    place, found = evidence
    verdict = _verdict(dict(zip(FEATURES, row.tolist(), strict=True)), risk)
    score = _support(risk, "sentence")
    return SentenceCheck(
        text=claim.text,
        start=claim.start,
        end=claim.end,
        verdict=verdict,
        score=min(score, 1 - score) if verdict == "contradicted" else score,
        evidence=found.text,
        passage=place,
        evidence_start=found.start,
        evidence_end=found.end,
    )


def _verdict(seen: Mapping[str, float], risk: float) -> Verdict:
    """Contradicted: close to its evidence, but with the opposite sign, an antonym, or another number.

    A rule, to be read as a reason to look: on SciFact's claims, of which a third is refuted, six of ten that it calls
    contradicted are, and it finds a fifth of those that are (`bench_groundedness`).
    """
    near = seen["cosine_best"] >= 0.6 and seen["best_sentence_recall"] >= 0.5
    opposed = seen["negation_differs"] > 0 or seen["antonym"] > 0
    other_number = seen["number_novel"] > 0 and seen["best_sentence_recall"] >= 0.6
    copied = seen["copied_run"] >= 0.8
    if near and not copied and not seen["about_context"] and (opposed or other_number):
        return "contradicted"
    return "not found" if risk >= float(_model()["sentence"]["threshold"]) else "supported"


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


def _logistic(rows: FloatArray, part: Mapping[str, Any]) -> FloatArray:
    scaled = (rows - np.asarray(part["mean"])) / np.asarray(part["scale"])
    clipped = np.clip(scaled, -part["clip"], part["clip"])
    return np.asarray(1 / (1 + np.exp(-(clipped @ np.asarray(part["weights"]) + part["bias"]))), dtype=np.float32)


@cache
def _model() -> dict[str, Any]:
    text = resources.files("motadata_nb.rag").joinpath("groundedness.json").read_text(encoding="utf-8")
    model: dict[str, Any] = json.loads(text)
    if tuple(model["features"]) != FEATURES:
        raise ValueError(
            "groundedness.json was made for other features.  Try: python tests/benchmarks/train_groundedness.py"
        )
    return model
