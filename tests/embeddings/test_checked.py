"""What becomes of an embedder that fails, or does not give what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import motadata_nb
from motadata_nb.embeddings.checked import checked
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import BackendError, QueueFull
from tests.vectors.spread import Spread


class Remote(Spread):
    """Fails as a client of a model server does, with an error that says nothing of the server."""

    name = "remote"
    error: Exception | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if Remote.error is not None:
            raise Remote.error
        return super().embed(texts)


class Given(Spread):
    """Gives what it was made with."""

    def __init__(self, given: object) -> None:
        self.given = given

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.given  # type: ignore[return-value]  # what a stranger's may do


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> type[Remote]:
    EMBEDDERS.register("remote", f"{__name__}:Remote")
    monkeypatch.setattr(Remote, "error", None)
    return Remote


@pytest.mark.parametrize("backend", ["chroma", "duckdb"])
def test_an_index_outlives_an_embedder_that_is_not_there(workspace: Path, remote: type[Remote], backend: str) -> None:
    rows = pd.DataFrame({"id": range(40), "text": [f"Row {n} of the ledger." for n in range(40)]})
    with motadata_nb.open(workspace, embedder="remote", backend=backend) as ws:
        ws.ingest(rows[:30], into="many")
        index = ws.index("many")
        assert len(index.retrieve("Row 7 of the ledger.", k=99, mode="vector").hits) == 30
        folder = next((workspace / "indexes").glob(f"*/vector-{backend}"))
        before = {path.name: path.stat().st_ino for path in folder.iterdir()}
        remote.error = ValueError("Unexpected content type: text/html")
        with pytest.raises(BackendError) as raised:
            ws.ingest(rows, into="many")
        assert "The embedder 'remote' failed: ValueError: Unexpected content type: text/html." in raised.value.what
        assert "Run the cell again" in raised.value.hint
        after = {path.name: path.stat().st_ino for path in folder.iterdir()}
        assert before.items() <= after.items()
        remote.error = None
        assert len(index.retrieve("Row 7 of the ledger.", k=99, mode="vector").hits) == 40


def test_a_question_that_cannot_be_embedded_says_so(workspace: Path, remote: type[Remote]) -> None:
    with motadata_nb.open(workspace, embedder="remote", backend="memory") as ws:
        ws.ingest(pd.DataFrame({"text": ["Row 1 of the ledger."]}), into="many")
        remote.error = RuntimeError("connection reset")
        with pytest.raises(BackendError, match="The embedder 'remote' failed: RuntimeError: connection reset"):
            ws.index("many").retrieve("What does the ledger say?", mode="vector")


def test_errors_of_ours_go_on_as_they_are(remote: type[Remote]) -> None:
    remote.error = QueueFull("Too many calls.", "Wait.")
    with pytest.raises(QueueFull, match="Too many calls"):
        checked(remote()).embed(["x"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((1, 48), np.float32), r"numbers of the shape \(1, 48\) for 2 texts"),
        (np.zeros((2, 12), np.float32), "vectors of 12 numbers instead of 48"),
        (np.zeros(96, np.float32), r"numbers of the shape \(96,\) for 2 texts"),
        (np.full((2, 48), np.nan, np.float32), "a vector with NaN"),
        (["no", "vector"], "failed: ValueError"),
    ],
)
def test_what_is_no_vector_a_text_is_refused(given: object, said: str) -> None:
    with pytest.raises(BackendError, match=said):
        checked(Given(given)).embed(["one", "two"])


def test_one_that_is_registered_in_a_notebook_is_known_to_the_gateway_too(
    workspace: Path, remote: type[Remote]
) -> None:
    with motadata_nb.open(workspace) as ws:
        assert ws.gateway.embed(["one", "two"], model=remote.name).shape == (2, remote.dimension)


def test_what_can_be_read_as_vectors_is_taken() -> None:
    embedder = checked(Given(np.eye(2, 48).tolist()))
    assert embedder.embed(["one", "two"]).dtype == np.float32
    assert embedder.embed([]).shape == (0, 48)


class Panicking(Spread):
    """Its tokenizer panics on some texts, as libraries in Rust do: no Exception, and no error of an index."""

    name = "panicking"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if any("\N{SNOWMAN}" in text for text in texts):
            raise PanicException("index out of bounds")
        return super().embed(texts)


class PanicException(BaseException):
    """As pyo3 calls it."""


@pytest.mark.parametrize("mode", ["hybrid", "vector"])
def test_a_panic_in_a_question_is_no_broken_index(workspace: Path, mode: str) -> None:
    EMBEDDERS.register("panicking", f"{__name__}:Panicking")
    rows = pd.DataFrame({"id": range(20), "text": [f"Row {n} of the ledger." for n in range(20)]})
    with motadata_nb.open(workspace, embedder="panicking", backend="duckdb") as ws:
        ws.ingest(rows, into="many")
        index = ws.index("many")
        index.retrieve("Row 7 of the ledger.")
        before = {path: path.stat().st_ino for path in (workspace / "indexes").rglob("*") if path.is_file()}
        with pytest.raises(BackendError, match="embedder 'panicking' failed: RuntimeError: index out of bounds"):
            index.retrieve("Row \N{SNOWMAN} of the ledger.", mode=mode)
        assert {path: path.stat().st_ino for path in (workspace / "indexes").rglob("*") if path.is_file()} == before
        assert index.retrieve("Row 7 of the ledger.", mode=mode).hits[0].document == "7"
