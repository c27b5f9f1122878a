"""An index that changes while something else is under way: nothing is lost, and no error of a library is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import IndexGone, UnknownName
from motadata_nb.ingestion.pipeline import Pipeline
from motadata_nb.rag import exchange, management
from motadata_nb.rag.index import Index
from motadata_nb.rag.search import rounded
from motadata_nb.workspace import Workspace
from tests.vectors.spread import register


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as opened:
        opened.ingest(rows(0, 20), into="book")
        yield opened


def rows(first: int, last: int) -> pd.DataFrame:
    texts = [f"Passage {n} is about topic number {n}. " * 6 + "\n\nAnd more of it." for n in range(first, last)]
    return pd.DataFrame({"id": [f"d{n}" for n in range(first, last)], "text": texts})


class Held:
    """An ingestion of 400 documents that stands still after its first group."""

    def __init__(self, ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        write, self.inside, self.go = Pipeline._commit, threading.Event(), threading.Event()

        def held(pipeline: Pipeline, group: object) -> None:
            write(pipeline, group)  # type: ignore[arg-type]
            self.inside.set()
            self.go.wait(30)

        monkeypatch.setattr(Pipeline, "_commit", held)
        self.failed: list[BaseException] = []
        self._ws = ws
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.inside.wait(30)

    def _run(self) -> None:
        try:
            self._ws.ingest(rows(20, 420), into="book")
        except BaseException as error:
            self.failed.append(error)

    def end(self) -> None:
        self.go.set()
        self._thread.join(60)


def test_an_ingestion_goes_on_in_what_took_the_place_of_its_index(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(ws, monkeypatch)
    ws.index("book").reindex(embedder="wide", chunk_tokens=32)
    held.end()
    assert held.failed == []
    index = ws.index("book")
    described = index.describe()
    assert described.documents == 420 and described.embedder == "wide"
    assert {row.tokens <= 32 for row in index.vectors()[0]} == {True} and len(index.vectors()[0]) == described.chunks


def test_an_ingestion_into_a_dropped_index_says_so(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(ws, monkeypatch)
    ws.drop("book")
    held.end()
    assert [type(error) for error in held.failed] == [IndexGone] and "Run the cell again" in str(held.failed[0])
    assert ws.ingest(rows(0, 3), into="book").added == 3


def test_snapshots_survive_a_change_that_was_killed_before_they_were_handed_over(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ws.index("book")
    index.snapshot("kept")
    with monkeypatch.context() as killed:
        killed.setattr("motadata_nb.rag.management._hand_over", lambda store, fresh: None)
        index.reindex(chunk_tokens=32)
    index.reindex(chunk_tokens=64)
    assert index.snapshots() == ["kept"] and index.restore("kept").documents == 20


@pytest.fixture
def other(ws: Workspace) -> Iterator[Workspace]:
    """Another kernel's, on the same folder."""
    with motadata_nb.open(ws.folder, embedder="spread", backend="memory") as opened:
        yield opened


def test_two_kernels_reindex_at_once(ws: Workspace, other: Workspace) -> None:
    done: list[int] = []

    def change(workspace: Workspace, tokens: int) -> None:
        done.append(workspace.index("book").reindex(chunk_tokens=tokens).documents)

    # Daemons: one that never ends must not hold up the run.
    both = [threading.Thread(target=change, args=given, daemon=True) for given in ((ws, 32), (other, 64))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert done == [20, 20]
    index = ws.index("book")
    assert index.describe().chunk_tokens in (32, 64)
    assert len(index.retrieve("topic number 7", k=100, mode="vector").hits) == index.describe().chunks
    assert ws.catalog.indexes.hidden("book") == []


def test_two_first_questions_at_once_open_an_index_once(ws: Workspace) -> None:
    index = Index("book", catalog=ws.catalog, home=ws.folder, embedder=_late, gateway=_no_gateway, config=ws.config)
    with ThreadPoolExecutor(2) as pool:
        stores = list(pool.map(lambda _: index._store, range(2)))
    assert stores[0] is stores[1]
    index.close()


def _late(name: str) -> Embedder:
    time.sleep(0.05)
    return EMBEDDERS.load(name)()


def _no_gateway() -> Any:
    raise AssertionError("nothing is asked of a model")


def test_a_change_of_an_index_that_was_dropped_says_so(ws: Workspace, other: Workspace) -> None:
    index = ws.index("book")
    held = index._store
    other.drop("book")
    for change in (
        lambda: management.reindex(held, index._build, held.embedder, 32),
        lambda: exchange.snapshot(held, "late"),
        lambda: exchange.export(held, ws.folder / "late"),
        lambda: held.keyword.reading(lambda target: target.search(["topic"], 3)),
    ):
        with pytest.raises(IndexGone, match="Run the cell again"):
            change()
    with pytest.raises(UnknownName):
        index.reindex(chunk_tokens=32)


def test_an_export_of_an_index_that_is_replaced_meanwhile_is_whole(
    ws: Workspace, other: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, times = exchange._write, []

    def replaced(*given: Any) -> None:
        if not times:
            other.index("book").reindex(chunk_tokens=32)
        times.append(1)
        write(*given)

    monkeypatch.setattr(exchange, "_write", replaced)
    folder = ws.index("book").export(ws.folder / "out")
    assert len(pd.read_parquet(folder / "documents.parquet")) == 20 and len(times) == 2


def test_what_was_moved_by_another_is_no_longer_brought_into_memory(
    ws: Workspace, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounded, "_SLICE", 1)
    monkeypatch.setattr(rounded, "_PAUSE_S", 10)  # after each chunk it waits as long as it has patience
    ws.ingest(rows(20, 600), into="book")
    index = ws.index("book")
    for n in range(3):
        index.retrieve(f"topic number {n}", k=1)
    old = index._store.retriever._memory._vectors
    assert old._filling is not None
    with motadata_nb.open(workspace, embedder="spread") as other:
        other.index("book").move("duckdb")
    assert index.retrieve("topic number 7", k=1).hits
    assert index._store.retriever._memory._vectors is not old
    assert old._filling.done()
    before = len(old)
    time.sleep(0.3)
    assert len(old) == before < index.describe().chunks, "it goes on for nobody"
