"""nDCG@10 of what a user gets: `ws.ingest` of a DataFrame, `index.retrieve(question, k=10)`, all settings at defaults.

One collection: `python -m tests.benchmarks.bench_retrieval_quality cacm`. With MOTADATA_BENCH_HOME the workspace stays
in that folder, so that a second run embeds nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

import motadata_nb as mn
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.benchmarks.__main__ import Skipped, table
from tests.benchmarks.collections import Collection, collection, ndcg

TARGETS = {"scifact": 0.75, "cranfield": 0.585, "cisi": 0.47, "cacm": 0.57}
MODES = ("hybrid", "keyword", "vector")
K = 10


def run(names: Sequence[str] = tuple(TARGETS)) -> list[dict[str, Any]]:
    """Two rows a collection: the default search against its target, and against the better of its arms."""
    with ExitStack() as stack:
        home = os.environ.get("MOTADATA_BENCH_HOME") or stack.enter_context(tempfile.TemporaryDirectory())
        workspace = stack.enter_context(mn.open(Path(home) / ".motadata"))
        return [row for name in names for row in _rows(name, workspace)]


def _rows(name: str, workspace: Workspace) -> Iterator[dict[str, Any]]:
    try:
        found = measure(collection(name), workspace, name)
    except Skipped as reason:
        yield _row(f"{name} nDCG@10", None, TARGETS[name], None, f"skipped: {reason}")
        return
    hybrid, arm = found["hybrid"], max(found["keyword"], found["vector"])
    each = f"keyword {found['keyword']:.4f}, vector {found['vector']:.4f}"
    yield _row(f"{name} nDCG@10", hybrid, TARGETS[name], hybrid >= TARGETS[name], "defaults, k=10")
    yield _row(f"{name} over the better arm", hybrid - arm, 0.0, hybrid >= arm, each)


def measure(data: Collection, workspace: Workspace, into: str) -> dict[str, float]:
    """Mean nDCG@10 by mode, of documents in the order of their best chunks."""
    workspace.ingest(pd.DataFrame(list(data.documents)), into=into)
    index = workspace.index(into)
    return {mode: fmean(_figures(index, data, mode)) for mode in MODES}


def _figures(index: Index, data: Collection, mode: str) -> Iterator[float]:
    for question, text in data.questions.items():
        hits = index.retrieve(text, k=K, mode=mode).hits
        yield ndcg(list(dict.fromkeys(hit.document for hit in hits)), data.grades[question])


def _row(name: str, figure: float | None, target: float, ok: bool | None, note: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": "", "target": f"≥ {target}", "ok": ok, "note": note}


if __name__ == "__main__":
    print(table(run(sys.argv[1:] or tuple(TARGETS))))
