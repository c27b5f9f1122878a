"""An index that is kept: described, moved, cut anew, purged, taken along, put back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from motadata_nb.cards import counted
from motadata_nb.errors import BackendError, GatewayError
from motadata_nb.ingestion.chunking import checked_limit
from motadata_nb.ingestion.report import IngestReport, Outcome
from motadata_nb.options import named
from motadata_nb.rag.asking import tag
from motadata_nb.rag.deletion import delete
from motadata_nb.rag.description import IndexDescription, describe
from motadata_nb.rag.management import Purged, move, purge, reindex, remove_hidden
from motadata_nb.rag.opened import OpenIndex
from motadata_nb.rag.store import Store

__all__ = ["KeptIndex", "vectors_later"]


@contextmanager
def vectors_later(done: str) -> Iterator[None]:
    """Errors of a server begin with what is done all the same: the catalog and the words need none."""
    try:
        yield
    except (BackendError, GatewayError) as error:
        error.what = f"{done}: {error.what}"
        raise


class KeptIndex(OpenIndex):
    """What one does with an index beside asking it."""

    def describe(self) -> IndexDescription:
        """What the index is made of, and how current its projections are."""
        store = self._store
        kept = self.snapshots()
        found = describe(self._catalog, store.row, store.keyword, store.vector, store.folder, kept)
        tokens = min(found.chunk_tokens, store.embedder.max_tokens)
        return replace(found, chunk_tokens=tokens, server=store.server)

    def _described(self, left: str) -> IndexDescription:
        """The description, with what a change could not do."""
        return replace(self.describe(), notes=(left,) if left else ())

    @named(filter="where", keys="documents")
    def delete(self, documents: str | Sequence[str] | None = None, *, where: str | None = None) -> int:
        """Remove documents by key (the `document` of a hit) or by filter; gives how many there were.

        A filter asks for source, document, title or metadata: a document goes as a whole.
        """
        keys = [documents] if isinstance(documents, str) else list(documents or ())
        removed = self._with_store(lambda store: delete(store, keys, where))
        with vectors_later(f"{counted(removed, 'document')} removed, but the vectors are not"):
            self.catch_up()
        return removed

    @named(to="backend")
    def move(self, backend: str, progress: Callable[[int], None] | None = None) -> IndexDescription:
        """Put the vectors on another backend; nothing is read or embedded again, and reads go on meanwhile."""
        return self._described(self._with_store(lambda store: move(store, backend, progress)))

    @named(chunk="chunk_tokens", model="embedder")
    def reindex(
        self,
        embedder: str | None = None,
        chunk_tokens: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> IndexDescription:
        """Cut and embed all documents anew beside the live index, then change over at once. No source is read."""

        def change(store: Store) -> str:
            tokens = int(store.row.chunking["tokens"]) if chunk_tokens is None else checked_limit(chunk_tokens)
            made = self._embedder(embedder or store.row.embedder)
            return reindex(store, self._build, made, tokens, progress)

        return self._described(self._with_store(change))

    def purge(self) -> Purged:
        """Leave no byte of deleted texts and vectors on disk.

        Snapshots of the index, conversations with it and cached answers about it go too, since they may quote what was
        deleted. Threads of agents, cassettes and outputs of notebooks are yours to remove.
        """

        def forget() -> int:
            return self._open_gateway().cache.drop(tags=[tag(self.name)])

        return self._with_store(lambda store: purge(store, self._build, forget))

    @named(path="folder", to="folder")
    def export(self, folder: str | os.PathLike[str]) -> Path:
        """Write the index as `documents.parquet` and `chunks.parquet`, with vectors; `ws.import_index` reads them."""
        from motadata_nb.rag.exchange import export

        place = Path(folder).expanduser()
        return self._with_store(lambda store: export(store, place))

    @named(name="label")
    def snapshot(self, label: str | None = None) -> str:
        """Keep the index as it is now; gives the name that `restore` takes."""
        from motadata_nb.rag.exchange import snapshot

        return self._with_store(lambda store: snapshot(store, label))

    def snapshots(self) -> list[str]:
        """Names of the kept states, sorted."""
        from motadata_nb.rag.exchange import snapshots

        return snapshots(self._store)

    @named(name="label", snapshot="label")
    def restore(self, label: str) -> IndexDescription:
        """Put a kept state in the place of the index, at once. Raises UnknownName."""
        from motadata_nb.rag.exchange import restore

        return self._described(self._with_store(lambda store: restore(store, self._build, label)))

    def fill(self, folder: Path, progress: Callable[[int], None] | None = None) -> None:
        """Take over an export. Called by `ws.import_index`."""
        from motadata_nb.rag.exchange import fill

        fill(self._store, folder, progress)

    def catch_up(self, progress: Callable[[int], None] | None = None) -> None:
        """Bring both projections up to date: keyword first, so that it answers while embedding goes on."""
        self._store.catch_up(progress)

    def pending_chunks(self) -> int:
        """How many chunks are not in the vector index yet."""
        return self._store.vector.pending_chunks()

    def report(
        self, outcomes: tuple[Outcome, ...], *, embedded: int, seconds: float, interrupted: bool
    ) -> IngestReport:
        """The report of an ingestion into this index."""
        row = self.row
        documents, chunks = self._catalog.indexes.counts(row.id)
        return IngestReport(
            index=self.name, outcomes=outcomes, documents=documents, chunks=chunks, embedded=embedded,
            seconds=seconds, backend=row.backend, embedder=row.embedder, interrupted=interrupted,
        )  # fmt: skip

    def drop(self) -> None:
        """Remove the index with all its documents, from the catalog and from disk."""
        store = self._store
        remove_hidden(store, self._build)
        store.remove()
