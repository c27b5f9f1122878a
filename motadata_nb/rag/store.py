"""What one index is stored in: its two projections, and the retriever on them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.owners import alive
from motadata_nb.catalog.records import IndexRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import MissingExtra, UnknownName
from motadata_nb.rag.copies import Copies
from motadata_nb.rag.keyword import KeywordIndex
from motadata_nb.rag.retriever import Retriever
from motadata_nb.vectors.base import Place, Scrubbing
from motadata_nb.vectors.projection import Projection
from motadata_nb.vectors.registry import VECTORS
from motadata_nb.vectors.target import VectorTarget

if TYPE_CHECKING:
    from motadata_nb.config import Config

__all__ = ["Store"]

R = TypeVar("R")
_VECTORS = re.compile(r"vector-(?P<backend>.+?)(?P<trial>-trial(?P<process>\d+))?")


class Store:
    """The projections of one row of the catalog's indexes. `home` is the workspace's folder."""

    def __init__(self, row: IndexRow, *, catalog: Catalog, home: Path, embedder: Embedder, config: Config) -> None:
        self.row = row
        self.catalog = catalog
        self.home = home
        self.folder = home / "indexes" / str(row.id)
        self.snapshots = home / "snapshots" / str(row.id)
        self.embedder = embedder
        self.config = config
        self._copies = Copies()

    @cached_property
    def keyword(self) -> Projection[KeywordIndex]:
        """The keyword index."""
        folder = self.folder / "keyword"

        def make() -> KeywordIndex:
            return KeywordIndex(self._copies.writable(folder))

        return Projection(self.catalog, self.row.id, "keyword", folder, make)

    @cached_property
    def vector(self) -> Projection[VectorTarget]:
        """The vectors, on the index's own backend."""
        return self.projection(self.row.backend)

    def projection(self, backend: str, trial: str = "") -> Projection[VectorTarget]:
        """The vectors on a backend. Raises UnknownName, or MissingExtra when it is opened."""
        VECTORS.target(backend)
        place = self._place(backend, trial)

        def make() -> VectorTarget:
            own = replace(place, folder=self._copies.writable(place.folder))
            return VectorTarget(VECTORS.load(backend)(own), self.embedder, self.catalog)

        return Projection(self.catalog, self.row.id, place.folder.name, place.folder, make)

    def _place(self, backend: str, trial: str = "") -> Place:
        name = f"vector-{backend}{trial}"
        url = str(self.config["backend_urls"].get(backend, ""))
        # Several workspaces may share one server; in a folder of its own the name must not change when that is moved.
        owner = hashlib.sha256(f"{self.home}\0{self.row.tenant}".encode()).hexdigest()[:8] + "-" if url else ""
        return Place(
            folder=self.folder / name, name=f"motadata-{owner}{self.row.id}{trial}", dimension=self.embedder.dimension,
            url=url, home=self.home,
        )  # fmt: skip

    @cached_property
    def retriever(self) -> Retriever:
        """Search in both."""
        return Retriever(self.catalog, self.row.id, self.row.name, self.keyword, self.vector, self.embedder)

    def on_another(self, backend: str, use: Callable[[Retriever], R]) -> R:
        """`use(retriever)` with the vectors on another backend, in a folder that is removed after it."""
        vector = self.projection(backend, f"-trial{os.getpid()}")
        try:
            vector.catch_up()
            return use(Retriever(self.catalog, self.row.id, self.row.name, self.keyword, vector, self.embedder))
        finally:
            self.discard(vector)

    def discard(self, vector: Projection[VectorTarget]) -> None:
        """Remove vectors that are no longer used."""
        if vector.is_elsewhere():
            vector.rebuild()
        vector.close()
        self.catalog.indexes.forget_projection(self.row.id, vector.name)
        shutil.rmtree(self.folder / vector.name, ignore_errors=True)
        self.scrub(vector)

    def discard_leftovers(self) -> None:
        """Remove vectors on backends that the index is not on: a move or a comparison was broken off."""
        written = {*self.catalog.indexes.projections(self.row.id), *(p.name for p in self.folder.glob("vector-*/"))}
        for name in sorted(written - {self.vector.name}):
            found = _VECTORS.fullmatch(name)
            if found is None or (found["process"] and alive(int(found["process"]))):
                continue
            try:
                self.discard(self.projection(found["backend"], found["trial"] or ""))
            except (UnknownName, MissingExtra):
                self.catalog.indexes.forget_projection(self.row.id, name)
                shutil.rmtree(self.folder / name, ignore_errors=True)

    def scrub(self, vector: Projection[VectorTarget]) -> None:
        """Remove what a backend's files may still hold of deleted vectors."""
        backend = vector.name.removeprefix("vector-").partition("-trial")[0]
        kind = VECTORS.load(backend)
        if isinstance(kind, Scrubbing):
            vector.exclusively(lambda _: kind.scrub(self._place(backend)))

    def catch_up(self, progress: Callable[[int], None] | None = None) -> None:
        """Bring both projections up to date: keyword first, so that it answers while embedding goes on."""
        self.keyword.catch_up()
        self.vector.catch_up(progress)

    def close(self) -> None:
        """Release files and connections."""
        for name in ("keyword", "vector"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def remove(self) -> None:
        """Remove the index with its snapshots from the catalog, from disk and from servers."""
        self.discard_leftovers()
        if self.vector.is_elsewhere():
            self.vector.rebuild()
        self.close()
        self.catalog.indexes.drop(self.row.id)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.snapshots, ignore_errors=True)
