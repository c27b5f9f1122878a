"""An index as the catalog has it now: its store, and what asks it; another when somebody has replaced it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import IndexRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.registry import BUNDLED
from motadata_nb.embeddings.served import served_embedder
from motadata_nb.errors import BackendError, IndexGone, InvalidInput, MissingExtra, UnknownName, typed
from motadata_nb.rag.asking import Asker
from motadata_nb.rag.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from motadata_nb.config import Config
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["OpenIndex"]

R = TypeVar("R")


class OpenIndex:
    """One index of a workspace, opened when it is first used."""

    def __init__(
        self,
        name: str,
        *,
        catalog: Catalog,
        home: Path,
        embedder: Callable[[str], Embedder],
        gateway: Callable[[], Gateway],
        config: Config,
    ) -> None:
        self.name = name
        self._catalog = catalog
        self._home = home
        self._embedder = embedder
        self._open_gateway = gateway
        self._config = config
        self._held: tuple[Store, Asker] | None = None
        self._opening = threading.Lock()

    def __repr__(self) -> str:
        return f"Index({self.name!r})"

    def close(self) -> None:
        """Release files of the projections."""
        if self._held is not None:
            self._held[0].close()
            self._held = None

    @property
    def row(self) -> IndexRow:
        """The index in the catalog, as it is now. Raises UnknownName when it is gone."""
        return self._catalog.indexes.get(self.name)

    def _with_store(self, use: Callable[[Store], R]) -> R:
        """`use(store)`, once more when another index has taken the place of this one meanwhile."""
        try:
            return use(self._store)
        except IndexGone:
            return use(self._store)

    async def _asking(self, ask: Callable[[Asker], Awaitable[R]]) -> R:
        """`ask(asker)`, once more when another index has taken the place of this one meanwhile."""
        try:
            return await ask(self._asker)
        except IndexGone:
            return await ask(self._asker)

    @property
    def _store(self) -> Store:
        return self._now[0]

    @property
    def _asker(self) -> Asker:
        return self._now[1]

    @property
    def _now(self) -> tuple[Store, Asker]:
        """What the index is stored in; another when somebody has moved or replaced it, or set its server."""
        row = self.row
        with self._opening:  # two questions at once would open it twice
            if self._held is None or not self._held[0].is_current(row):
                store = self._build(row)
                asker = Asker(
                    self.name, retriever=store.retriever, catalog=self._catalog, embedder=store.embedder,
                    gateway=self._open_gateway, config=self._config,
                )  # fmt: skip
                if self._held is not None:  # its files are left to the garbage collector: a search may be in it
                    self._held[0].retire()
                self._held = (store, asker)
            return self._held

    def _build(self, row: IndexRow) -> Store:
        return Store(
            row, catalog=self._catalog, home=self._home, embedder=self._embedder_of(row.embedder), config=self._config
        )

    def _embedder_of(self, name: str) -> Embedder:
        """The embedder of an index; one that is not there says so when it is called, and words are found without."""
        try:
            return self._embedder(name)
        except (BackendError, InvalidInput, MissingExtra, UnknownName):
            return served_embedder(
                name,
                ask=lambda texts, _: self._embedded_late(name, texts),
                local=self._embedder(BUNDLED),
                known=lambda: self._catalog.embeddings.dimension(name),
            )

    def _embedded_late(self, name: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of an embedder that was not there when the index was opened. Raises UnknownName, MissingExtra."""
        try:
            return self._embedder(name).embed(texts)
        except UnknownName as error:
            mend = f"Register it, or type: %rag reindex {typed(self.name)} --embedder {BUNDLED}"
            raise UnknownName("embedder", name, (), empty=mend) from error
