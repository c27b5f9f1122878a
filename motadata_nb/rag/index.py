"""An index: documents that can be searched and asked."""

from __future__ import annotations

import difflib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from motadata_nb.aio import plain
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import ChunkRow, IndexRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import IndexGone, UnknownName
from motadata_nb.explorers.registry import explore
from motadata_nb.ingestion.chunking import checked_limit
from motadata_nb.ingestion.report import IngestReport, Outcome
from motadata_nb.rag.answer import Answer
from motadata_nb.rag.answering import AnswerStream
from motadata_nb.rag.asking import BUILT_IN, Asker, AskOptions, Prepared, tag
from motadata_nb.rag.check import Groundedness
from motadata_nb.rag.deletion import delete
from motadata_nb.rag.description import IndexDescription, describe
from motadata_nb.rag.management import Purged, move, purge, reindex, remove_hidden
from motadata_nb.rag.retrieval import Hit, Retrieval
from motadata_nb.rag.store import Store

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from motadata_nb.catalog.turns import Turns
    from motadata_nb.config import Config
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["Index"]

R = TypeVar("R")
_ALL = 2**31 - 1


class Index:
    """One index of a workspace. Made by `ws.index(name)`."""

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

    def __repr__(self) -> str:
        return f"Index({self.name!r})"

    # -- asking ---------------------------------------------------------------------------------------------------

    async def aretrieve(
        self,
        question: str,
        k: int = 10,
        mode: str | None = None,
        where: str | None = None,
        *,
        expand: str | None = None,
        model: str | None = None,
        rerank: str | None = None,
        around: int = 0,
        diversity: float = 0.0,
    ) -> Retrieval:
        """The `k` chunks that fit the question best, best first; of a short document one, while there are others.

        `mode` is hybrid (the default), vector or keyword; `where` filters, like "page > 3 and source like '%2024%'".
        `expand` searches in more than one way with the help of a model: rewrite, hyde, multi or decompose. `rerank`
        judges the best 30 once more: sentences, api:MODEL. `around` widens each hit by so many chunks
        on both sides; `diversity` from 0 to 1 leaves out what repeats (maximal marginal relevance).
        """
        how = AskOptions(
            k=k, model=model, mode=mode, where=where, expand=expand, rerank=rerank, around=around,
            diversity=diversity, spread=True,
        )  # fmt: skip
        return self._made(await self._asking(lambda asker: asker.searcher.aretrieve(question, how)))

    async def aask(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> Answer:
        """A cited answer from the index's documents: written by `model`, or extracted when none is configured.

        `thread` continues a conversation. Further: `mode`, `where`, `expand`, `rerank`, `around`, `diversity` as in
        `retrieve`; `schema` for an answer as data; `check=True` (or a detector's name) for its groundedness; `images`
        for a model that sees; all others go to the model.
        """
        options = _options(k, model, thread, how)
        answer = await self._asking(lambda asker: asker.aask(question, options))
        self._made(answer.retrieval)
        return answer

    async def astream(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> AnswerStream:
        """The answer of a language model, piece by piece; `.answer` at the end. Takes what `ask` takes."""
        options = _options(k, model, thread, how)
        stream = await self._asking(lambda asker: asker.astream(question, options))
        self._made(stream.prepared.retrieval)
        return stream

    async def aprepare(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> Prepared:
        """What `ask` would send: the retrieval, the choice of passages, the exact messages. No answer is asked for."""
        options = _options(k, model, thread, how)
        return await self._asking(lambda asker: asker.aprepare(question, options))

    async def acheck(
        self, answer: Answer | str, context: str | Sequence[str] | None = None, by: str = BUILT_IN
    ) -> Groundedness:
        """How far an answer is supported: by its own passages, by `context`, or by what the index holds about it.

        `.score` is 1 when all is supported; `.sentences` has a verdict and the evidence for each sentence.
        `by` names the detector: built-in, judge, judge:MODEL, or one of a plug-in.
        """
        return await self._asker.acheck(answer, context, by)

    retrieve = plain(aretrieve)
    check = plain(acheck)
    ask = plain(aask)
    stream = plain(astream)
    prepare = plain(aprepare)

    async def _asking(self, ask: Callable[[Asker], Awaitable[R]]) -> R:
        """`ask(asker)`, once more when another index takes the place of this one meanwhile."""
        try:
            return await ask(self._asker)
        except IndexGone:
            return await ask(self._asker)

    def _made(self, retrieval: Retrieval) -> Retrieval:
        """The retrieval, knowing its index, so that it can be explored."""
        object.__setattr__(retrieval, "_index", self)
        return retrieval

    def located(self, retrieval: Retrieval) -> Retrieval:
        """The retrieval with the places of its candidates. Called by `retrieval.explain()`."""
        return self._made(self._asker.searcher.located(retrieval))

    def explore(self, question: str = "") -> Any:
        """The retrieval explorer: ask, filter and compare live."""
        return explore("index", self, question)

    def map(self, question: str = "") -> Any:
        """A map of the index's passages, with the hits of a question."""
        return explore("map", self, question)

    def chat(self, thread: str | None = None, model: str | None = None) -> Any:
        """A chat with the index's documents."""
        return explore("chat", self, thread, model)

    def retrieve_on(
        self,
        question: str,
        k: int = 10,
        mode: str | None = None,
        backend: str | None = None,
        embedder: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Retrieval:
        """`retrieve` as it would be on another backend or with another embedder, made for this one question."""
        store = self._store
        if backend in (None, store.row.backend) and embedder in (None, store.row.embedder):
            return self.retrieve(question, k, mode)
        chosen = mode or str(self._config["mode"])
        return store.on_another(
            backend or store.row.backend,
            lambda retriever: retriever.retrieve(question, k, chosen, None, spread=True),
            self._embedder(embedder) if embedder else None,
            progress,
        )

    def is_extractive(self, model: str | None = None) -> bool:
        """Whether an answer by this model, or the configured one, is extracted rather than written."""
        return self._asker.extractive(model)

    def neighbours(self, hit: Hit, n: int = 1) -> tuple[Hit, ...]:
        """The chunks of the same document from `n` before to `n` after a hit, in their order, the hit among them."""
        return self._store.retriever.neighbours(hit, n)

    def section(self, hit: Hit) -> tuple[Hit, ...]:
        """The chunks that stand under the same heading as a hit, in their order: its parent, in pieces."""
        return self._store.retriever.section(hit)

    # -- looking --------------------------------------------------------------------------------------------------

    def describe(self) -> IndexDescription:
        """What the index is made of, and how current its projections are."""
        store = self._store
        kept = self.snapshots()
        found = describe(self._catalog, store.row, store.keyword, store.vector, store.folder, kept)
        return replace(found, chunk_tokens=min(found.chunk_tokens, store.embedder.max_tokens))

    def _described(self, left: str) -> IndexDescription:
        """The description, with what a change could not do."""
        return replace(self.describe(), notes=(left,) if left else ())

    def documents(self) -> pd.DataFrame:
        """One row a document: source, title, pages, mime, size in bytes, document (its key), updated_at (UTC)."""
        import pandas as pd

        columns = ["source", "title", "pages", "mime", "size", "key", "updated_at"]
        rows = [[getattr(d, c) for c in columns] for d in self._catalog.documents.all(self.row.id)]
        frame = pd.DataFrame(rows, columns=columns).rename(columns={"key": "document"})
        frame["updated_at"] = pd.to_datetime(frame["updated_at"], unit="s", utc=True).dt.floor("s")
        return frame

    @property
    def conversations(self) -> Turns:
        """What was asked in threads, and answered."""
        return self._catalog.turns

    def vectors(self) -> tuple[list[ChunkRow], NDArray[np.float32]]:
        """All chunks with their vectors, chunks × dimensions; those that are not embedded yet are left out."""
        import numpy as np

        rows = self._catalog.documents.changed(self.row.id, (0, 0), limit=_ALL)
        stored = self._catalog.embeddings.fetch(self._store.embedder.name, [row.embedded_hash for row in rows])
        rows = [row for row in rows if row.embedded_hash in stored]
        empty = np.zeros((0, self._store.embedder.dimension), np.float32)
        return rows, np.stack([stored[row.embedded_hash] for row in rows]) if rows else empty

    # -- keeping --------------------------------------------------------------------------------------------------

    def delete(self, documents: str | Sequence[str] | None = None, *, where: str | None = None) -> int:
        """Remove documents by key (the `document` of a hit) or by filter; gives how many there were.

        A filter asks for source, document, title or metadata: a document goes as a whole.
        """
        keys = [documents] if isinstance(documents, str) else list(documents or ())
        removed = self._changing(lambda store: delete(store, keys, where))
        self.catch_up()
        return removed

    def move(self, backend: str, progress: Callable[[int], None] | None = None) -> IndexDescription:
        """Put the vectors on another backend; nothing is read or embedded again, and reads go on meanwhile."""
        return self._described(self._changing(lambda store: move(store, backend, progress)))

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

        return self._described(self._changing(change))

    def purge(self) -> Purged:
        """Leave no byte of deleted texts and vectors on disk.

        Snapshots of the index, conversations with it and cached answers about it go too, since they may quote what was
        deleted. Threads of agents, cassettes and outputs of notebooks are yours to remove.
        """

        def forget() -> int:
            return self._open_gateway().cache.drop(tags=[tag(self.name)])

        return self._changing(lambda store: purge(store, self._build, forget))

    def export(self, folder: str | os.PathLike[str]) -> Path:
        """Write the index as `documents.parquet` and `chunks.parquet`, with vectors; `ws.import_index` reads them."""
        from motadata_nb.rag.exchange import export

        place = Path(folder).expanduser()
        return self._changing(lambda store: export(store, place))

    def snapshot(self, label: str | None = None) -> str:
        """Keep the index as it is now; gives the name that `restore` takes."""
        from motadata_nb.rag.exchange import snapshot

        return self._changing(lambda store: snapshot(store, label))

    def snapshots(self) -> list[str]:
        """Names of the kept states, sorted."""
        from motadata_nb.rag.exchange import snapshots

        return snapshots(self._store)

    def restore(self, label: str) -> IndexDescription:
        """Put a kept state in the place of the index, at once. Raises UnknownName."""
        from motadata_nb.rag.exchange import restore

        return self._described(self._changing(lambda store: restore(store, self._build, label)))

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

    def close(self) -> None:
        """Release files of the projections."""
        if self._held is not None:
            self._held[0].close()
            self._held = None

    @property
    def row(self) -> IndexRow:
        """The index in the catalog, as it is now. Raises UnknownName when it is gone."""
        return self._catalog.indexes.get(self.name)

    def _changing(self, change: Callable[[Store], R]) -> R:
        """`change(store)`, once more when another index has taken the place of this one meanwhile."""
        try:
            return change(self._store)
        except IndexGone:
            return change(self._store)

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
        if self._held is None or not self._held[0].is_current(row):
            store = self._build(row)
            asker = Asker(
                self.name, retriever=store.retriever, catalog=self._catalog, embedder=store.embedder,
                gateway=self._open_gateway, config=self._config,
            )  # fmt: skip
            # The old one is left to the garbage collector: a search may still be in it.
            self._held = (store, asker)
        return self._held

    def _build(self, row: IndexRow) -> Store:
        embedder = self._embedder(row.embedder)
        return Store(row, catalog=self._catalog, home=self._home, embedder=embedder, config=self._config)


_ASKED = ("around", "check", "diversity", "expand", "explain", "mode", "rerank", "schema", "where")


def _options(k: int | None, model: str | None, thread: str | None, how: dict[str, Any]) -> AskOptions:
    for name in how.keys() - set(_ASKED):
        # Others go to the model, which would not say that one of ours is misspelt.
        if meant := difflib.get_close_matches(name, (*_ASKED, "k", "model", "thread"), n=1, cutoff=0.8):
            raise UnknownName("option", name, meant, example="{}=…")
    own = {name: how.pop(name) for name in _ASKED if name in how}
    return AskOptions(k=k, model=model, thread=thread, **own, provider=how)
