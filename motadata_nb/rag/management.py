"""Changing an index while it is being asked: another backend, another embedder or chunking, nothing left of the old.

The new is built beside the old and takes its place in one transaction of the catalog. What was replaced stays for a
moment, so that a search that has begun ends on what it began with.
"""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from filelock import FileLock, Timeout

from motadata_nb.cards import Card, counted
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.indexes import HIDDEN
from motadata_nb.catalog.records import DocumentRow, IndexRow, NewDocument
from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import BackendError, IndexGone, WorkspaceError
from motadata_nb.ingestion.pipeline import recut as cut_anew
from motadata_nb.rag.store import Store
from motadata_nb.results import Result

__all__ = [
    "Purged",
    "alone",
    "check_there",
    "move",
    "new_beside",
    "purge",
    "recut",
    "reindex",
    "remove_hidden",
    "replace",
]

_GRACE_S = 1.0
"""For searches that began on what is replaced."""
Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Purged(Result):
    """What a purge did."""

    index: str
    before: int
    """Bytes of the index's projections and the catalog before."""
    after: int
    snapshots: int
    """Snapshots that were removed with it."""
    turns: int
    """Turns of conversations with the index that were removed."""
    answers: int
    """Cached answers of models about the index that were removed."""
    seconds: float
    server: str = ""
    """Where the vectors are, when they are not in the workspace: a server's own files are out of reach."""

    def _card(self) -> Card:
        counts = {"snapshot": self.snapshots, "conversation turn": self.turns, "cached answer": self.answers}
        gone = tuple(f"{counted(count, thing)} removed" for thing, count in counts.items() if count)
        where = "in the workspace" if self.server else "on disk"
        own = (f"{self.server} has removed the vectors; its files keep the bytes until it is compacted itself",)
        return Card(
            title=f"Nothing that was deleted from {self.index} is left {where}.",
            status=(f"{self.before / 1e6:.1f} MB before", f"{self.after / 1e6:.1f} MB after", f"{self.seconds:.1f} s"),
            attention=(*gone, *(own if self.server else ())),
        )


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """One change of an index at a time.

    Raises WorkspaceError when another is under way, or nothing can be written; IndexGone when another has taken the
    place of the index.
    """
    store.catalog.database.check_writable()
    store.folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(store.change_lock, timeout=5)
    try:
        with lock:
            check_there(store)
            yield
    except Timeout as error:
        raise WorkspaceError(
            f"Another process is changing the index '{store.row.name}'.", "Run the cell again when it is done."
        ) from error


def check_there(store: Store) -> None:
    """Raises IndexGone when the index was dropped, or another has taken its place."""
    found = store.catalog.indexes.find(store.row.name)
    if found is None or found.id != store.row.id:
        raise IndexGone("The index was dropped or replaced meanwhile.", "Run the cell again.")


def move(store: Store, backend: str, progress: Progress | None = None) -> str:
    """Put the vectors on another backend; nothing is embedded again. Reads go on all the time.

    Gives what could not be done, in words: the old vectors are on a server that does not answer.
    """
    if backend == store.row.backend:
        store.vector.catch_up(progress)  # its server may be another one now
        return ""
    target = store.projection(backend)
    with alone(store):
        target.catch_up(progress)
        target.close()
        store.catalog.indexes.change(store.row.id, backend=backend)
        time.sleep(_GRACE_S)
        try:
            store.discard(store.vector)
        except BackendError as error:
            return f"the old vectors could not be removed, %rag purge will: {error.what}"
    return ""


def reindex(
    store: Store,
    build: Callable[[IndexRow], Store],
    embedder: Embedder,
    tokens: int,
    progress: Progress | None = None,
) -> str:
    """Cut and embed all documents anew, from their texts in the catalog, then change over at once.

    What is ingested meanwhile is taken along. A run that was broken off leaves the index as it was. Gives what could
    not be done, in words.
    """
    with alone(store):
        fresh = new_beside(store, build, embedder, {**store.row.chunking, "tokens": tokens})
        done: dict[str, tuple[int, int, int | None]] = {}
        while True:
            seq = store.catalog.indexes.seq(store.row.id)
            _follow(store, fresh, done, embedder, tokens)
            fresh.catch_up(progress)
            if store.catalog.indexes.swap(store.row.id, fresh.row.id, store.row.name, seq):
                break
        return _hand_over(store, fresh)


def new_beside(
    store: Store, build: Callable[[IndexRow], Store], embedder: Embedder, chunking: Mapping[str, int]
) -> Store:
    """An empty index that nobody sees, to take the place of `store`; what an earlier one left is removed."""
    indexes = store.catalog.indexes
    remove_hidden(store, build)
    hidden = f"{HIDDEN}new~{store.row.name}"[:128]
    return build(indexes.ensure(hidden, backend=store.row.backend, embedder=embedder.name, chunking=chunking))


def remove_hidden(store: Store, build: Callable[[IndexRow], Store]) -> None:
    """Remove what broken-off changes of the index have left behind; snapshots among it go on with the index."""
    for row in store.catalog.indexes.hidden(store.row.name):
        left = build(row)
        if left.snapshots.exists() and not store.snapshots.exists():
            left.snapshots.rename(store.snapshots)
        with suppress(BackendError):  # all but what is on a server that does not answer is removed
            left.remove()


def replace(store: Store, fresh: Store) -> str:
    """Let `fresh` take the place of `store`, which is removed; gives what could not be done."""
    indexes = store.catalog.indexes
    while not indexes.swap(store.row.id, fresh.row.id, store.row.name, indexes.seq(store.row.id)):
        pass
    return _hand_over(store, fresh)


def _hand_over(store: Store, fresh: Store) -> str:
    """Remove what was replaced; its snapshots go on with what took its place. Gives what could not be removed."""
    fresh.close()
    if store.snapshots.exists():
        store.snapshots.rename(fresh.snapshots)
    time.sleep(_GRACE_S)
    try:
        store.remove()
    except BackendError as error:
        return error.what
    return ""


def _follow(
    store: Store, fresh: Store, done: dict[str, tuple[int, int, int | None]], embedder: Embedder, tokens: int
) -> None:
    """Take over what has changed since the last time; the first of equal documents before its copies."""
    documents = store.catalog.documents
    now = documents.versions(store.row.id)
    rows = {row.key: row for row in documents.all(store.row.id)}
    changed = [key for key in sorted(now, key=lambda k: (now[k][2] is not None, k)) if done.get(key) != now[key]]
    for key in changed:
        if key in rows:
            documents.put(fresh.row.id, [recut(store.catalog, rows[key], embedder, tokens)])
    gone = [key for key in done if key not in now]
    if gone:
        documents.remove(fresh.row.id, gone)
    if not done and (aside := documents.quarantined(store.row.id)):
        documents.set_aside(fresh.row.id, aside)
    done.clear()
    done.update(now)


def recut(catalog: Catalog, row: DocumentRow, embedder: Embedder, tokens: int) -> NewDocument:
    """A document as it would be ingested with another embedder or chunk length."""
    document = NewDocument(
        key=row.key, source=row.source, origin=row.origin, content_hash=row.content_hash, title=row.title,
        mime=row.mime, size=row.size, pages=row.pages, metadata=row.metadata,
    )  # fmt: skip
    if row.duplicate_of is not None:
        return document
    text, structure = catalog.documents.text(row.id), catalog.documents.structure(row.id)
    return cut_anew(dataclasses.replace(document, text=text, structure=structure), embedder, tokens)


def purge(
    store: Store, build: Callable[[IndexRow], Store], forget: Callable[[], int], progress: Progress | None = None
) -> Purged:
    """Leave no byte of deleted texts and vectors on disk: projections are written anew, the catalog is rewritten.

    What quotes the documents goes too: snapshots, conversations, and cached answers, which `forget` drops and counts.
    """
    started = time.perf_counter()
    before = _size(store)
    with alone(store):
        store.check_server()  # before anything is gone that cannot be made again
        remove_hidden(store, build)
        store.discard_leftovers()
        snapshots = list(store.snapshots.glob("*"))
        for folder in snapshots:
            shutil.rmtree(folder)
        turns, answers = store.catalog.turns.forget_index(store.row.name), forget()
        store.catalog.indexes.forget_embeddings()
        store.catalog.database.scrub()  # needs room on the disk: before what is there is thrown away
        store.keyword.rebuild()
        store.vector.rebuild()
        store.catch_up(progress)
        store.scrub(store.vector)
    return Purged(
        index=store.row.name, before=before, after=_size(store), snapshots=len(snapshots), turns=turns, answers=answers,
        seconds=time.perf_counter() - started, server=store.server,
    )  # fmt: skip


def _size(store: Store) -> int:
    files = [*store.folder.rglob("*"), *store.home.glob("catalog.db*")]
    return sum(file.stat().st_size for file in files if file.is_file())
