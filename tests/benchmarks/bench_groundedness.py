"""Groundedness: RAGTruth-QA and SciFact claims cross-validated without a shared context; BEGIN and HaluEval as data
never seen.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from motadata_nb.rag.groundedness import AnswerCheck, answer_risk
from tests.benchmarks.__main__ import Skipped

SEEDS = (0, 1, 2, 3, 4)
_FOLDS = "5 folds, no context on both sides, mean of 5 seeds"
_NOTES = {
    "begin": "not trained on",
    "halueval_qa": "not trained on; length alone gives 0.976, so this says little",
}


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    from tests.benchmarks.train_groundedness import DATA, examples

    if not DATA.exists():
        raise Skipped(f"no data at {DATA}")
    ragtruth = examples("ragtruth_qa")
    claims = examples("scifact_claims")
    rows = [*_cross_validated(ragtruth, claims), _refuted(ragtruth, claims)]
    for name in ("begin", "halueval_qa"):
        rows.append(_row(f"{name} AUC", _zero_shot(examples(name)), None, _NOTES[name]))
    return [*rows, *_contradictions(), _time()]


def _row(name: str, figure: float, target: float | None, note: str) -> dict[str, Any]:
    met = None if target is None else figure >= target
    return {"name": name, "figure": figure, "unit": "", "target": target, "ok": met, "note": note}


def _time() -> dict[str, Any]:
    figure = _milliseconds()
    note = "features and model of 6 sentences against 30, beside embedding"
    return {
        "name": "time of an answer",
        "figure": figure,
        "unit": "ms",
        "target": "≤ 5",
        "ok": figure <= 5,
        "note": note,
    }


def _contradictions() -> list[dict[str, Any]]:
    """How often the verdict "contradicted" is right on SciFact's claims: the abstract supports each, or refutes it."""
    from motadata_nb.embeddings.minilm import MiniLM
    from motadata_nb.rag.groundedness import check_answer
    from tests.benchmarks.collections import read_lines
    from tests.benchmarks.train_groundedness import DATA

    embedder = MiniLM()
    claims = read_lines(DATA / "scifact_claims" / "data.jsonl")
    said = [_says(check_answer(row["answer"], [row["context"]], embedder.embed)) for row in claims]
    right = [row["label"] for row, contradicted in zip(claims, said, strict=True) if contradicted]
    refuted = sum(row["label"] for row in claims)
    note = f"{len(right)} of {len(claims)} claims are called contradicted; {refuted / len(claims):.2f} are"
    return [
        _row("scifact_claims precision of 'contradicted'", float(np.mean(right)) if right else 0.0, None, note),
        _row(
            "scifact_claims recall of 'contradicted'",
            sum(right) / refuted,
            None,
            "weights from all claims; the threshold is set for precision",
        ),
    ]


def _says(checked: AnswerCheck) -> bool:
    return any(sentence.verdict == "contradicted" for sentence in checked.sentences)


def _cross_validated(data: Sequence[Any], claims: Sequence[Any]) -> list[dict[str, Any]]:
    from sklearn.metrics import f1_score, roc_auc_score

    from tests.benchmarks.train_groundedness import folds, train, train_contradiction

    labels, contradiction = np.asarray([e.label for e in data]), train_contradiction(claims)
    areas, f1s = [], []
    for seed in SEEDS:
        scores, flags = np.zeros(len(data)), np.zeros(len(data))
        for seen, unseen in folds(data, 5, seed):
            model = train([data[i] for i in seen], contradiction)
            scores[unseen] = [answer_risk(data[i].seen, model) for i in unseen]
            flags[unseen] = scores[unseen] >= model["answer"]["threshold"]
        areas.append(roc_auc_score(labels, scores))
        f1s.append(f1_score(labels, flags))
    return [
        _row("ragtruth_qa AUC", float(np.mean(areas)), 0.85, f"{len(data)} answers, {_FOLDS}"),
        _row("ragtruth_qa F1", float(np.mean(f1s)), 0.60, f"threshold from the training folds; {_spread(f1s)}"),
    ]


def _spread(figures: Sequence[float]) -> str:
    return f"{min(figures):.3f} to {max(figures):.3f} by seed"


def _refuted(data: Sequence[Any], claims: Sequence[Any]) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    from tests.benchmarks.train_groundedness import folds, train, train_contradiction

    labels, model = [e.label for e in claims], train(data, train_contradiction(claims))
    areas = []
    for seed in SEEDS:
        scores = np.zeros(len(claims))
        for seen, unseen in folds(claims, 5, seed):
            model["contradiction"] = train_contradiction([claims[i] for i in seen])
            scores[unseen] = [answer_risk(claims[i].seen, model) for i in unseen]
        areas.append(roc_auc_score(labels, scores))
    note = f"abstracts that refute a claim against those that support it, {_FOLDS}"
    return _row("scifact_claims AUC", float(np.mean(areas)), None, note)


def _zero_shot(data: Sequence[Any]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score([e.label for e in data], [answer_risk(e.seen) for e in data]))


def _milliseconds() -> float:
    """Median time of :func:`check_answer` on six sentences against thirty, embedding left out."""
    from motadata_nb.rag.groundedness import check_answer

    answer = " ".join(f"The pump number {i} moves {i * 7} litres an hour in Hall {i}." for i in range(6))
    context = [
        " ".join(f"Pump {i} of Hall {i} was tested and moves {i * 7} litres." for i in range(j, j + 10))
        for j in range(3)
    ]
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        check_answer(answer, context, lambda texts: vectors[: len(texts)], question="How much does a pump move?")
        times.append(time.perf_counter() - began)
    return float(np.median(times)) * 1e3
