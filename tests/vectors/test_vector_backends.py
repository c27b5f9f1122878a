"""Each registered backend runs the published suite."""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.testing.vector_suite import VectorSuite
from motadata_nb.vectors import base
from motadata_nb.vectors.base import Place, VectorBackend
from motadata_nb.vectors.chroma import ChromaBackend
from motadata_nb.vectors.duckdb import DuckDBBackend
from motadata_nb.vectors.memory import MemoryBackend
from tests.servers import free_port
from tests.vectors.chroma_server import running


class TestMemory(VectorSuite):
    def backend(self, place: Place) -> VectorBackend:
        return MemoryBackend(place)


class TestChroma(VectorSuite):
    def backend(self, place: Place) -> VectorBackend:
        return ChromaBackend(place)


class TestChromaClient(VectorSuite):
    """The way that a release of Chroma takes whose engine is not known."""

    @pytest.fixture(autouse=True)
    def unknown_release(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("motadata_nb.vectors.chroma_engine.is_known", lambda: False)

    def backend(self, place: Place) -> VectorBackend:
        return ChromaBackend(place)


class TestChromaServer(VectorSuite):
    @pytest.fixture(autouse=True)
    def address(self, chroma_server: str) -> Iterator[None]:
        self.url = chroma_server
        yield
        # Chroma's HTTP client leaves connections that only the collector closes; they must not fail another test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def backend(self, place: Place) -> VectorBackend:
        return ChromaBackend(place)


class TestDuckDB(VectorSuite):
    def backend(self, place: Place) -> VectorBackend:
        return DuckDBBackend(place)


class TestPgVector(VectorSuite):
    @pytest.fixture(autouse=True)
    def address(self, postgres_url: str) -> None:
        self.url = postgres_url

    def backend(self, place: Place) -> VectorBackend:
        from motadata_nb.vectors.pgvector import PgVectorBackend

        return PgVectorBackend(place)


class TestQdrant(VectorSuite):
    def backend(self, place: Place) -> VectorBackend:
        qdrant = pytest.importorskip("motadata_nb.vectors.qdrant", reason='pip install "motadata-nb[qdrant]"')
        backend: VectorBackend = qdrant.QdrantBackend(place)
        return backend


class TestLanceDB(VectorSuite):
    def backend(self, place: Place) -> VectorBackend:
        lancedb = pytest.importorskip("motadata_nb.vectors.lancedb", reason='pip install "motadata-nb[lancedb]"')
        backend: VectorBackend = lancedb.LanceDBBackend(place)
        return backend


def test_every_registered_backend_has_a_suite() -> None:
    tested = {name.removeprefix("Test").lower() for name in globals() if name.startswith("Test")}
    assert {point.name for point in entry_points(group="motadata_nb.vectors")} <= tested


@pytest.mark.parametrize("name", ["qdrant", "lancedb"])
def test_a_backend_of_a_stranger_is_short(name: str) -> None:
    """Both are written against the public protocol alone, as a package of someone else would be."""
    text = (Path(base.__file__).parent / f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    ours = set(re.findall(r"^(?:from|import) (motadata_nb[\w.]*)", text, re.M))
    assert ours <= {"motadata_nb.errors", "motadata_nb.vectors.base"}


def test_the_backend_of_the_documentation_passes_the_suite(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "vectors.md").read_text("utf-8")
    code = re.findall(r"^```ipython\n(.*?)^```$", page, re.M | re.S)[0].rpartition("VECTORS.register")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    made: dict[str, Any] = {}
    exec(code, made)

    class Suite(VectorSuite):
        def backend(self, place: Place) -> VectorBackend:
            backend: VectorBackend = made["NumpyFile"](place)
            return backend

    for number, name in enumerate(sorted(n for n in dir(Suite) if n.startswith("test_"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        getattr(Suite(), name)(folder)


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server."""
    with running(tmp_path_factory.mktemp("chroma"), free_port()) as address:
        yield address
