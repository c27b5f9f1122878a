"""Makes ``motadata_nb/rag/groundedness.json`` from annotated answers beside the project: RAGTruth (QA part) for what is
not supported, SciFact's claims for what is contradicted.

Run from the repository root: ``python -m tests.benchmarks.train_groundedness``. Needs scikit-learn.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.groundedness import answer_row, sentence_risks
from motadata_nb.rag.grounding.context import ContextView
from motadata_nb.rag.grounding.features import FEATURES, AnswerFeatures, answer_features
from motadata_nb.rag.grounding.opposition import OPPOSITION

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "hallucination"
OUT = ROOT / "motadata_nb" / "rag" / "groundedness.json"
CLIP = 3.0
Array = NDArray[np.float32]
Labels = NDArray[np.int64]

_MORE_IS_WORSE = """
novel_count novel_unasked novel_run clause_novel clause_apart told_novel_count told_novel_run told_novel_dense told_new
pair_apart bigram_novel trigram_novel number_novel number_novel_count number_off_evidence name_novel name_novel_count
name_other
"""
_MORE_IS_BETTER = "window_recall copied_run cosine_best cosine_second about_context colon"
SIGNS = np.asarray([(f in _MORE_IS_WORSE.split()) - 1 * (f in _MORE_IS_BETTER.split()) for f in FEATURES])
"""What is known before any training, and keeps a weight from taking the other sign by chance."""


class Example(NamedTuple):
    """One answer: its label, its context as a group, the features and labels of its sentences."""

    label: int
    group: str
    seen: AnswerFeatures
    sentence_labels: Labels


def examples(name: str, limit: int | None = None) -> list[Example]:
    """The answers of ``hallucination/<name>`` that have at least one sentence."""
    rows = [json.loads(line) for line in (DATA / name / "data.jsonl").read_text("utf-8").splitlines()[:limit]]
    vectors = _vectors(rows)
    views: dict[str, ContextView] = {}
    return [e for row in rows if (e := _example(row, vectors, views, asks=name != "begin"))]


def _vectors(rows: Sequence[dict[str, Any]]) -> dict[str, Array]:
    found = {s.text for row in rows for field in ("answer", "context") for s in split_sentences(row[field])}
    texts = sorted(found | {row["question"] for row in rows} - {""})
    return dict(zip(texts, MiniLM(threads=2).embed(texts), strict=True))


def _example(
    row: dict[str, Any], vectors: dict[str, Array], views: dict[str, ContextView], asks: bool
) -> Example | None:
    claims = split_sentences(row["answer"])
    if not claims:
        return None
    question = row["question"] if asks else ""
    group = f"{question}\n{row['context']}"
    if group not in views:
        views[group] = _view(row["context"], question, vectors)
    seen = answer_features([c.text for c in claims], np.stack([vectors[c.text] for c in claims]), views[group])
    return Example(row["label"], group, seen, np.asarray([_covered(row, c.start, c.end) for c in claims]))


def _view(context: str, question: str, vectors: dict[str, Array]) -> ContextView:
    sentences = [s.text for s in split_sentences(context)]
    rows = np.stack([vectors[s] for s in sentences]) if sentences else np.zeros((0, 384), dtype=np.float32)
    return ContextView(sentences=sentences, vectors=rows, question=question, question_vector=vectors.get(question))


def _covered(row: dict[str, Any], start: int, end: int) -> int:
    if "spans" not in row:
        return int(row["label"])
    return int(any(s["start"] < end and s["end"] > start for s in row["spans"]))


def fit(rows: Array, labels: Labels, strength: float, signs: Sequence[int]) -> dict[str, Any]:
    """A logistic regression over standardised, clipped columns, as plain numbers; *signs* bound the weights."""
    # Wide enough to be written with five digits: a column may be constant in a part of the data.
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    found = minimise(np.clip((rows - mean) / scale, -CLIP, CLIP), labels, strength, signs)
    plain = {"mean": mean, "scale": scale, "weights": found[:-1]}
    return {k: [round(float(x), 5) for x in v] for k, v in plain.items()} | {
        "bias": round(float(found[-1]), 5),
        "clip": CLIP,
    }


def minimise(
    rows: NDArray[Any], labels: Labels, strength: float, signs: Sequence[int], counts: float | NDArray[Any] = 1.0
) -> NDArray[np.float64]:
    """Weights and, last, bias of the least regularised loss; *counts* is how much each row counts."""
    from scipy.optimize import minimize

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = rows @ at[:-1] + at[-1]
        slope = strength * counts * (1 / (1 + np.exp(-odds)) - labels)
        value = (
            strength * (counts * np.logaddexp(0, np.where(labels > 0, -odds, odds))).sum() + 0.5 * (at[:-1] ** 2).sum()
        )
        return float(value), np.r_[rows.T @ slope + at[:-1], slope.sum()]

    bounds = [(0, None) if s > 0 else (None, 0) if s < 0 else (None, None) for s in signs] + [(None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B")
    return np.asarray(found.x)


def risk(rows: Array, part: dict[str, Any]) -> Array:
    """Probability per row under *part*."""
    scaled = np.clip((rows - np.asarray(part["mean"])) / np.asarray(part["scale"]), -part["clip"], part["clip"])
    return np.asarray(1 / (1 + np.exp(-(scaled @ np.asarray(part["weights"]) + part["bias"]))), dtype=np.float32)


def train(data: Sequence[Example], contradiction: dict[str, Any]) -> dict[str, Any]:
    """The parts for sentences and answers; that of the answer is fitted on risks of sentences that their model has not
    seen.
    """
    labels = np.asarray([e.label for e in data])
    rows = np.zeros((len(data), 2), dtype=np.float32)
    for seen, unseen in folds(data, 5):
        model = {"sentence": _fit_sentences([data[i] for i in seen]), "contradiction": contradiction}
        for i in unseen:
            rows[i] = answer_row(sentence_risks(data[i].seen, model))
    sentence, answer = _fit_sentences(data), fit(rows, labels, 0.1, (0, 0))
    answer["threshold"] = _best_threshold(risk(rows, answer))
    return {"sentence": sentence, "contradiction": contradiction, "answer": answer}


def _fit_sentences(data: Sequence[Example]) -> dict[str, Any]:
    rows, labels = np.concatenate([e.seen.rows for e in data]), np.concatenate([e.sentence_labels for e in data])
    part = fit(rows, labels, 0.06, SIGNS.tolist())
    return part | {"threshold": _best_threshold(risk(rows, part))}


def train_contradiction(claims: Sequence[Example]) -> dict[str, Any]:
    """What each sign of a contradiction adds to the log-odds: the abstracts refute some claims, support the others.

    From the threshold on, three of four claims that it flags are refuted.
    """
    rows = np.stack([e.seen.opposition.max(axis=0) for e in claims])
    scale = np.maximum(rows.std(axis=0), 0.03)
    found = minimise(rows / scale, np.asarray([e.label for e in claims]), 0.1, [1] * len(OPPOSITION))
    weights = [round(float(x), 5) for x in found[:-1] / scale]
    return {"features": list(OPPOSITION), "weights": weights, "threshold": 0.7}


def folds(data: Sequence[Example], k: int, seed: int | None = None) -> Iterator[tuple[Any, Any]]:
    """Positions to train on and to test on, with no context on both sides."""
    groups = [e.group for e in data]
    splitter = GroupKFold(k) if seed is None else GroupKFold(k, shuffle=True, random_state=seed)
    yield from splitter.split(groups, groups=groups)


def _best_threshold(risks: Array) -> float:
    """The cut with the best F1 that the *risks* themselves promise; labels would add the luck of a few answers."""
    ranked = np.sort(risks)[::-1]
    promised = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return round(float(ranked[promised.argmax()]), 4)


def main() -> None:
    data, claims = examples("ragtruth_qa"), examples("scifact_claims")
    note = {
        "what": "weights of three logistic regressions, no text",
        "data": [
            "RAGTruth, QA task (Niu et al., ACL 2024), github.com/ParticleMedia/RAGTruth",
            "SciFact (Wadden et al., EMNLP 2020), github.com/allenai/scifact",
        ],
        "licence": "MIT (RAGTruth), CC BY 4.0 (SciFact)",
        "rows": f"{len(data)} answers, {sum(len(e.seen.rows) for e in data)} sentences; {len(claims)} claims",
        "made_by": "tests/benchmarks/train_groundedness.py",
    }
    model = {"provenance": note, "features": list(FEATURES), **train(data, train_contradiction(claims))}
    OUT.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
