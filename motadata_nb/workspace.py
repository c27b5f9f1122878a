"""The composition root: builds each component on first use and hands it what it needs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import in_thread
from motadata_nb.config import Config, setting
from motadata_nb.errors import InvalidInput, typed
from motadata_nb.options import named

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.home import Agents
    from motadata_nb.cache.base import Cache
    from motadata_nb.catalog.catalog import Catalog
    from motadata_nb.catalog.records import IndexRow
    from motadata_nb.embeddings.base import Embedder
    from motadata_nb.gateway.gateway import Gateway
    from motadata_nb.ingestion.pipeline import Progress
    from motadata_nb.ingestion.report import IngestReport
    from motadata_nb.ingestion.sources import Sources
    from motadata_nb.rag.comparison import RankDiff
    from motadata_nb.rag.description import IndexDescription
    from motadata_nb.rag.index import Index
    from motadata_nb.rag.ingest import IngestRun
    from motadata_nb.sql_result import SqlResult
    from motadata_nb.telemetry.cost import CatalogLedger, CostReport

__all__ = ["Workspace", "open_workspace"]

_LONGEST_NAME = 100
_NAME = re.compile(r"\w[\w .-]*", re.UNICODE)


class Workspace:
    """Everything of one project: indexes, models, calls, caches. Opened with `motadata_nb.open`; a context manager."""

    def __init__(self, place: str | Path, config: Config) -> None:
        self.config = config
        self.place = place
        self._url = str(place) if "://" in str(place) else ""
        self.folder = config.folder / ".motadata" if self._url else Path(place)
        self._indexes: dict[str, Index] = {}

    def __repr__(self) -> str:
        return f"Workspace({self.shown_place!r})"

    @property
    def shown_place(self) -> str:
        """Folder or address, without the address's password."""
        before, at, after = self._url.rpartition("@")
        scheme, _, user = before.partition("://")
        return f"{scheme}://{user.partition(':')[0]}@{after}" if at else str(self.place)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close files and connections; what was opened is opened again when it is needed."""
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()
        for name in ("agents", "gateway", "catalog"):
            component = self.__dict__.pop(name, None)
            if component is not None:
                component.close()

    # -- components -----------------------------------------------------------------------------------------------

    @cached_property
    def catalog(self) -> Catalog:
        """Indexes, documents, chunks and embeddings."""
        from motadata_nb.catalog.catalog import Catalog

        return Catalog(self._url or self.folder / "catalog.db", str(self.config["tenant"]))

    @cached_property
    def gateway(self) -> Gateway:
        """Calls to language and embedding models."""
        from motadata_nb.gateway.gateway import Gateway

        return Gateway(
            self.config, folder=self.folder, ledger=self._ledger, turns=self.catalog.turns,
            tenant=str(self.config["tenant"]),
        )  # fmt: skip

    @property
    def cache(self) -> Cache:
        """Answers of models that are kept: `.stats()`, and `.drop(tags=["model:openai/gpt-5-mini"])`."""
        return self.gateway.cache

    @cached_property
    def _ledger(self) -> CatalogLedger:
        from motadata_nb.telemetry.cost import CatalogLedger

        return CatalogLedger(self.catalog.calls, self.catalog.reservations)

    def cost(self, by: str = "model", since: float = 0.0) -> CostReport:
        """Tokens, money and latency of all model calls on this workspace, by model, cell or day.

        `since` is a time in seconds since 1970.
        """
        from motadata_nb.telemetry.cost import cost_report

        self._ledger.flush()
        return cost_report(self.catalog.calls, by, since)

    @cached_property
    def agents(self) -> Agents:
        """What agents share: threads, specs, memory, and where their tools are found."""
        from motadata_nb.agents.home import Agents

        tenant = str(self.config["tenant"])
        return Agents(self.catalog, self.gateway, self.index, self.config, tenant, keep=self.hidden_index)

    def agent(
        self,
        name: str | None = None,
        instructions: str = "",
        model: Any = None,
        tools: Sequence[Any] = (),
        **options: Any,
    ) -> Agent:
        """An agent: `agent.run(task, thread=None)` gives an `AgentRun`. See `motadata_nb.agents.agent.Agent`."""
        return self.agents.agent(name, instructions, model, tools, **options)

    def sql(self, query: str, parameters: Mapping[str, Any] | None = None, **tables: Any) -> SqlResult:
        """Read-only SQL over the tables given by name, `INDEX.documents`, `INDEX.chunks`, and files named in it."""
        from motadata_nb.agents.tools.sql import engine

        return engine(lambda: tables, self.catalog, any_file=True).query(query, parameters)

    def embedder(self, name: str | None = None) -> Embedder:
        """The embedding model of that name, on this machine or behind the gateway; by default the configured one."""
        wanted = name or str(self.config["embedder"])
        if wanted not in self._embedders:
            self._embedders[wanted] = self._opened_embedder(wanted)
        return self._embedders[wanted]

    def _opened_embedder(self, name: str) -> Embedder:
        from motadata_nb.embeddings.registry import BUNDLED, EMBEDDERS

        if name in EMBEDDERS.names():
            from motadata_nb.embeddings.checked import checked, opened

            return checked(opened(name))
        from motadata_nb.embeddings.served import require_served, served_embedder

        require_served(name, self.config)
        return served_embedder(
            name,
            ask=lambda texts, priority: self.gateway.embed(texts, name, priority=priority),
            local=self.embedder(BUNDLED),
            known=lambda: self.catalog.embeddings.dimension(name),
        )

    @cached_property
    def _embedders(self) -> dict[str, Embedder]:
        return {}

    # -- indexes --------------------------------------------------------------------------------------------------

    def indexes(self) -> list[str]:
        """Names of the indexes, sorted."""
        return self.catalog.indexes.names()

    def index(self, name: str) -> Index:
        """The index of that name. Raises UnknownName with the nearest."""
        self.catalog.indexes.get(name)
        if name not in self._indexes:
            from motadata_nb.rag.index import Index

            self._indexes[name] = Index(
                name, catalog=self.catalog, home=self.folder, gateway=lambda: self.gateway, embedder=self.embedder,
                config=self.config,
            )  # fmt: skip
        return self._indexes[name]

    def hidden_index(self, name: str, sources: Sources | None = None) -> Index:
        """An index of the toolkit's own, which no list shows, brought up to date with `sources`.

        Its vectors are searched exactly, and lie nowhere but in the catalog.
        """
        from motadata_nb.ingestion.pipeline import Pipeline
        from motadata_nb.rag.ingest import IngestRun

        index = self._ensure(name, "memory", None)
        if sources is not None:
            pipeline = Pipeline(self.catalog, index.row, self.embedder, options={})
            IngestRun(index, pipeline, sources).run()
        return index

    @named(name="into", index="into")
    def import_index(
        self, folder: str | os.PathLike[str], into: str | None = None, backend: str | None = None
    ) -> IndexDescription:
        """A new index from what `index.export(folder)` has written; nothing is embedded again.

        Raises InvalidInput when the folder is no export or the name is taken, UnknownName for an unknown embedder.
        """
        from motadata_nb.rag.exchange import check_embedder, described
        from motadata_nb.vectors.registry import check_backend

        place = Path(folder).expanduser()
        about = described(place)
        name = _index_name(into or about["name"])
        if self.catalog.indexes.find(name) is not None:
            raise InvalidInput(f"There is an index '{name}' already.", "Choose a name: %rag import FOLDER --into NAME")
        chosen = backend or str(about["backend"])
        check_backend(chosen)
        check_embedder(str(about["embedder"]), self.embedder)
        row = self._filled(name, place, backend=chosen, embedder=about["embedder"], chunking=about["chunking"])
        self.catalog.indexes.change(row.id, name=name)
        return self.index(name).describe()

    def _filled(self, name: str, folder: Path, **how: Any) -> IndexRow:
        """An index that nobody sees, with what an export holds; what is broken off leaves nothing of the name."""
        from motadata_nb.catalog.indexes import HIDDEN

        for left in self.catalog.indexes.hidden(name):
            self.drop(left.name)
        hidden = f"{HIDDEN}new~{name}"
        row = self.catalog.indexes.ensure(hidden, **how)
        try:
            self.index(hidden).fill(folder)
        except BaseException:
            self.drop(hidden)
            raise
        self._indexes.pop(hidden).close()
        return row

    @named(top_k="k")
    def diff(
        self, before: str, after: str, question: str, k: int = 10, progress: Callable[[int], None] | None = None
    ) -> RankDiff:
        """Rank changes between two ways to search: `NAME`, with `:MODE`, `@BACKEND` or `@EMBEDDER` behind it."""
        from motadata_nb.rag.comparison import Way, compare_ranks

        found = []
        for text, way in [(text, Way.parse(text, self.config["models"])) for text in (before, after)]:
            index = self.index(way.index)
            hits = index.retrieve_on(question, k, way.mode, way.backend, way.embedder, progress)
            found.append((text, hits))
        return compare_ranks(found[0], found[1])

    def drop(self, name: str) -> None:
        """Remove an index with all its documents. Raises UnknownName."""
        index = self.index(name)
        del self._indexes[name]
        index.drop()

    def ingest(
        self,
        /,
        sources: Any,
        into: str,
        backend: str | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        **options: Any,
    ) -> IngestReport:
        """Read files, folders, globs, addresses or tables into an index, which is made if it is not there.

        A source that cannot be read is set aside with the reason; all others go in. What is there already and has not
        changed costs a hash. An interrupt keeps what is done; the same call goes on from there.

        `sources` is a path, folder, pattern, address, a DataFrame with a column `text` (and `id`, `title`, metadata),
        an open file, bytes, `{name: bytes, text or DataFrame}`, or a list of those. `options` are `chunk_tokens` and
        `embedder` (of a new index), `password` (of encrypted files), `ocr=True`, and what parsers of others take.
        """
        return self.ingestion(sources, into, backend, progress=progress, **options).run()

    def upload(self, into: str = "documents") -> Any:
        """A panel to drop files into an index."""
        from motadata_nb.explorers.registry import explore

        return explore("upload", self, into)

    def ingestion(
        self,
        sources: Any,
        into: str,
        backend: str | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        **options: Any,
    ) -> IngestRun:
        """An ingestion that is ready to run, for those who want its report after an interrupt."""
        from motadata_nb.ingestion.options import checked
        from motadata_nb.ingestion.pipeline import Pipeline
        from motadata_nb.ingestion.sources import find_sources
        from motadata_nb.rag.ingest import IngestRun

        name, options = _index_name(into), checked(options)
        found = find_sources(sources)  # raises for what is not there before an index is made
        index = self._ensure(name, backend, options.pop("chunk_tokens", None), options.pop("embedder", None))
        pipeline = Pipeline(self.catalog, index.row, self.embedder, options=options)
        return IngestRun(index, pipeline, found, total=len(found), progress=progress)

    def _ensure(self, name: str, backend: str | None, chunk_tokens: int | None, embedder: str | None = None) -> Index:
        from motadata_nb.ingestion.chunking import checked_limit
        from motadata_nb.vectors.registry import check_backend

        for known in (*self.config["backend_urls"], *([] if backend is None else [backend])):
            check_backend(known)
        tokens = checked_limit(int(self.config["chunk_tokens"]) if chunk_tokens is None else chunk_tokens)
        model = embedder or str(self.config["embedder"])
        if self.catalog.indexes.find(name) is None:
            self.embedder(model)  # raises for one that there is not before an index is made with it
        row = self.catalog.indexes.ensure(
            name, backend=backend or str(self.config["backend"]), embedder=model,
            chunking={"tokens": tokens},
        )  # fmt: skip
        if backend is not None and backend != row.backend:
            raise InvalidInput(
                f"The index '{name}' is on {row.backend}.", f"Type: %rag move {typed(name)} --backend {backend}"
            )
        if embedder is not None and embedder != row.embedder:
            raise InvalidInput(
                f"The index '{name}' is embedded with {row.embedder}.",
                f"Type: %rag reindex {typed(name)} --embedder {embedder}",
            )
        if chunk_tokens is not None and tokens != int(row.chunking["tokens"]):
            raise InvalidInput(
                f"The chunks of '{name}' have up to {row.chunking['tokens']} tokens.",
                f"Type: %rag reindex {typed(name)} --chunk-tokens {tokens}",
            )
        return self.index(name)

    aingest = in_thread(ingest)


def _index_name(name: str) -> str:
    if len(name or "") > _LONGEST_NAME:
        raise InvalidInput(
            f"The name of an index has at most {_LONGEST_NAME} characters; '{name[:20]}…' has {len(name)}.",
            f"Try: --into {name[:20].strip()}",
        )
    if not _NAME.fullmatch(name or ""):
        usable = re.sub(r"\W+", "-", name or "").strip("-_") or "handbook"
        raise InvalidInput(
            f"{name!r} cannot be the name of an index.", f"Use letters, digits, - and _, like: --into {usable}"
        )
    return name


def open_workspace(
    place: str | os.PathLike[str] | None = None, *, config: Config | None = None, **settings: Any
) -> Workspace:
    """The workspace in a folder or behind a database URL; by default `.motadata` beside the notebook.

    `settings` are settings by name (`model="openai/…"`), stronger than `%config`, the environment and files.
    Raises InvalidInput when `place` is no path or address.
    """
    if place is not None and (not isinstance(place, str | os.PathLike) or not os.fspath(place).strip()):
        raise InvalidInput(
            f"{place!r} is no place for a workspace.", "Give a folder or postgresql://user@host/database, or nothing."
        )
    config = config or Config()
    config.arguments.update({name: value for name, value in settings.items() if value is not None and setting(name)})
    given = config.value("home")
    base = given.file.parent if given.file is not None else config.folder
    chosen = os.fspath(place) if place is not None else str(given.value) or ".motadata"
    if "://" not in chosen:
        # What a person types is relative to where they are; what a setting says, to the notebook or its file.
        chosen = str(((Path.cwd() if place is not None else base) / Path(chosen).expanduser()).absolute())
    return Workspace(chosen, config)
