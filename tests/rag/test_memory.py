"""Vectors and owners that are remembered, and forgotten when the index changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import motadata_nb
from motadata_nb.rag.search.memory import ChunkMemory, TextMemory
from motadata_nb.vectors.columns import Columns
from motadata_nb.vectors.filter_text import parse


class Counting:
    """An embedder that counts what it embeds."""

    name, dimension, max_tokens = "counting", 2, 100

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.seen += texts
        return np.asarray([[len(text), 1] for text in texts], dtype=np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return []


def test_a_text_is_embedded_once_while_it_is_remembered() -> None:
    embedder = Counting()
    memory = TextMemory(embedder, size=2)
    assert memory.embed(["a", "bb", "a"]).tolist() == [[1, 1], [2, 1], [1, 1]] and embedder.seen == ["a", "bb"]
    assert memory.embed(["bb"]).tolist() == [[2, 1]] and embedder.seen == ["a", "bb"]
    memory.embed(["ccc"])
    memory.embed(["bb", "a"])
    assert embedder.seen == ["a", "bb", "ccc", "a"]
    assert memory.embed([]).shape == (0, 2)


def test_chunks_are_forgotten_when_the_index_moves(workspace: Path) -> None:
    with motadata_nb.open(workspace) as ws:
        ws.ingest(pd.DataFrame({"id": ["a", "b"], "text": ["One row.", "Another row."]}), into="rows")
        store = ws.index("rows")._store
        memory = ChunkMemory(store.catalog, store.row.id, store.embedder)
        assert len(set(memory.now().owners([1, 2, 3]).values())) == 2 and memory.count() == 2
        assert memory.rows([1, 3])[1].text == "One row." and memory.vectors([1, 2, 3]).any(axis=1).tolist() == [1, 1, 0]
        with motadata_nb.open(workspace) as other:
            other.index("rows").delete("a")
        assert set(memory.now().owners([1, 2])) == {2} and memory.count() == 1 and memory.rows([1]) == {}


def test_what_passes_a_filter_is_read_anew_only_when_other_chunks_pass_it(workspace: Path) -> None:
    where = parse("document in ('a', 'b', 'c')")
    with motadata_nb.open(workspace) as ws:
        ws.ingest(pd.DataFrame({"id": ["a", "b", "z"], "text": ["One row.", "Another.", "None of them."]}), into="rows")
        store = ws.index("rows")._store
        memory, columns = ChunkMemory(store.catalog, store.row.id, store.embedder), Columns(store.catalog, store.row.id)
        before = columns.fitting(where)
        vectors = memory.now().fitting(before)[1]
        ws.index("rows").delete("z")
        assert memory.now().fitting(columns.fitting(where))[1] is vectors
        ws.ingest(pd.DataFrame({"id": ["c"], "text": ["A third row."]}), into="rows")
        memory.now().fitting(before)  # of a search that began before that, and is still under way
        assert len(memory.fitting(columns.fitting(where))[0]) == 3
