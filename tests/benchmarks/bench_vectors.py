"""Search in large indexes through `index.retrieve`: p50, filters, recall, and readers beside writers.

`python -m tests.benchmarks vectors` takes 100,000 chunks on Chroma and on the exact backend. Any other size or backend:

    python -m tests.benchmarks.bench_vectors --chunks 1000000 --backends duckdb pgvector --folder /somewhere/large

Chunks are made of real sentences with vectors mixed of real ones (`many_chunks`), and come in by `ws.import_index`; no
question is asked twice, so that nothing is answered from memory alone. With `--folder` what was made is kept.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import motadata_nb
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.benchmarks import beside_writers
from tests.benchmarks.__main__ import Skipped, table
from tests.benchmarks.collections import DATA
from tests.benchmarks.many_chunks import passages, questions, write_export

TARGETS = {"chroma": 15.0, "duckdb": 40.0, "memory": 40.0}
"""Milliseconds of a hybrid search at 100,000 chunks."""
ASKED = 60
WARM = 20
SETTLING_S = 5.0
"""After the first questions the vectors of all chunks come into memory, between those that are asked."""
FILTERS = {"1 %": "topic = 7", "1 % of the documents": "shelf = 7", "20 %": "topic < 20", "60 %": "topic < 60"}


def run(
    chunks: int = 100_000, backends: Sequence[str] = ("memory", "chroma"), folder: str = ""
) -> list[dict[str, Any]]:
    """Rows for each backend in turn; the index moves from one to the next."""
    if not (DATA / "retrieval").exists():
        raise Skipped(f"no data at {DATA}")
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(folder or scratch)
        home.mkdir(parents=True, exist_ok=True)
        with motadata_nb.open(home / f"many-{chunks}") as workspace:
            index = _index(workspace, home, chunks, backends[0])
            rows = [row for backend in backends for row in _on(index, backend, chunks)]
        for backend in backends:
            if backend != "memory":
                rows += _beside_writers(backend)
        return rows


def _index(workspace: Workspace, home: Path, chunks: int, backend: str) -> Index:
    if "many" in workspace.indexes():
        return workspace.index("many")
    export, like = home / f"export-{chunks}", home / "like"
    if not like.exists():
        import pandas as pd

        workspace.ingest(pd.DataFrame({"id": ["a"], "text": ["One sentence of words."]}), into="like")
        workspace.index("like").export(like)
        workspace.drop("like")
    if not export.exists():
        write_export(like, export, passages(MiniLM(), home / "passages.npy"), chunks)
    started = time.perf_counter()
    workspace.import_index(export, into="many", backend=backend)
    print(f"imported {chunks:,} chunks in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return workspace.index("many")


def _on(index: Index, backend: str, chunks: int) -> Iterator[dict[str, Any]]:
    started = time.perf_counter()
    index.move(backend)
    asked = iter(questions(WARM + ASKED * (len(FILTERS) + 3)))
    for _ in range(WARM):
        index.retrieve(next(asked))
    ready = time.perf_counter() - started
    name = f"{backend}, {chunks:,} chunks"
    at_once = _p50(index.retrieve, [next(asked) for _ in range(ASKED)], None)
    yield _row(f"hybrid p50 of the first {ASKED}, {name}", at_once, "ms", None, "while vectors come into memory")
    time.sleep(SETTLING_S)
    plain = _p50(index.retrieve, [next(asked) for _ in range(ASKED)], None)
    target = TARGETS.get(backend) if chunks <= 100_000 else None
    built = f"moved and warm in {ready:.0f} s, {_gigabytes():.1f} GB, load {os.getloadavg()[0]:.1f}"
    yield _row(f"hybrid p50, {name}", plain, "ms", target, built)
    for share, where in FILTERS.items():
        index.retrieve("What is known?", where=where)
        narrowed = _p50(index.retrieve, [next(asked) for _ in range(ASKED)], where)
        yield _row(f"filter keeps {share}, {name}", narrowed / plain, "× unfiltered", 2.0, f"p50 {narrowed:.1f} ms")
    answered = _p50(index.ask, [next(asked) for _ in range(ASKED)], None)
    yield _row(f"extractive answer p50, {name}", answered, "ms", None, "search, answer and citations")
    yield from _recalls(index, name)


def _p50(ask: Callable[..., object], asked: Sequence[str], where: str | None) -> float:
    """Milliseconds."""
    times = []
    for question in asked:
        started = time.perf_counter()
        ask(question, where=where)
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1e3


def _recalls(index: Index, name: str) -> Iterator[dict[str, Any]]:
    """Against all vectors of the catalog, compared one by one."""
    rows, vectors = index.vectors()
    ids = np.array([row.id for row in rows])
    embedder = MiniLM()
    for where, target in ((None, None), (FILTERS["1 %"], 0.95)):
        fits = np.array([where is None or row.metadata["topic"] == 7 for row in rows])
        shares = []
        for question in questions(ASKED):
            truth = ids[fits][np.argsort(-(vectors[fits] @ embedder.embed([question])[0]), kind="stable")[:10]]
            found = index.retrieve(question, k=10, mode="vector", where=where)
            shares.append(len({hit.chunk for hit in found.hits} & set(truth.tolist())) / 10)
        what = "with a filter that keeps 1 %" if where else "unfiltered"
        yield _row(f"recall@10 {what}, {name}", float(np.mean(shares)), "share", target, "", least=True)


def _beside_writers(backend: str) -> Iterator[dict[str, Any]]:
    found = beside_writers.measured(backend)
    name = f"{beside_writers.WRITERS} writers, {backend}"
    yield _row(f"reader beside {name}", found.figure, "× alone", 1.1, f"{found}, {os.cpu_count()} cores")
    yield _row(f"last writes of {name}, visible to the reader", found.visible_s, "s", 1.0, "")


def _gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _row(
    name: str, figure: float, unit: str, target: float | None, note: str, *, least: bool = False
) -> dict[str, Any]:
    ok = None if target is None else figure >= target if least else figure <= target
    shown = "" if target is None else f"{'≥' if least else '≤'} {target:g}"
    return {"name": name, "figure": figure, "unit": unit, "target": shown, "ok": ok, "note": note}


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--chunks", type=int, default=100_000)
    options.add_argument("--backends", nargs="+", default=["memory", "chroma"])
    options.add_argument("--folder", default="")
    chosen = options.parse_args()
    print(table(run(chosen.chunks, chosen.backends, chosen.folder)))
