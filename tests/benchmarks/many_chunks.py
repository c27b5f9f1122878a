"""An index of any size with vectors as real ones lie: an export that `ws.import_index` takes over.

A chunk is put together of the sentences of two real passages that are near each other; its vector is the mean of theirs
(the embedder pools by the mean) with noise. So both arms see what they see in practice: common and rare words, dense
regions and thin ones. Nothing but the passages themselves is embedded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from motadata_nb.ingestion.sentences import split_sentences
from tests.benchmarks.collections import DATA, read_lines

COLLECTIONS = ("scifact", "cranfield", "cisi", "cacm")
PASSAGES = 3000
NEAR = 20
NOISE = 0.25
CHUNKS_EACH = 10
TOPICS = 100
"""`topic` has so many values, chunk by chunk, and `shelf`, document by document: `topic = 7` keeps 1 %."""
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Passages:
    """Real passages: their sentences, and their unit vectors."""

    sentences: list[list[str]]
    vectors: NDArray[np.float32]
    near: NDArray[np.int64]
    """The nearest of each, passages × NEAR."""


def questions(count: int) -> list[str]:
    """Real questions on the passages, of all collections in turn."""
    found = [read_lines(DATA / "retrieval" / name / "queries.jsonl") for name in COLLECTIONS]
    mixed = [rows[at]["text"] for at in range(count) for rows in found if at < len(rows)]
    return mixed[:count]


def passages(embedder: Any, cache: Path) -> Passages:
    """Passages of all collections; their vectors are kept in `cache` for the next run."""
    real = [text for name in COLLECTIONS for text in texts(name, PASSAGES // len(COLLECTIONS))]
    if not cache.exists():
        np.save(cache, embedder.embed(real))
    vectors = np.load(cache)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    near = np.argpartition(-cosines, NEAR, axis=1)[:, :NEAR]
    return Passages(sentences=[[s.text for s in split_sentences(t)] for t in real], vectors=vectors, near=near)


def texts(name: str, count: int) -> list[str]:
    """Up to `count` real passages of a collection."""
    rows = [row["text"] for row in read_lines(DATA / "retrieval" / name / "corpus.jsonl")]
    return [text for text in rows if len(text) > 200][:count]


def write_export(like: Path, folder: Path, real: Passages, count: int) -> None:
    """`count` chunks in documents of ten, in the form of the export `like`."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True)
    shapes = [pq.read_schema(like / f"{name}.parquet") for name in ("documents", "chunks")]
    with (
        pq.ParquetWriter(folder / "documents.parquet", shapes[0]) as documents,
        pq.ParquetWriter(folder / "chunks.parquet", shapes[1]) as chunks,
    ):
        for first in range(0, count // CHUNKS_EACH, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count // CHUNKS_EACH))
            parts = [list(_chunks(number, real, rng)) for number in numbers]
            heads = [_document(number, part) for number, part in zip(numbers, parts, strict=True)]
            documents.write_table(pa.Table.from_pylist(heads, shapes[0]))
            chunks.write_table(pa.Table.from_pylist([row for part in parts for row in part], shapes[1]))


def _metadata(number: int) -> dict[str, Any]:
    return {"shelf": number % TOPICS, "year": 1990 + number % 35}


def _document(number: int, chunks: list[dict[str, Any]]) -> dict[str, Any]:
    text = "\n\n".join(row["text"] for row in chunks)
    return {
        "document": f"d{number}", "source": f"shelf{number % TOPICS}/report_{number}.txt", "origin": "", "title": "",
        "mime": "text/plain", "content_hash": _hash(text), "size": len(text), "pages": CHUNKS_EACH,
        "duplicate_of": None, "metadata": json.dumps(_metadata(number)), "structure": "{}", "text": text,
    }  # fmt: skip


def _chunks(number: int, real: Passages, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    start = 0
    for page in range(CHUNKS_EACH):
        text, vector = _mixed(real, rng)
        own = {"topic": int(rng.integers(TOPICS))}
        yield {
            "document": f"d{number}", "source": "", "title": "", "text": text, "heading": "", "kind": "text",
            "embedded_hash": _hash(f"{number}/{page} {text}"), "page": page + 1, "start": start,
            "end": start + len(text), "tokens": len(text.split()), "metadata": json.dumps(_metadata(number) | own),
            "own": json.dumps(own), "vector": vector,
        }  # fmt: skip
        start += len(text) + 2


def _mixed(real: Passages, rng: np.random.Generator) -> tuple[str, NDArray[np.float32]]:
    one = int(rng.integers(len(real.sentences)))
    other = int(rng.choice(real.near[one]))
    share = rng.uniform(0.5, 1.0)
    kept = [
        sentence
        for passage, part in ((one, share), (other, 1 - share))
        for sentence in real.sentences[passage]
        if rng.random() < part
    ]
    noise = rng.standard_normal(real.vectors.shape[1]) * NOISE / np.sqrt(real.vectors.shape[1])
    vector = share * real.vectors[one] + (1 - share) * real.vectors[other] + noise
    text = " ".join(kept)[:900] or real.sentences[one][0]
    return text, np.asarray(vector / np.linalg.norm(vector), np.float32)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
