"""What one index is stored in: its two projections, and the retriever on them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.owners import alive
from motadata_nb.catalog.records import IndexRow
from motadata_nb.embeddings.base import Embedder, Remote
from motadata_nb.errors import BackendError, InvalidInput, MissingExtra, UnknownName
from motadata_nb.rag.search.keyword import KeywordIndex
from motadata_nb.rag.search.retriever import Retriever
from motadata_nb.vectors.base import OnServer, Place, Scrubbing
from motadata_nb.vectors.opening import open_backend
from motadata_nb.vectors.projection import Projection
from motadata_nb.vectors.registry import VECTORS, check_backend
from motadata_nb.vectors.target import VectorTarget

if TYPE_CHECKING:
    from motadata_nb.config import Config

__all__ = ["Store"]

R = TypeVar("R")
_VECTORS = re.compile(r"vector-(?P<backend>.+?)(?P<server>@[0-9a-f]{8})?(?P<trial>-trial(?P<process>\d+))?")
"""How `Store._place` calls the vectors of a backend."""


class Store:
    """The projections of one row of the catalog's indexes. `home` is the workspace's folder."""

    def __init__(self, row: IndexRow, *, catalog: Catalog, home: Path, embedder: Embedder, config: Config) -> None:
        self.row = row
        self.catalog = catalog
        self.home = home
        self.folder = home / "indexes" / str(row.id)
        self.snapshots = home / "snapshots" / str(row.id)
        self.change_lock = home / "indexes" / f"{row.id}.change.lock"
        self.embedder = embedder
        self.config = config
        self._own_url = self._url(row.backend)

    @cached_property
    def keyword(self) -> Projection[KeywordIndex]:
        """The keyword index."""
        return Projection(self.catalog, self.row.id, "keyword", self.folder / "keyword", KeywordIndex)

    @cached_property
    def vector(self) -> Projection[VectorTarget]:
        """The vectors, on the index's own backend."""
        return self.projection(self.row.backend)

    def is_current(self, row: IndexRow) -> bool:
        """Whether the index is still this row, and its vectors where the settings say."""
        return row == self.row and self._url(row.backend) == self._own_url

    def projection(
        self, backend: str, trial: str = "", embedder: Embedder | None = None, url: str | None = None
    ) -> Projection[VectorTarget]:
        """The vectors on a backend. Raises UnknownName, or MissingExtra when it is opened."""
        check_backend(backend)
        embedder = embedder or self.embedder
        place = self._place(backend, trial, url)

        def make(folder: Path) -> VectorTarget:
            # An embedder that is called over the network may not know before: words are found without it.
            where = replace(place, folder=folder, dimension=embedder.dimension)
            kind = VECTORS.load(backend)
            if place.url and not isinstance(kind, OnServer):
                raise InvalidInput(
                    f"{backend} keeps vectors in a folder, and there is an address for it.",
                    f"Take '{backend}' out of %config Motadata.backend_urls.",
                )
            return VectorTarget(open_backend(backend, where), embedder, self.catalog, backend)

        return Projection(
            self.catalog, self.row.id, place.folder.name, place.folder, make,
            f"{backend} at {_shown(place.url)}" if place.url else f"the vector index on {backend}",
            on_server=bool(place.url),
        )  # fmt: skip

    @property
    def server(self) -> str:
        """The server that the vectors are on, in words without its password; empty when they are in the workspace."""
        return f"{self.row.backend} at {_shown(self._own_url)}" if self._own_url else ""

    def check_server(self) -> None:
        """Raises BackendError when the vectors are on a server that does not answer."""
        if self._is_on_server(self.vector):
            self.vector.reading(lambda target: target.is_empty())

    def _url(self, backend: str) -> str:
        return str(self.config["backend_urls"].get(backend, ""))

    def _place(self, backend: str, trial: str = "", url: str | None = None) -> Place:
        url = self._url(backend) if url is None else url
        # Each server is a projection of its own: two kernels with different settings must not share one mark.
        name = f"vector-{backend}{_server(url)}{trial}"
        # Several workspaces may share one server; in a folder of its own the name must not change when that is moved.
        owner = hashlib.sha256(f"{self.home}\0{self.row.tenant}".encode()).hexdigest()[:8] + "-" if url else ""
        return Place(folder=self.folder / name, name=f"motadata-{owner}{self.row.id}{trial}", url=url, home=self.home)

    @cached_property
    def retriever(self) -> Retriever:
        """Search in both."""
        return Retriever(self.catalog, self.row.id, self.row.name, self.keyword, self.vector, self.embedder)

    def on_another(
        self,
        backend: str,
        use: Callable[[Retriever], R],
        embedder: Embedder | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> R:
        """`use(retriever)` with the vectors on another backend, or of another embedder, removed after it."""
        embedder = embedder or self.embedder
        vector = self.projection(backend, f"-trial{os.getpid()}", embedder)
        retriever = Retriever(self.catalog, self.row.id, self.row.name, self.keyword, vector, embedder)
        try:
            vector.catch_up(progress)
            return use(retriever)
        finally:
            retriever.close()
            self.discard(vector)

    def discard(self, vector: Projection[VectorTarget]) -> None:
        """Remove vectors that are no longer used. Raises BackendError when they are on a server that is not there."""
        if vector.is_copy:
            vector.close()
            return
        self._wipe(vector)
        vector.close()
        self._forget(vector.name)
        self.scrub(vector)

    def _wipe(self, vector: Projection[VectorTarget]) -> None:
        """Remove vectors that are on a server."""
        if self._is_on_server(vector):
            vector.rebuild()

    def _is_on_server(self, vector: Projection[VectorTarget]) -> bool:
        """Whether a server has vectors. It has none when an embedder has never given any."""
        empty = isinstance(self.embedder, Remote) and self.embedder.known_dimension is None
        return vector.is_elsewhere() and not empty

    def _forget(self, name: str) -> None:
        self.catalog.indexes.forget_projection(self.row.id, name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def discard_leftovers(self) -> None:
        """Remove vectors where the index no longer has them: a move or a comparison was broken off."""
        written = {*self.catalog.indexes.projections(self.row.id), *(p.name for p in self.folder.glob("vector-*/"))}
        for name in sorted(written - {self.vector.name}):
            found = _VECTORS.fullmatch(name)
            if found is None or (found["process"] and alive(int(found["process"]))):
                continue
            backend, url = found["backend"], self._url(found["backend"]) if found["server"] else ""
            if found["server"] and found["server"] != _server(url):
                self._forget(name)  # on a server whose address is no longer known
                continue
            try:
                self.discard(self.projection(backend, found["trial"] or "", url=url))
            except (UnknownName, MissingExtra):
                self._forget(name)

    def scrub(self, vector: Projection[VectorTarget]) -> None:
        """Remove what a backend's files may still hold of deleted vectors."""
        found = _VECTORS.fullmatch(vector.name)
        assert found is not None  # it was named by `_place`
        backend = found["backend"]
        kind = VECTORS.load(backend)
        if isinstance(kind, Scrubbing):
            place = self._place(backend, found["trial"] or "", url=None if found["server"] else "")
            vector.exclusively(lambda _: kind.scrub(place))

    def catch_up(self, progress: Callable[[int], None] | None = None) -> None:
        """Bring both projections up to date: keyword first, so that it answers while embedding goes on."""
        self.keyword.catch_up()
        self.vector.catch_up(progress)

    def retire(self) -> None:
        """Read nothing more beside; a search that is under way comes to its end."""
        self.retriever.close()

    def close(self) -> None:
        """Release files and connections."""
        for name in ("retriever", "keyword", "vector"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def remove(self) -> None:
        """Remove the index with its snapshots from the catalog, from disk and from servers.

        Raises BackendError, when all else is gone, if a server with its vectors does not answer.
        """
        silent = None
        try:
            self.discard_leftovers()
            self._wipe(self.vector)
        except BackendError as error:
            silent = error
        self.close()
        self.catalog.indexes.drop(self.row.id)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.snapshots, ignore_errors=True)
        with suppress(OSError):  # Windows keeps a lock file that is held
            self.change_lock.unlink(missing_ok=True)
        if silent is not None:
            place = self._place(self.row.backend)
            raise BackendError(
                f"'{self.row.name}' is removed, but not its vectors: {silent.what}",
                f"Remove {place.name} from {_shown(place.url)} when it is there again.",
            ) from silent


def _server(url: str) -> str:
    return "@" + hashlib.sha256(url.encode()).hexdigest()[:8] if url else ""


def _shown(url: str) -> str:
    """An address without its user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else url.rpartition("@")[2]
