"""Instructions hidden in passages: how many are flagged, how often harmless text is, and how long it takes."""

from __future__ import annotations

import time
from statistics import fmean, median
from typing import Any

from motadata_nb.rag.injection.finding import find_injections
from tests.benchmarks.__main__ import Skipped
from tests.benchmarks.collections import DATA, read_lines

ROUNDS = 20


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    path = DATA / "security" / "prompt_injections.jsonl"
    if not path.exists():
        raise Skipped(f"no data at {path}")
    rows = read_lines(path)
    flagged = {label: [bool(find_injections(row["text"])) for row in rows if row["label"] == label] for label in (0, 1)}
    paragraphs = _prose()
    wrong = [bool(find_injections(text)) for text in paragraphs]
    return [
        _row("recall", fmean(flagged[1]), "share", None, f"{len(flagged[1])} injections, English and German"),
        _row("false alarms, prompts", fmean(flagged[0]), "share", None, f"{len(flagged[0])} harmless requests"),
        _row("false alarms, passages", fmean(wrong), "share", 0.01, f"{len(wrong)} paragraphs of XQuAD and SciFact"),
        _row("time of 1,000 characters", _milliseconds(paragraphs), "ms", 1.0, "median of rounds"),
    ]


def _prose() -> list[str]:
    corpora = [DATA / "rag_qa" / "xquad" / "en" / "corpus.jsonl", DATA / "retrieval" / "scifact" / "corpus.jsonl"]
    return [row["text"] for path in corpora if path.exists() for row in read_lines(path)[:500]]


def _milliseconds(texts: list[str]) -> float:
    some = texts[:100]
    size = sum(map(len, some)) / 1000
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for text in some:
            find_injections(text)
        seconds.append(time.perf_counter() - started)
    return 1e3 * median(seconds) / size


def _row(name: str, figure: float, unit: str, most: float | None, note: str) -> dict[str, Any]:
    met = None if most is None else figure <= most
    target = None if most is None else f"≤ {most:g}"
    return {"name": f"injection {name}", "figure": figure, "unit": unit, "target": target, "ok": met, "note": note}
