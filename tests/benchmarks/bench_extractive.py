"""Extractive answers through `index.ask`, all settings at defaults: the right paragraph and the gold span on XQuAD,
refusal where the article is not in the index, and the right page on FinanceBench.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pandas as pd

import motadata_nb as mn
from motadata_nb.rag.answer import Answer
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.benchmarks.__main__ import Skipped
from tests.benchmarks.collections import DATA, read_lines, xquad

TARGETS = {"right paragraph first": 0.96, "first sentence holds the span": 0.80, "first three hold it": 0.93}
FIRST = 3
EVERY = 5
"""Of the questions, every fifth is asked again without its article."""


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as home, mn.open(Path(home) / ".motadata") as workspace:
        return [row for part in (_xquad, _financebench) for row in _or_skipped(part, workspace)]


def _or_skipped(part: Any, workspace: Workspace) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = part(workspace)
        return found
    except Skipped as reason:
        return [_row(part.__name__.strip("_"), None, None, f"skipped: {reason}")]


def _xquad(workspace: Workspace) -> list[dict[str, Any]]:
    data = xquad()
    workspace.ingest(pd.DataFrame(data.paragraphs), into="xquad")
    index = workspace.index("xquad")
    answers = [index.ask(q["text"]) for q in data.questions]
    seen = [_outcome(q, data.gold[q["_id"]], answer) for q, answer in zip(data.questions, answers, strict=True)]
    absent = [index.ask(q["text"], where=f"article != '{data.article(q)}'") for q in data.questions[::EVERY]]
    note = f"{len(data.questions)} questions, {len(data.paragraphs)} paragraphs, index.ask() at defaults"
    figures = {name: fmean(outcome[name] for outcome in seen) for name in TARGETS}
    absence = f"without its article, {len(absent)} questions"
    return [
        *(_row(f"xquad {name}", figures[name], target, note) for name, target in TARGETS.items()),
        _row("xquad answered", fmean(answer.found for answer in answers), None, "the article is in the index"),
        _row("xquad refused", fmean(not answer.found for answer in absent), None, absence),
        {"name": "xquad time of an answer", "figure": 1e3 * median(answer.seconds for answer in answers), "unit": "ms",
         "target": None, "ok": None, "note": "p50"},
    ]  # fmt: skip


def _outcome(question: Mapping[str, Any], gold: str, answer: Answer) -> dict[str, bool]:
    held = [c.document == gold and _holds(question, c.start, c.end) for c in answer.citations[:FIRST]]
    best = answer.retrieval.hits[0] if answer.retrieval and answer.retrieval.hits else None
    found = (best is not None and best.document == gold, bool(held) and held[0], any(held))
    return dict(zip(TARGETS, found, strict=True))


def _holds(question: Mapping[str, Any], start: int, end: int) -> bool:
    spans = zip(question["answer_start"], question["answers"], strict=True)
    return any(start <= at and at + len(answer) <= end for at, answer in spans)


def _financebench(workspace: Workspace) -> list[dict[str, Any]]:
    folder = DATA / "rag_qa" / "financebench"
    if not folder.exists():
        raise Skipped(f"no data at {folder}")
    workspace.ingest(str(folder / "pdfs"), into="filings")
    index = workspace.index("filings")
    questions = [row for row in read_lines(folder / "qa.jsonl") if row.get("pdf")]
    places = [_place(index, row) for row in questions]
    return [
        _row(f"financebench right page in the top {k}", fmean(place < k for place in places), None,
             f"{len(questions)} questions, 12 filings in one index")
        for k in (1, 5, 10)
    ]  # fmt: skip


def _place(index: Index, row: Mapping[str, Any]) -> int:
    """The rank of the first hit on a page of the evidence, from 0; 99 when there is none."""
    name, pages = Path(row["pdf"]).name, _pages(row)
    hits = index.retrieve(row["question"], k=10).hits
    right = (at for at, hit in enumerate(hits) if Path(hit.source).name == name and hit.page in pages)
    return next(right, 99)


def _pages(row: Mapping[str, Any]) -> set[int]:
    """Pages of the evidence, counted from 1."""
    found: Sequence[Mapping[str, Any]] = row["evidence"]
    return {int(piece["page_num"]) + 1 for piece in found}


def _row(name: str, figure: float | None, target: float | None, note: str) -> dict[str, Any]:
    met = None if target is None or figure is None else figure >= target
    return {"name": name, "figure": figure, "unit": "share", "target": target, "ok": met, "note": note}
