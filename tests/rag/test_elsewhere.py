"""Vectors on servers that are set, changed and gone while a notebook is open; other embedders for one question."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.errors import BackendError, InvalidInput, ReadOnlyWorkspace, UnknownName
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.vectors.spread import register

NOBODY = "http://127.0.0.1:9"
ASKED = "Passage 12 is about topic number 5."


def frame(first: int, last: int) -> pd.DataFrame:
    texts = [f"Passage {n} is about topic number {n % 7}." for n in range(first, last)]
    return pd.DataFrame({"id": [f"d{n}" for n in range(first, last)], "text": texts})


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend="chroma") as opened:
        yield opened


@pytest.fixture
def index(ws: Workspace) -> Index:
    ws.ingest(frame(0, 40), into="book")
    return ws.index("book")


def found(index: Index, mode: str = "vector") -> list[str]:
    return [hit.document for hit in index.retrieve(ASKED, k=8, mode=mode).hits]


@pytest.fixture
def stranded(ws: Workspace, index: Index) -> Index:
    """An index whose server does not answer."""
    ws.config.arguments["backend_urls"] = {"chroma": NOBODY}
    with pytest.raises(BackendError, match=f"Chroma at {NOBODY}") as told:
        found(index)
    assert "--mode keyword" in told.value.hint and "%rag move" in told.value.hint
    return index


def test_a_server_that_is_set_in_the_session_is_asked_at_once(ws: Workspace, index: Index, postgres_url: str) -> None:
    before = found(index)
    ws.config.arguments["backend_urls"] = {"pgvector": postgres_url}
    index.move("pgvector")
    ws.config.arguments["backend_urls"] = {"pgvector": "postgresql://127.0.0.1:9/nothing"}
    with pytest.raises(BackendError):
        found(index)
    ws.config.arguments["backend_urls"] = {"pgvector": postgres_url}
    assert found(index) == before


def test_two_notebooks_with_different_servers_both_find_all(workspace: Path, postgres_url: str) -> None:
    register()
    other = f"{postgres_url}&application_name=other"
    how = {"embedder": "spread", "backend": "pgvector"}
    with (
        motadata_nb.open(workspace, backend_urls={"pgvector": postgres_url}, **how) as one,
        motadata_nb.open(workspace, backend_urls={"pgvector": other}, **how) as two,
    ):
        one.ingest(frame(0, 10), into="book")
        assert len(two.index("book").retrieve(ASKED, k=30, mode="vector").hits) == 10
        two.ingest(frame(10, 20), into="book")
        one.ingest(frame(20, 25), into="book")
        for ws in (one, two):
            assert len(ws.index("book").retrieve(ASKED, k=30, mode="vector").hits) == 25


def test_words_are_found_without_the_server(stranded: Index) -> None:
    assert found(stranded, "keyword")[0] == "d12"


def test_one_can_move_away_from_a_server_that_is_gone(ws: Workspace, stranded: Index) -> None:
    described = stranded.move("duckdb")
    assert described.backend == "duckdb" and "could not be removed" in str(described)
    assert found(stranded)[0] == "d12" and stranded.describe().notes == ()
    with pytest.raises(BackendError, match=f"Chroma at {NOBODY}"):
        stranded.purge()
    ws.config.arguments["backend_urls"] = {}
    stranded.purge()
    assert found(stranded)[0] == "d12"


def test_an_index_on_a_server_that_is_gone_can_be_dropped(ws: Workspace, stranded: Index) -> None:
    with pytest.raises(BackendError, match="'book' is removed, but not its vectors") as told:
        ws.drop("book")
    assert f"from {NOBODY}" in told.value.hint
    assert ws.indexes() == []


def test_a_reindex_that_cannot_write_leaves_the_index(ws: Workspace, stranded: Index) -> None:
    with pytest.raises(BackendError):
        stranded.reindex(chunk_tokens=32)
    ws.config.arguments["backend_urls"] = {}
    assert ws.indexes() == ["book"] and found(stranded)[0] == "d12"
    assert stranded.reindex(chunk_tokens=32).documents == 40


def test_a_password_is_not_told(ws: Workspace, index: Index) -> None:
    ws.config.arguments["backend_urls"] = {"chroma": "http://ada:hunter2@127.0.0.1:9"}
    with pytest.raises(BackendError) as told:
        found(index)
    assert "hunter2" not in str(told.value)


def test_diff_with_another_embedder(ws: Workspace, index: Index, workspace: Path) -> None:
    before = found(index)
    told: list[int] = []
    changed = ws.diff("book:vector", "book:vector@wide", ASKED, progress=told.append)
    assert sum(told) == 40 and changed.overlap < 1 and "book:vector@wide" in str(changed)
    told.clear()
    both = ws.diff("book:vector@memory@wide", "book@wide@duckdb:vector", ASKED, progress=told.append)
    assert both.overlap == 1 and set(both.df["change"]) == {"same"}
    assert found(index) == before and index.row.embedder == "spread"
    left = [folder.name for folder in (workspace / "indexes" / "1").iterdir() if f"trial{os.getpid()}" in folder.name]
    assert [name for name in left if not name.endswith(".lock")] == []


@pytest.mark.parametrize("way", ["book@wdie", "book@duckdb@memory", "book@spread@wide"])
def test_a_way_that_is_not_understood(ws: Workspace, index: Index, way: str) -> None:
    with pytest.raises((UnknownName, InvalidInput)) as told:
        ws.diff("book", way, ASKED)
    assert "book@" in told.value.hint


def test_ways_prefer_documents_alike(ws: Workspace) -> None:
    """Both sides are searched as `retrieve` does: of a short document one chunk, while there are others."""
    long = "A sentence on lanterns in the harbour at night, which shine. " * 12
    ws.ingest(pd.DataFrame({"id": [f"d{n}" for n in range(30)], "text": [f"{n}. {long}" for n in range(30)]}), into="s")
    assert ws.diff("s", "s@memory", "lanterns in the harbour", k=10).overlap == 1.0


def test_a_document_goes_by_the_name_that_is_shown(ws: Workspace, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(f"Same name, folder {folder}.")
    (tmp_path / "a" / "one.txt").write_text("One of a kind.")
    ws.ingest([tmp_path / "a", tmp_path / "b"], into="files")
    index = ws.index("files")
    assert all(Path(key).is_absolute() for key in index.documents()["document"])
    assert index.delete("one.txt") == 1
    with pytest.raises(InvalidInput, match="2 documents"):
        index.delete("same.txt")
    with pytest.raises(UnknownName, match=r"same\.txt"):
        index.delete("smae.txt")
    assert index.describe().documents == 2


def _reader(url: str) -> str:
    """The address of the database for a user that may only read; with a password that Unix sockets do not ask for."""
    import psycopg

    name = f"reader_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{name}" LOGIN'.encode())
        connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{name}"'.encode())
    return url.replace("postgres:@", f"{name}:@").replace("postgres@", f"{name}@")


@pytest.mark.parametrize("how", ["a user without the right", "a database that only reads"])
def test_a_catalog_that_may_only_be_read_is_asked(
    how: str, workspace: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with motadata_nb.open(postgres_url, backend="duckdb") as ws:
        ws.ingest(pd.DataFrame({"id": ["a"], "text": ["The mill grinds at dawn."]}), into="mill")
    reading = _reader(postgres_url)
    if how == "a database that only reads":
        reading = postgres_url + "&options=-c%20default_transaction_read_only%3Don"
    monkeypatch.chdir(tmp_path)
    with motadata_nb.open(reading, backend="duckdb") as ws:
        assert ws.catalog.database.read_only
        assert "dawn" in ws.index("mill").ask("When does the mill grind?").text
        assert ws.index("mill").retrieve("Mill?", mode="vector").hits
        for change in (lambda: ws.index("mill").delete("a"), lambda: ws.ingest({"b.txt": b"More."}, into="mill")):
            with pytest.raises(ReadOnlyWorkspace, match="database of the workspace cannot be written"):
                change()
