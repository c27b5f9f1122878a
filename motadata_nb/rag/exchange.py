"""An index as two Parquet files, documents and chunks with vectors: to take along, to keep, to read with pandas."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import IndexRow, NewChunk, NewDocument
from motadata_nb.catalog.space import full_disk_told, is_full
from motadata_nb.embeddings.base import Remote
from motadata_nb.errors import InvalidInput, UnknownName, WorkspaceError, typed
from motadata_nb.rag.management import alone, check_there, new_beside, replace
from motadata_nb.rag.store import Store

__all__ = ["check_embedder", "described", "export", "fill", "restore", "snapshot", "snapshots"]

_FORMAT = "1"
_KEY = b"motadata_nb"
_DOCUMENTS = pa.schema(
    [(name, pa.string()) for name in ("document", "source", "origin", "title", "mime", "content_hash")]
    + [("size", pa.int64()), ("pages", pa.int64()), ("duplicate_of", pa.string())]
    + [("metadata", pa.string()), ("structure", pa.string()), ("text", pa.string())]
)
_CHUNKS = pa.schema(
    [(name, pa.string()) for name in ("document", "source", "title", "text", "heading", "kind", "embedded_hash")]
    + [(name, pa.int64()) for name in ("page", "start", "end", "tokens")]
    + [("metadata", pa.string()), ("own", pa.string()), ("vector", pa.list_(pa.float32()))]
)
_FILES = ("documents.parquet", "chunks.parquet")
_PART = ".part"
_AT_ONCE = 500
_ABSENT = object()


def export(store: Store, folder: Path) -> Path:
    """Write `documents.parquet` and `chunks.parquet`; gives the folder. Raises InvalidInput when it holds something."""
    if folder.exists() and (not folder.is_dir() or any(file.suffix != _PART for file in folder.iterdir())):
        raise InvalidInput(f"{folder} is there already.", "Name a folder that is empty or not there yet.")
    with full_disk_told():
        return _exported(store, folder)


def _exported(store: Store, folder: Path) -> Path:
    store.catch_up()
    # Named at the end: what is broken off does not look like an export, and is written over by the next.
    parts = [folder / f"{name}{_PART}" for name in _FILES]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts[0].touch()
    except OSError as error:
        if is_full(error):
            raise
        raise InvalidInput(f"{folder} cannot be written: {error.strerror}.", "Name another folder.") from error
    try:
        _write(store, *parts)
        check_there(store)  # or else what was read is not the whole of it
        for part in parts:
            part.rename(part.with_suffix(""))
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return folder


def _write(store: Store, documents_file: Path, chunks_file: Path) -> None:
    about = {"format": _FORMAT, "name": store.row.name, "backend": store.row.backend, "embedder": store.row.embedder,
             "chunking": dict(store.row.chunking), "written_at": time.time()}  # fmt: skip
    marked = {_KEY: json.dumps(about).encode()}
    rows = store.catalog.documents.all(store.row.id)
    keys = {row.id: row.key for row in rows}
    with (
        pq.ParquetWriter(documents_file, _DOCUMENTS.with_metadata(marked)) as documents,
        pq.ParquetWriter(chunks_file, _CHUNKS.with_metadata(marked)) as chunks,
    ):
        for at in range(0, len(rows), _AT_ONCE):
            part = rows[at : at + _AT_ONCE]
            documents.write_table(
                pa.Table.from_pylist([_document(store.catalog, row, keys) for row in part], _DOCUMENTS)
            )
            for row in part:
                chunks.write_table(pa.Table.from_pylist(list(_chunks(store, row.id, row.metadata)), _CHUNKS))


def _document(catalog: Catalog, row: Any, keys: dict[int, str]) -> dict[str, Any]:
    own = row.duplicate_of is None
    return {
        **asdict(row), "document": row.key, "metadata": json.dumps(dict(row.metadata)),
        "duplicate_of": keys.get(row.duplicate_of), "text": catalog.documents.text(row.id) if own else "",
        "structure": json.dumps(catalog.documents.structure(row.id) if own else {}),
    }  # fmt: skip


def _chunks(store: Store, document_id: int, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows = store.catalog.documents.of(document_id)
    vectors = store.catalog.embeddings.fetch(store.row.embedder, [row.embedded_hash for row in rows])
    for row in rows:
        vector = vectors.get(row.embedded_hash)
        own = {k: v for k, v in row.metadata.items() if document.get(k, _ABSENT) != v}
        yield {**asdict(row), "metadata": json.dumps(dict(row.metadata)), "own": json.dumps(own), "vector": vector}


def described(folder: Path) -> dict[str, Any]:
    """What an export says of itself. Raises InvalidInput when it is none."""
    try:
        found = pq.read_schema(folder / "chunks.parquet").metadata or {}
        about: dict[str, Any] = json.loads(found[_KEY])
        pq.read_schema(folder / "documents.parquet")
    except (OSError, KeyError, ValueError, pa.ArrowInvalid) as error:
        raise InvalidInput(f"{folder} is not an exported index.", "Make one: %rag export NAME FOLDER") from error
    if about["format"] != _FORMAT:
        raise InvalidInput(f"{folder} was written by a later release.", "Type: pip install --upgrade motadata-nb")
    return about


def fill(store: Store, folder: Path, progress: Callable[[int], None] | None = None) -> None:
    """Put an export into an index; its vectors are taken over, so nothing is embedded.

    Raises InvalidInput when it is damaged.
    """
    try:
        _take_over(store, folder)
    except WorkspaceError:
        raise
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowException) as error:
        raise InvalidInput(
            f"The export in {folder} is damaged: {str(error).strip().splitlines()[0]}", "Export the index again."
        ) from error
    store.catch_up(progress)


def _take_over(store: Store, folder: Path) -> None:
    chunks: dict[str, list[NewChunk]] = {}
    for batch in pq.ParquetFile(folder / "chunks.parquet").iter_batches(_AT_ONCE):
        rows = batch.to_pylist()
        for row in rows:
            chunks.setdefault(row["document"], []).append(_new_chunk(row))
        _keep_vectors(store, rows)
    waiting: list[NewDocument] = []
    for batch in pq.ParquetFile(folder / "documents.parquet").iter_batches(_AT_ONCE):
        rows = batch.to_pylist()
        whole = [_new_document(row, chunks.get(row["document"], [])) for row in rows if row["duplicate_of"] is None]
        store.catalog.documents.put(store.row.id, whole)
        waiting += [_new_document(row, []) for row in rows if row["duplicate_of"] is not None]
    if waiting:
        store.catalog.documents.put(store.row.id, waiting)


def _keep_vectors(store: Store, rows: list[dict[str, Any]]) -> None:
    import numpy as np

    known = [row for row in rows if row["vector"] is not None]
    if known:
        vectors = np.array([row["vector"] for row in known], np.float32)
        embedder = store.embedder
        size = embedder.known_dimension if isinstance(embedder, Remote) else embedder.dimension
        if size not in (None, vectors.shape[1]):
            raise ValueError(
                f"its vectors have {vectors.shape[1]} dimensions, those of {store.row.embedder} have {size}"
            )
        store.catalog.embeddings.store(store.row.embedder, [row["embedded_hash"] for row in known], vectors)


def _new_chunk(row: dict[str, Any]) -> NewChunk:
    own = {name: row[name] for name in ("text", "start", "end", "tokens", "embedded_hash", "heading", "page", "kind")}
    return NewChunk(**own, metadata=json.loads(row["own"]))


def _new_document(row: dict[str, Any], chunks: list[NewChunk]) -> NewDocument:
    own = {name: row[name] for name in ("source", "origin", "title", "mime", "content_hash", "size", "pages", "text")}
    return NewDocument(
        **own, key=row["document"], metadata=json.loads(row["metadata"]), structure=json.loads(row["structure"]),
        chunks=chunks,
    )  # fmt: skip


def check_embedder(name: str, embedder: Callable[[str], object]) -> None:
    """Raises UnknownName when the embedder of an export is not here."""
    try:
        embedder(name)
    except UnknownName as error:
        hint = "Register it here, or export the index again after: %rag reindex NAME --embedder minilm"
        raise UnknownName("embedder", name, (), empty=f"The vectors of the export are of it. {hint}") from error


def snapshot(store: Store, label: str | None = None) -> str:
    """Keep the index as it is now; gives the snapshot's name."""
    label = label or time.strftime("%Y%m%d-%H%M%S")
    if not re.fullmatch(r"\w[\w.-]{0,59}", label):
        raise InvalidInput(
            f"{label!r} cannot be the name of a snapshot.",
            f"Use letters, digits, - and _, like: {re.sub(r'[^0-9a-zA-Z]+', '-', label).strip('-') or 'first'}",
        )
    if label in snapshots(store):
        raise InvalidInput(
            f"There is a snapshot '{label}' already.",
            f"Choose another name: %rag snapshot {typed(store.row.name)} NAME",
        )
    with alone(store):
        export(store, store.snapshots / label)
    return label


def snapshots(store: Store) -> list[str]:
    """Names of the snapshots, sorted."""
    return sorted(path.parent.name for path in store.snapshots.glob(f"*/{_FILES[-1]}"))


def restore(store: Store, build: Callable[[IndexRow], Store], label: str) -> str:
    """Put a snapshot in the place of the index, at once. The snapshots stay. Gives what could not be done."""
    folder = _kept_as(store, label)
    about = described(folder)
    if about["embedder"] != store.row.embedder:
        raise InvalidInput(
            f"The snapshot is embedded with {about['embedder']}, the index with {store.row.embedder}.",
            f"First: %rag reindex {typed(store.row.name)} --embedder {about['embedder']}",
        )
    with alone(store):
        fresh = new_beside(store, build, store.embedder, about["chunking"])
        fill(fresh, folder)
        return replace(store, fresh)


def _kept_as(store: Store, label: str) -> Path:
    """The folder of a snapshot. Raises UnknownName, or InvalidInput when no name is given."""
    known, name = snapshots(store), typed(store.row.name)
    make_one = f"'{store.row.name}' has none. Make one: %rag snapshot {name}"
    if not label:
        others = f"    (or {', '.join(known[:-1])})" * (len(known) > 1)
        latest = f"Try: %rag restore {name} {typed(known[-1])}{others}" if known else make_one
        raise InvalidInput("It is not said which snapshot.", latest)
    if label not in known:
        raise UnknownName("snapshot", label, known, example=f"%rag restore {name} {{}}", empty=make_one)
    return store.snapshots / label
