"""Keeping indexes: move, reindex, delete, purge, export, snapshots, diff. Reads go on meanwhile."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motadata_nb
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.rag import management
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.vectors.spread import Spread, register

FILLING = "It goes on for a while with words of no weight, " * 2
SECRET = "The safe opens with the number 7391 held by Wilhelmina."


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend="chroma") as opened:
        yield opened


@pytest.fixture
def index(ws: Workspace) -> Index:
    texts = [f"Passage {n} is about topic number {n % 7}. {FILLING}\n\nSecond, {n * 13}. {FILLING}" for n in range(60)]
    frame = pd.DataFrame({"id": [f"d{n}" for n in range(60)], "text": texts, "topic": [n % 7 for n in range(60)]})
    ws.ingest(frame, into="book")
    return ws.index("book")


def found(index: Index, mode: str = "vector") -> list[str]:
    return [hit.document for hit in index.retrieve("Passage 12 is about topic number 5.", k=8, mode=mode).hits]


@pytest.mark.parametrize("backend", ["memory", "duckdb", "lancedb"])
def test_move_keeps_the_answers_and_embeds_nothing(
    index: Index, workspace: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(index)
    texts: list[str] = []
    embed = Spread.embed
    monkeypatch.setattr(Spread, "embed", lambda self, asked: (texts.extend(asked), embed(self, asked))[1])
    described = index.move(backend)
    assert described.backend == backend and described.pending == 0
    assert texts == [], "nothing was embedded"
    assert found(index) == before
    assert not (workspace / "indexes" / "1" / "vector-chroma").exists()


def test_move_to_what_is_not_there(index: Index) -> None:
    with pytest.raises(UnknownName, match="chroma"):
        index.move("crhoma")
    assert found(index)


def test_move_on_the_embedded_postgres(index: Index, ws: Workspace, postgres_url: str) -> None:
    ws.config.arguments["backend_urls"] = {"pgvector": postgres_url}
    before = found(index)
    assert index.move("pgvector").backend == "pgvector"
    assert found(index) == before
    assert index.move("memory").backend == "memory"
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        left = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'motadata%'").fetchone()
    assert left == (0,)


def test_reindex_cuts_and_embeds_anew_while_reads_go_on(index: Index, ws: Workspace) -> None:
    seen: list[int] = []
    wrong: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            hits = index.retrieve("Passage 12 is about topic number 5.", k=5).hits
            seen.append(len(hits))
            wrong.extend("empty" for hit in hits if not hit.text)

    reader = threading.Thread(target=ask)
    reader.start()
    try:
        described = index.reindex(embedder="wide", chunk_tokens=32)
    finally:
        stop.set()
        reader.join()
    assert described.embedder == "wide" and described.documents == 60 and described.chunks == 120
    assert seen and set(seen) == {5} and wrong == []
    assert ws.indexes() == ["book"]
    assert len(found(index)) == 8


def test_what_is_ingested_during_a_reindex_is_there_after_it(
    index: Index, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, rounds = management._follow, []

    def interfere(*arguments: object) -> None:
        follow(*arguments)  # type: ignore[arg-type]
        rounds.append(1)
        if len(rounds) == 1:
            ws.ingest(pd.DataFrame({"id": ["late"], "text": ["A late passage on lanterns."]}), into="book")
            index.delete("d3")

    monkeypatch.setattr(management, "_follow", interfere)
    index.reindex(chunk_tokens=32)
    assert len(rounds) == 2
    documents = set(index.documents()["document"])
    assert "late" in documents and "d3" not in documents and len(documents) == 60


def test_a_reindex_that_breaks_off_leaves_the_index(
    index: Index, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(index)

    def stop(chunks: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.reindex(chunk_tokens=32, progress=stop)
    assert ws.indexes() == ["book"] and found(index) == before and index.describe().chunks == 60
    assert index.reindex(chunk_tokens=32).chunks == 120


def test_reingesting_after_a_reindex_says_unchanged(ws: Workspace, index: Index, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("First paragraph of words.\n\nSecond paragraph of words and more.")
    ws.ingest(tmp_path / "a.txt", into="book")
    index.reindex(chunk_tokens=32)
    assert ws.ingest(tmp_path / "a.txt", into="book").unchanged == 1


def test_delete_by_document_and_by_filter(index: Index) -> None:
    assert index.delete("d1") == 1
    assert index.delete(where="topic = 3") == 9
    assert index.describe().documents == 50
    assert not [d for d in found(index, "keyword") if d in ("d1", "d3")]
    with pytest.raises(UnknownName, match="d2"):
        index.delete("d2x")
    with pytest.raises(InvalidInput, match="passages"):
        index.delete(where="page > 3")
    with pytest.raises(InvalidInput):
        index.delete()
    assert index.describe().documents == 50


def test_a_document_is_deleted_by_the_source_that_cards_show(ws: Workspace, workspace: Path) -> None:
    for folder in ("north", "south"):
        (workspace.parent / folder).mkdir()
        (workspace.parent / folder / "notes.md").write_text(f"Notes about the {folder}.")
    ws.ingest(["north", "south"], into="notes")
    index = ws.index("notes")
    shown = str(index.retrieve("south", k=1).hits[0].source)
    assert shown == "south/notes.md" and index.delete(shown) == 1
    assert list(index.documents()["source"]) == ["north/notes.md"]


@pytest.mark.parametrize("backend", ["chroma", "memory", "duckdb", "lancedb", "qdrant"])
def test_after_a_purge_no_byte_is_left(ws: Workspace, workspace: Path, index: Index, backend: str) -> None:
    index.move(backend)
    ws.ingest(pd.DataFrame({"id": ["secret"], "text": [SECRET], "owner": ["Wilhelmina"]}), into="book")
    index.snapshot("before")
    vector = Spread().embed([SECRET])[0].tobytes()
    needles = [b"Wilhelmina", SECRET.encode(), vector, vector[:64], zlib.compress(SECRET.encode(), 1)]
    assert holding(workspace, needles), "the test sees what it looks for"
    index.delete("secret")
    told = index.purge()
    assert told.snapshots == 1
    assert holding(workspace, needles) == []
    ws.close()
    assert holding(workspace, needles) == []
    assert len(found(ws.index("book"))) == 8


def holding(folder: Path, needles: list[bytes]) -> list[str]:
    """Files below a folder that have one of the needles, and which."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [f"{file.name}: {needle[:12]!r}" for file in files for needle in needles if needle in file.read_bytes()]


def test_export_and_import(ws: Workspace, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = index.export(tmp_path / "out")
    frame = pd.read_parquet(folder / "chunks.parquet")
    assert len(frame) == 60 and len(frame["vector"][0]) == Spread.dimension
    assert np.allclose(Spread().embed(list(frame["text"])), np.stack(frame["vector"].to_list()), atol=1e-6)
    texts: list[str] = []
    embed = Spread.embed
    monkeypatch.setattr(Spread, "embed", lambda self, asked: (texts.extend(asked), embed(self, asked))[1])
    with motadata_nb.open(tmp_path / "other", embedder="spread") as other:
        described = other.import_index(folder, into="copy", backend="memory")
        assert (described.documents, described.chunks, described.backend) == (60, 60, "memory")
        assert texts == []
        assert found(other.index("copy")) == found(index)
        assert other.index("copy").retrieve("topic", where="topic = 3").hits
        with pytest.raises(InvalidInput, match="already"):
            other.import_index(folder, into="copy")
    with pytest.raises(InvalidInput, match="there already"):
        index.export(folder)
    with pytest.raises(InvalidInput, match="not an exported index"):
        ws.import_index(tmp_path)


def test_snapshot_and_restore(ws: Workspace, index: Index) -> None:
    before = found(index)
    with pytest.raises(InvalidInput, match=r"has none\. Make one: %rag snapshot book"):
        index.restore("")
    assert index.snapshot("first") == "first"
    index.delete(where="topic < 5")
    assert index.describe().documents < 60
    assert index.restore("first").documents == 60
    assert found(index) == before and index.snapshots() == ["first"]
    with pytest.raises(UnknownName, match="first"):
        index.restore("frist")
    with pytest.raises(InvalidInput, match="not said which snapshot"):
        index.restore("")
    with pytest.raises(InvalidInput):
        index.snapshot("../x")
    with pytest.raises(InvalidInput):
        index.snapshot("..")


def test_diff_between_modes_and_backends(ws: Workspace, index: Index) -> None:
    question = "Passage 12 is about topic number 5."
    same = ws.diff("book:vector", "book:vector@memory", question)
    assert same.overlap == 1.0 and set(same.df["change"]) == {"same"}
    other = ws.diff("book:vector", "book:keyword", question)
    assert set(other.df.columns) == {"before", "after", "change", "source", "page", "text"}
    assert other.overlap < 1 and {"new", "gone"} <= set(other.df["change"])
    assert "book:keyword" in str(other)
    with pytest.raises(UnknownName):
        ws.diff("book", "boook", question)
    with pytest.raises(UnknownName):
        ws.diff("book", "book@memroy", question)


def test_diff_between_embedders(ws: Workspace, index: Index, tmp_path: Path) -> None:
    """A copy with another embedder beside it: passages are the same where they overlap in a document."""
    ws.import_index(index.export(tmp_path / "out"), into="copy")
    ws.index("copy").reindex(embedder="wide", chunk_tokens=32)
    question = "Passage 12 is about topic number 5."
    by_words = ws.diff("book:keyword", "copy:keyword", question)
    assert by_words.overlap > 0.5 and {"new", "gone"} != set(by_words.df["change"])
    by_meaning = ws.diff("book:vector", "copy:vector", question)
    assert by_meaning.overlap < 0.5 and str(by_meaning).count("copy:vector") >= 2


def test_a_corrupt_index_is_written_again(ws: Workspace, workspace: Path, index: Index) -> None:
    before = found(index, "hybrid")
    ws.close()
    for file in (workspace / "indexes" / "1").rglob("*"):
        if file.is_file() and file.suffix != ".lock":
            file.write_bytes(b"rubbish" * 100)
    assert found(ws.index("book"), "hybrid") == before


def test_an_index_that_is_damaged_in_the_middle_is_written_again(ws: Workspace, workspace: Path, index: Index) -> None:
    """The library that reads it panics, which is no Exception."""
    before = found(index, "hybrid")
    ws.close()
    damaged = list((workspace / "indexes" / "1" / "keyword").glob("*.term"))
    for file in damaged:
        held = bytearray(file.read_bytes())
        for at in range(len(held) // 4, 3 * len(held) // 4, 7):
            held[at] ^= 255
        file.write_bytes(held)
    assert damaged and found(ws.index("book"), "hybrid") == before


@pytest.mark.parametrize("backend", ["chroma", "duckdb", "lancedb", "qdrant"])
def test_a_workspace_that_is_moved_keeps_its_vectors(
    ws: Workspace, workspace: Path, index: Index, backend: str, tmp_path: Path
) -> None:
    index.move(backend)
    before = found(index)
    ws.close()
    workspace.rename(tmp_path / "elsewhere")
    with motadata_nb.open(tmp_path / "elsewhere", embedder="spread") as moved:
        assert found(moved.index("book")) == before


def test_a_deleted_folder_is_written_again(ws: Workspace, workspace: Path, index: Index) -> None:
    import shutil

    before = found(index, "hybrid")
    ws.close()
    shutil.rmtree(workspace / "indexes")
    assert found(ws.index("book"), "hybrid") == before
