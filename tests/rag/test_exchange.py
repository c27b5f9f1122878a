"""Exports and snapshots are whole or not there; what is damaged is told and leaves nothing; how current an index is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import motadata_nb
from motadata_nb.errors import DiskFull, InvalidInput, UnknownName
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.conftest import ROOT
from tests.vectors.spread import register


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as opened:
        yield opened


@pytest.fixture
def index(ws: Workspace) -> Index:
    texts = [f"Passage {n} is about topic number {n % 7}." for n in range(20)]
    ws.ingest(pd.DataFrame({"id": [f"d{n}" for n in range(20)], "text": texts}), into="book")
    return ws.index("book")


def test_an_export_that_is_killed_is_none_and_can_be_repeated(
    ws: Workspace, workspace: Path, index: Index, tmp_path: Path
) -> None:
    code = (
        "import os, motadata_nb\nfrom motadata_nb.rag import exchange\nfrom tests.vectors.spread import register\n"
        "register()\nexchange._document = lambda *given: os.kill(os.getpid(), 9)\n"
        f"index = motadata_nb.open({str(workspace)!r}, embedder='spread').index('book')\n"
    )
    for call in (f"index.export({str(tmp_path / 'out')!r})", "index.snapshot('first')"):
        killed = subprocess.run([sys.executable, "-c", code + call], cwd=ROOT, check=False)
        assert killed.returncode == -9
    with pytest.raises(InvalidInput, match="not an exported index"):
        ws.import_index(tmp_path / "out")
    assert index.snapshots() == []
    with pytest.raises(UnknownName):
        index.restore("first")
    assert sorted(file.name for file in index.export(tmp_path / "out").iterdir()) == [
        "chunks.parquet", "documents.parquet",
    ]  # fmt: skip
    assert index.snapshot("first") == "first" and index.restore("first").documents == 20


def test_an_export_that_fails_leaves_no_file(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("motadata_nb.rag.exchange._chunks", full)
        with pytest.raises(DiskFull, match="Make room"):
            index.export(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    index.export(tmp_path / "out")


@pytest.mark.parametrize("damage", ["column", "vectors", "bytes"])
def test_an_import_of_what_is_damaged_leaves_nothing(ws: Workspace, index: Index, tmp_path: Path, damage: str) -> None:
    file = index.export(tmp_path / "out") / "chunks.parquet"
    table = pq.read_table(file)
    if damage == "column":
        pq.write_table(table.drop_columns(["heading"]), file)
    elif damage == "vectors":
        cut = [vector[:12] for vector in table["vector"].to_pylist()]
        pq.write_table(table.set_column(table.schema.get_field_index("vector"), "vector", [cut]), file)
    else:
        whole = bytearray(file.read_bytes())
        whole[200:1200] = b"x" * 1000
        file.write_bytes(whole)
    with pytest.raises(InvalidInput, match="damaged"):
        ws.import_index(tmp_path / "out", into="copy")
    assert ws.indexes() == ["book"] and ws.catalog.indexes.hidden("copy") == []
    assert index.describe().documents == 20


def test_an_import_that_is_interrupted_can_be_repeated(
    ws: Workspace, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = index.export(tmp_path / "out")
    with monkeypatch.context() as killed:
        killed.setattr(Index, "fill", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        killed.setattr(Workspace, "drop", lambda *given: None)
        with pytest.raises(KeyboardInterrupt):
            ws.import_index(folder, into="copy")
    assert ws.indexes() == ["book"]
    assert ws.import_index(folder, into="copy").documents == 20
    assert ws.indexes() == ["book", "copy"] and ws.catalog.indexes.hidden("copy") == []
    assert len(ws.index("copy").retrieve("topic", mode="vector").hits) == 10


def test_a_description_says_how_fresh_the_index_is(ws: Workspace, index: Index) -> None:
    described = index.describe()
    assert described.changed_at is not None and time.time() - described.changed_at < 60
    assert described.freshness == "changed just now, current" and "changed just now" in str(described)
    ws.catalog.documents.remove(index.row.id, ["d1"])
    assert index.describe().freshness == "changed just now, behind"
    index.retrieve("topic")
    assert index.describe().freshness == "changed just now, current"
    index.delete([f"d{n}" for n in range(20) if n != 1])
    assert index.describe().changed_at is None and index.describe().freshness == "current"


def test_a_folder_that_cannot_be_made_is_told(index: Index, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="cannot be written: Not a directory"):
        index.export(tmp_path / "file" / "out")


def test_an_export_whose_embedder_is_not_here_says_what_to_do(ws: Workspace, index: Index, tmp_path: Path) -> None:
    folder = index.export(tmp_path / "out")
    for file in folder.iterdir():
        table = pq.read_table(file)
        about = {k: v.replace(b'"spread"', b'"of_a_package"') for k, v in table.schema.metadata.items()}
        pq.write_table(table.replace_schema_metadata(about), file)
    with pytest.raises(UnknownName, match="'of_a_package'") as error:
        ws.import_index(folder, into="copy")
    assert "Register it here" in error.value.hint and "--embedder minilm" in error.value.hint
