"""The test collections beside the project: documents, questions, what answers them, and the figure that they give."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.__main__ import Skipped

__all__ = ["DATA", "Collection", "XQuAD", "collection", "ndcg", "read_lines", "xquad"]

DATA = Path(__file__).parents[2].parent / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One test collection; only questions that have a relevant document."""

    documents: Sequence[Mapping[str, str]]
    """`id`, `title` and `text`."""
    questions: Mapping[str, str]
    """Texts by id."""
    grades: Mapping[str, Mapping[str, float]]
    """Grades above 0, by question and document."""


def collection(name: str) -> Collection:
    """The collection of that name. Raises Skipped when it is not beside the project."""
    folder = DATA / "retrieval" / name
    if not folder.exists():
        raise Skipped(f"no data at {folder}")
    documents = [
        {"id": row["_id"], "title": row["title"], "text": row["text"]} for row in read_lines(folder / "corpus.jsonl")
    ]
    grades = _read_grades(folder / "qrels.tsv")
    questions = {row["_id"]: row["text"] for row in read_lines(folder / "queries.jsonl") if row["_id"] in grades}
    return Collection(documents=documents, questions=questions, grades=grades)


@dataclass(frozen=True, kw_only=True)
class XQuAD:
    """Questions in English about paragraphs of articles."""

    paragraphs: Sequence[Mapping[str, str]]
    """`id`, `title`, `text` and `article`."""
    questions: Sequence[Mapping[str, Any]]
    """`_id`, `text`, and the spans in the paragraph: `answers` and `answer_start`."""
    gold: Mapping[str, str]
    """The paragraph by question."""

    def article(self, question: Mapping[str, Any]) -> str:
        """The article of the paragraph that answers."""
        return _article(self.gold[question["_id"]])


def xquad() -> XQuAD:
    """All of it. Raises Skipped when it is not beside the project."""
    folder = DATA / "rag_qa" / "xquad" / "en"
    if not folder.exists():
        raise Skipped(f"no data at {folder}")
    paragraphs = [
        {"id": p["_id"], "title": p["title"].replace("_", " "), "text": p["text"], "article": _article(p["_id"])}
        for p in read_lines(folder / "corpus.jsonl")
    ]
    gold = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:])
    return XQuAD(paragraphs=paragraphs, questions=read_lines(folder / "queries.jsonl"), gold=gold)


def _article(paragraph: str) -> str:
    return paragraph.split("p")[0]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _read_grades(path: Path) -> dict[str, dict[str, float]]:
    grades: dict[str, dict[str, float]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        if float(grade) > 0:
            grades.setdefault(question, {})[document] = float(grade)
    return grades


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain of documents, best first, with linear gains."""
    gained = sum(grades.get(document, 0.0) / math.log2(i + 2) for i, document in enumerate(ranking[:k]))
    ideal = sum(grade / math.log2(i + 2) for i, grade in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gained / ideal if ideal else 0.0
