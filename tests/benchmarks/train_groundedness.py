"""Makes ``motadata_nb/rag/groundedness.json`` from the annotated answers of RAGTruth (QA part) beside the project.

Run from the repository root: ``python -m tests.benchmarks.train_groundedness``. Needs scikit-learn.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.groundedness import answer_row
from motadata_nb.rag.groundedness_features import FEATURES, ContextView, answer_features

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "hallucination"
OUT = ROOT / "motadata_nb" / "rag" / "groundedness.json"
CLIP = 3.0
Array = NDArray[np.float32]


class Example(NamedTuple):
    """One answer: its label, its context as a group, the features and labels of its sentences."""

    label: int
    group: str
    features: Array
    sentence_labels: NDArray[np.int64]


def examples(name: str, limit: int | None = None) -> list[Example]:
    """The answers of ``hallucination/<name>`` that have at least one sentence."""
    rows = [json.loads(line) for line in (DATA / name / "data.jsonl").read_text("utf-8").splitlines()[:limit]]
    vectors = _vectors(rows)
    views: dict[str, ContextView] = {}
    made = (_example(row, vectors, views, asks=name != "begin") for row in rows)
    return [e for e in made if len(e.features)]


def _vectors(rows: Sequence[dict[str, Any]]) -> dict[str, Array]:
    found = {s.text for row in rows for field in ("answer", "context") for s in split_sentences(row[field])}
    texts = sorted(found | {row["question"] for row in rows} - {""})
    return dict(zip(texts, MiniLM(threads=2).embed(texts), strict=True))


def _example(row: dict[str, Any], vectors: dict[str, Array], views: dict[str, ContextView], asks: bool) -> Example:
    question = row["question"] if asks else ""
    group = f"{question}\n{row['context']}"
    if group not in views:
        sentences = [s.text for s in split_sentences(row["context"])]
        rows = np.stack([vectors[s] for s in sentences]) if sentences else np.zeros((0, 384), dtype=np.float32)
        views[group] = ContextView(
            sentences=sentences, vectors=rows, question=question, question_vector=vectors.get(question)
        )
    claims = split_sentences(row["answer"])
    if not claims:
        return Example(row["label"], group, np.zeros((0, len(FEATURES)), np.float32), np.zeros(0, np.int64))
    features, _ = answer_features([c.text for c in claims], np.stack([vectors[c.text] for c in claims]), views[group])
    labels = [_covered(row, c.start, c.end) for c in claims]
    return Example(row["label"], group, features, np.asarray(labels))


def _covered(row: dict[str, Any], start: int, end: int) -> int:
    if "spans" not in row:
        return int(row["label"])
    return int(any(s["start"] < end and s["end"] > start for s in row["spans"]))


def fit(rows: Array, labels: NDArray[np.int64], strength: float) -> dict[str, Any]:
    """A logistic regression over standardised, clipped columns, as plain numbers."""
    # Wide enough to be written with five digits: a column may be constant in a part of the data.
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    model = LogisticRegression(C=strength, max_iter=500)
    model.fit(np.clip((rows - mean) / scale, -CLIP, CLIP), labels)
    plain = {"mean": mean, "scale": scale, "weights": model.coef_[0]}
    return {k: [round(float(x), 5) for x in v] for k, v in plain.items()} | {
        "bias": round(float(model.intercept_[0]), 5),
        "clip": CLIP,
    }


def risk(rows: Array, part: dict[str, Any]) -> Array:
    """Probability per row under *part*."""
    scaled = np.clip((rows - np.asarray(part["mean"])) / np.asarray(part["scale"]), -part["clip"], part["clip"])
    return np.asarray(1 / (1 + np.exp(-(scaled @ np.asarray(part["weights"]) + part["bias"]))), dtype=np.float32)


def train(data: Sequence[Example]) -> dict[str, Any]:
    """Both models; the one of the answer is fitted on risks of sentences that their model has not seen."""
    labels = np.asarray([e.label for e in data])
    rows = np.zeros((len(data), 6), dtype=np.float32)
    for seen, unseen in folds(data, 5):
        part = _fit_sentences([data[i] for i in seen])
        for i in unseen:
            rows[i] = answer_row(risk(data[i].features, part))
    sentence, answer = _fit_sentences(data), fit(rows, labels, 0.1)
    answer["threshold"] = _best_threshold(labels, risk(rows, answer))
    flags = np.concatenate([e.sentence_labels for e in data])
    sentence["threshold"] = _best_threshold(flags, risk(np.concatenate([e.features for e in data]), sentence))
    return {"sentence": sentence, "answer": answer}


def _fit_sentences(data: Sequence[Example]) -> dict[str, Any]:
    return fit(np.concatenate([e.features for e in data]), np.concatenate([e.sentence_labels for e in data]), 0.02)


def folds(data: Sequence[Example], k: int, seed: int | None = None) -> Iterator[tuple[Any, Any]]:
    """Positions to train on and to test on, with no context on both sides."""
    groups = [e.group for e in data]
    splitter = GroupKFold(k) if seed is None else GroupKFold(k, shuffle=True, random_state=seed)
    yield from splitter.split(groups, groups=groups)


def _best_threshold(labels: NDArray[np.int64], scores: Array) -> float:
    """The cut with the best F1, the curve smoothed over nine neighbours: one lucky cut says little about new data."""
    cuts = np.quantile(scores, np.linspace(0.4, 0.98, 80))
    curve = np.asarray([f1_score(labels, scores >= cut) for cut in cuts])
    smooth = np.convolve(np.pad(curve, 4, mode="edge"), np.ones(9) / 9, "valid")
    return round(float(cuts[smooth.argmax()]), 4)


def main() -> None:
    data = examples("ragtruth_qa")
    note = {
        "what": "weights of two logistic regressions, no text",
        "data": "RAGTruth, QA task (Niu et al., ACL 2024), github.com/ParticleMedia/RAGTruth",
        "licence": "MIT (RAGTruth)",
        "rows": f"{len(data)} answers, {sum(len(e.features) for e in data)} sentences",
        "made_by": "tests/benchmarks/train_groundedness.py",
    }
    model = {"provenance": note, "features": list(FEATURES), **train(data)}
    OUT.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
