"""Texts a second of the bundled embedder beside the same model in float32, and what an ingestion needs of memory.

The peer needs `pip install onnx`.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from motadata_nb.embeddings.minilm import MiniLM
from tests.benchmarks.__main__ import Skipped
from tests.benchmarks.float_minilm import FloatMiniLM

TEXTS = 32
WORDS = 125
"""About 160 tokens, as a chunk has."""
_VOCABULARY = (
    "risk management system model data people trust measure govern map context harm impact test evaluation bias "
    "transparency accountability security privacy deployment monitoring documentation organization policy process "
    "the of and to in is for that are with"
).split()
MEMORY = """
import json, resource, sys
import pandas as pd
import motadata_nb as mn
frame = pd.DataFrame({"text": [f"Note {n}. The meter of house {n} shows {n * 7} units; it was read on day {n % 365}."
                               for n in range(10_000)]})
with mn.open() as ws:
    report = ws.ingest(frame, into="notes")
print(json.dumps([report.chunks, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, report.seconds]))
"""


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    return [*_speed(), _memory()]


def _speed() -> list[dict[str, Any]]:
    texts = _texts()
    ours, peer = MiniLM(), FloatMiniLM()
    try:
        likeness = float((ours.embed(texts[:8]) * peer.embed(texts[:8])).sum(axis=1).mean())
    except Skipped as reason:
        return [_row("texts/s over float32 ONNX", None, "×", "≥ 1.8", None, f"skipped: {reason}")]
    ways: dict[str, Callable[[], Any]] = {
        "int8": lambda: ours.embed(texts),
        "float": lambda: peer.embed(texts),
        "chroma": lambda: _as_chroma(peer, texts),
    }
    rates = {name: TEXTS / seconds for name, seconds in _in_turn(ways).items()}
    note = f"{rates['int8']:.0f} to {rates['float']:.0f}; cosine of the two {likeness:.3f}"
    ratio, padded = rates["int8"] / rates["float"], rates["int8"] / rates["chroma"]
    return [
        _row("texts/s over float32 ONNX, same pipeline", ratio, "×", "≥ 1.8", ratio >= 1.8, note),
        _row("texts/s over float32 ONNX as Chroma runs it", padded, "×", "≥ 1.8", padded >= 1.8, "batch 32 × 256"),
    ]


def _in_turn(ways: dict[str, Callable[[], Any]], rounds: int = 5) -> dict[str, float]:
    """Median seconds of each, measured alternately, so that a busy moment meets them all."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in seconds.items()}


def _as_chroma(model: FloatMiniLM, texts: list[str]) -> Any:
    """The default pipeline of Chroma: batches of 32, every text padded to 256 tokens; all cores on one batch."""
    ids = np.zeros((len(texts), 256), dtype=np.int64)
    for row, text in zip(ids, texts, strict=True):
        tokens = model._tokenizer.encode(text).ids
        row[: len(tokens)] = tokens
    feed = {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}
    return model.on_all_cores.run(["embedding"], feed)


def _texts() -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(_VOCABULARY, k=WORDS)) for _ in range(TEXTS)]


def _memory() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", MEMORY], cwd=folder, capture_output=True, text=True, check=True)
    chunks, gigabytes, seconds = json.loads(done.stdout.splitlines()[-1])
    note = f"{chunks:,} chunks in {seconds:.0f} s"
    return _row("peak memory of an ingestion", gigabytes, "GB", "≤ 1", gigabytes <= 1 and chunks >= 10_000, note)


def _row(name: str, figure: float | None, unit: str, target: str, ok: bool | None, note: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": unit, "target": target, "ok": ok, "note": note}
