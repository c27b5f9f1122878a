"""Backends of strangers: a server that goes away, and classes that are not quite what the family asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.error import URLError

import numpy as np
import pytest
from numpy.typing import NDArray

import motadata_nb as mn
from motadata_nb.errors import BackendError, InvalidInput
from motadata_nb.rag.index import Index
from motadata_nb.vectors.base import Ids, Match, Place
from motadata_nb.vectors.registry import VECTORS

ASKED = "Where does the ferry leave?"


class Server:
    """What stands behind `Far`."""

    up = True
    written = 0
    rows: ClassVar[dict[int, NDArray[np.float32]]] = {}


class Far:
    """Keeps vectors elsewhere, over a client whose errors are of the system."""

    durable = True
    sees_other_writers = True

    def __init__(self, place: Place) -> None:
        self._call()

    def _call(self) -> dict[int, NDArray[np.float32]]:
        if not Server.up:
            raise URLError("no route to host")
        return Server.rows

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self._call().update(zip(ids, np.array(vectors), strict=True))
        Server.written += len(ids)

    def delete(self, ids: Sequence[int]) -> None:
        for i in ids:
            self._call().pop(int(i), None)

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        kept = {i: row for i, row in self._call().items() if among is None or i in among}
        return sorted((Match(i, float(row @ vector)) for i, row in kept.items()), key=lambda m: -m.score)[:k]

    def count(self) -> int:
        return len(self._call())

    def wipe(self) -> None:
        self._call().clear()

    def close(self) -> None:
        pass


class Distances(Far):
    """The nearest first, but with their distances."""

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return [Match(i, 1 - score) for i, score in super().search(vector, k, among)]


class Records(Far):
    """What a client gave, as it gave it."""

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return [{"id": i, "score": s} for i, s in super().search(vector, k, among)]  # type: ignore[misc]  # the mistake


class Half:
    """Not yet written to its end."""

    durable = True

    def __init__(self, place: Place) -> None:
        pass


class Nowhere:
    """Made with nothing."""


@pytest.fixture
def index(workspace: Path) -> Iterator[Index]:
    Server.up, Server.written, Server.rows = True, 0, {}
    for kind in ("Far", "Distances", "Records", "Half", "Nowhere", "Absent"):
        VECTORS.register(kind.lower(), f"{__name__}:{kind}")
    VECTORS.register("unwritten", "a_package_that_is_not_there:Backend")
    texts = ("The ferry leaves from the northern quay.", "Tickets are sold aboard.", "Bread is baked at night.")
    with mn.open(workspace, backend="memory") as ws:
        ws.ingest({f"{n}.txt": text.encode() for n, text in enumerate(texts)}, into="pier")
        yield ws.index("pier")


def test_a_lost_connection_is_told_and_nothing_is_written_again_when_it_is_back(index: Index) -> None:
    index.move("far")
    assert index.retrieve(ASKED, mode="vector").hits[0].document == "0.txt"
    written, Server.up = Server.written, False
    with pytest.raises(BackendError, match="no route to host") as error:
        index.retrieve(ASKED, mode="vector")
    assert "--mode keyword" in error.value.hint
    assert index.retrieve(ASKED, mode="keyword").hits[0].document == "0.txt"
    Server.up = True
    assert index.retrieve(ASKED, mode="vector").hits[0].document == "0.txt"
    assert Server.written == written


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("distances", BackendError, "gave the highest score not first: is it a distance"),
        ("records", BackendError, "gave no pairs of id and score: ..'id': 1"),
        ("half", BackendError, "'half' has no sees_other_writers, upsert, delete, search, count, close"),
        ("nowhere", BackendError, "made with one argument, its place"),
        ("absent", InvalidInput, "there is no 'Absent' in it"),
        ("unwritten", InvalidInput, "there is no module 'a_package_that_is_not_there'"),
    ],
)
def test_what_is_no_backend_is_told_what_it_lacks(index: Index, name: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        index.move(name)
        index.retrieve(ASKED, mode="vector")
    assert index.retrieve(ASKED, mode="keyword").hits[0].document == "0.txt"
