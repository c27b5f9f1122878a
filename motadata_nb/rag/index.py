"""An index: documents that can be searched and asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import in_thread, plain
from motadata_nb.catalog.records import ChunkRow
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.explorers.registry import explore
from motadata_nb.gateway.options import check_options
from motadata_nb.options import named
from motadata_nb.rag.answer import Answer
from motadata_nb.rag.answering import AnswerStream
from motadata_nb.rag.asking import BUILT_IN, Context
from motadata_nb.rag.check import Groundedness
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.keeping import KeptIndex
from motadata_nb.rag.options import MEANT, AskOptions, ask_options
from motadata_nb.rag.prepared import Prepared
from motadata_nb.rag.retrieval import Retrieval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from motadata_nb.catalog.turns import Turns

__all__ = ["Index"]

_ALL = 2**31 - 1
_CHECKED = {"model": "model", "by": "by", "context": "context", "detector": "by", "judge": "by"}


class Index(KeptIndex):
    """One index of a workspace. Made by `ws.index(name)`."""

    # -- asking ---------------------------------------------------------------------------------------------------

    @named(**MEANT, top_k="k")
    def retrieve(
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
        return self._made(self._with_store(lambda _: self._asker.searcher.retrieve(question, how)))

    aretrieve = in_thread(retrieve)

    async def aask(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> Answer:
        """A cited answer from the index's documents: written by `model`, or extracted when none is configured.

        `thread` continues a conversation. Further: `mode`, `where`, `expand`, `rerank`, `around`, `diversity` as in
        `retrieve`; `schema` for an answer as data; `check=True` (or a detector's name) for its groundedness; `images`
        for a model that sees; all others go to the model.
        """
        options = ask_options(k, model, thread, how)
        answer = await self._asking(lambda asker: asker.aask(question, options))
        self._made(answer.retrieval)
        return answer

    async def astream(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> AnswerStream:
        """The answer of a language model, piece by piece; `.answer` at the end. Takes what `ask` takes."""
        options = ask_options(k, model, thread, how)
        stream = await self._asking(lambda asker: asker.astream(question, options))
        self._made(stream.prepared.retrieval)
        return stream

    async def aprepare(
        self, /, question: str, k: int | None = None, model: str | None = None, thread: str | None = None, **how: Any
    ) -> Prepared:
        """What `ask` would send: the retrieval, the choice of passages, the exact messages. No answer is asked for."""
        options = ask_options(k, model, thread, how)
        return await self._asking(lambda asker: asker.aprepare(question, options))

    async def acheck(
        self, /, answer: Answer | str, context: Context | None = None, by: str = BUILT_IN, **options: Any
    ) -> Groundedness:
        """How far an answer is supported: by its own passages, by `context`, or by what the index holds about it.

        `.score` is 1 when all is supported; `.sentences` has a verdict and the evidence for each sentence.
        `by` names the detector: built-in, judge, judge:MODEL, or one of a plug-in; `options` are those of its model
        calls: api_base, api_key …
        """
        check_options(options, _CHECKED)
        return await self._asking(lambda asker: asker.acheck(answer, context, by, **options))

    check = plain(acheck)
    ask = plain(aask)
    stream = plain(astream)
    prepare = plain(aprepare)

    def _made(self, retrieval: Retrieval) -> Retrieval:
        """The retrieval, knowing its index, so that it can be explored."""
        object.__setattr__(retrieval, "_index", self)
        return retrieval

    def located(self, retrieval: Retrieval) -> Retrieval:
        """The retrieval with the places of its candidates, while the index is there; for `retrieval.explain()`."""
        try:
            return self._made(self._asker.searcher.located(retrieval))
        except UnknownName:
            return retrieval

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

    @named(around="n")
    def neighbours(self, hit: Hit, n: int = 1) -> tuple[Hit, ...]:
        """The chunks of the same document from `n` before to `n` after a hit, in their order, the hit among them."""
        _check_hit(hit, "neighbours(found.hits[0], 2)")
        if not isinstance(n, int) or n < 0:
            raise InvalidInput(f"n is {n!r}; it is a number of chunks.", "Try: index.neighbours(found.hits[0], 2)")
        return self._store.retriever.neighbours(hit, n)

    def section(self, hit: Hit) -> tuple[Hit, ...]:
        """The chunks that stand under the same heading as a hit, in their order: its parent, in pieces."""
        _check_hit(hit, "section(found.hits[0])")
        return self._store.retriever.section(hit)

    # -- looking --------------------------------------------------------------------------------------------------

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


def _check_hit(given: Any, call: str) -> None:
    if not isinstance(given, Hit):
        raise InvalidInput(f"{repr(given)[:60]} is no hit.", f"Try: found = index.retrieve('…'); index.{call}")
