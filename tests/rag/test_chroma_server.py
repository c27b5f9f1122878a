"""An index whose vectors are on a Chroma server that stops, and comes back with nothing in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.errors import BackendError, InvalidInput, UnknownName
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace
from tests.servers import free_port
from tests.vectors.chroma_server import running

ASKED = "Where does the ferry leave?"
TIMES = {"north.txt": "The ferry leaves from the northern quay.", "tickets.txt": "Tickets are sold aboard."}


class Server:
    """Chroma, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._up = folder, free_port(), ExitStack()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, data: str) -> None:
        self._up.enter_context(running(self._folder / data, self._port))

    def stop(self) -> None:
        self._up.close()


# Chroma's client leaves the connection to a server that went away to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "chroma")
    server.start("first")
    yield server
    server.stop()
    gc.collect()


@pytest.fixture
def ws(workspace: Path, chroma: Server) -> Iterator[Workspace]:
    with mn.open(workspace, backend="chroma", backend_urls={"chroma": chroma.url}) as opened:
        yield opened


@pytest.fixture
def pier(ws: Workspace) -> Index:
    ws.ingest({name: text.encode() for name, text in TIMES.items()}, into="pier")
    return ws.index("pier")


def _closest(index: Index) -> list[str]:
    return [hit.document for hit in index.retrieve(ASKED, mode="vector").hits]


def test_a_server_that_comes_back_empty_is_filled_before_the_first_answer(pier: Index, chroma: Server) -> None:
    before = _closest(pier)
    chroma.stop()
    chroma.start("second")
    assert len(before) == 2 and _closest(pier) == before
    assert pier.describe().pending == 0


def test_what_is_changed_while_it_is_down_is_changed_all_the_same(ws: Workspace, pier: Index, chroma: Server) -> None:
    assert len(_closest(pier)) == 2
    chroma.stop()
    with pytest.raises(BackendError, match="1 document removed, but the vectors are not: Chroma at"):
        pier.delete("tickets.txt")
    with pytest.raises(BackendError, match="The documents are in and found by words"):
        ws.ingest({"bikes.txt": b"Bicycles travel free of charge."}, into="pier")
    assert "free of charge" in pier.ask("Do bicycles travel free?", mode="keyword").text
    chroma.start("first")
    assert sorted(_closest(pier)) == ["bikes.txt", "north.txt"]


def test_an_index_that_was_asked_can_be_dropped_without_it(ws: Workspace, pier: Index, chroma: Server) -> None:
    assert len(_closest(pier)) == 2
    chroma.stop()
    with pytest.raises(BackendError, match="'pier' is removed, but not its vectors"):
        ws.drop("pier")
    assert ws.indexes() == []


def test_a_purge_needs_the_server_before_it_removes_what_cannot_be_made_again(pier: Index, chroma: Server) -> None:
    label = pier.snapshot()
    pier.delete("tickets.txt")
    chroma.stop()
    with pytest.raises(BackendError, match="Chroma at"):
        pier.purge()
    assert pier.snapshots() == [label]
    chroma.start("first")
    told = str(pier.purge())
    assert pier.snapshots() == [] and _closest(pier) == ["north.txt"]
    assert "left in the workspace" in told and f"chroma at {chroma.url} has removed the vectors" in told


def test_an_index_says_where_its_server_is_and_is_filled_when_that_is_another(ws: Workspace, chroma: Server) -> None:
    ws.config.arguments["backend_urls"] = {}
    ws.ingest({name: text.encode() for name, text in TIMES.items()}, into="pier")
    pier = ws.index("pier")
    assert pier.describe().server == ""
    ws.config.arguments["backend_urls"] = {"chroma": chroma.url}
    assert pier.describe().pending
    assert not pier.move("chroma").pending and f"chroma at {chroma.url}" in str(pier.describe())
    ws.config.arguments["backend_urls"] = {"chroma": "localhost:8000"}
    with pytest.raises(InvalidInput, match="does not begin with http"):
        pier.move("chroma")


def test_an_address_in_the_place_of_a_backend_is_told_where_it_belongs(ws: Workspace, pier: Index) -> None:
    for wrong in (
        lambda: pier.move("http://vectors:8000"),
        lambda: ws.ingest({"a.txt": b"A."}, "x", "http://vectors:8000"),
    ):
        with pytest.raises(InvalidInput) as error:
            wrong()
        assert error.value.hint == "Try: %config Motadata.backend_urls = {'chroma': 'http://vectors:8000'}"
    with pytest.raises(InvalidInput) as error:
        pier.move("postgresql://me:secret@db/vectors")
    assert "'pgvector': 'postgresql://me:…@db/vectors'" in error.value.hint and "secret" not in str(error.value)


def test_an_address_that_is_none_is_refused(workspace: Path) -> None:
    for wrong in ("db.example.org:8000", "ftp://x", "http://x:port"):
        with (
            mn.open(workspace, backend_urls={"chroma": wrong}) as ws,
            pytest.raises(InvalidInput, match="does not begin with http"),
        ):
            ws.ingest({"a.txt": b"Tickets are sold aboard."}, into="pier")


def test_addresses_are_of_backends_that_have_a_server(workspace: Path) -> None:
    text = {"a.txt": b"Tickets are sold aboard."}
    with mn.open(workspace, backend_urls={"duckdb": "http://x"}) as ws, pytest.raises(InvalidInput, match="folder"):
        ws.ingest(text, into="one", backend="duckdb")
    with mn.open(workspace, backend_urls={"chrome": "http://x"}) as ws, pytest.raises(UnknownName) as error:
        ws.ingest(text, into="two")
    assert "chroma" in error.value.hint
