"""Chunks of an index as they are read: by document, by id, and what has changed since a projection looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.parts import in_parts
from motadata_nb.catalog.records import ChunkRow, Facts

__all__ = ["Chunks"]

_d, _k = schema.documents, schema.chunks
_ROWS = (
    select(_k, _d.c.source, _d.c.key.label("document"), _d.c.title, _d.c.metadata.label("of_document"))
    .join(_d, _d.c.id == _k.c.document_id)
    .order_by(_k.c.seq, _k.c.id)
)
# Made once: each search asks for some chunks, and putting the statement together takes longer than running it.
_ROWS_BY_ID = _ROWS.where(_k.c.id.in_(bindparam("chunks", expanding=True)))


class Chunks:
    """Chunks of one tenant, with what their documents say of them."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def of(self, document_id: int) -> list[ChunkRow]:
        """The chunks of a document, in order."""
        with self._db.read() as c:
            return sorted(_chunk_rows(c, _ROWS.where(_k.c.document_id == document_id)), key=lambda row: row.ordinal)

    def chunks(self, ids: Sequence[int]) -> dict[int, ChunkRow]:
        """Chunks by id; ids that are gone are left out."""
        found: dict[int, ChunkRow] = {}
        with self._db.read() as c:
            for part in in_parts(ids):
                found.update((row.id, row) for row in _chunk_rows(c, _ROWS_BY_ID, part))
        return found

    def beside(self, chunk: int, n: int) -> list[ChunkRow]:
        """The chunks of the same document from `n` before to `n` after a chunk, in their order."""
        with self._db.read() as c:
            here = c.execute(select(_k.c.document_id, _k.c.ordinal).where(_k.c.id == chunk)).one_or_none()
            if here is None:
                return []
            near = _k.c.ordinal.between(here.ordinal - n, here.ordinal + n)
            return sorted(
                _chunk_rows(c, _ROWS.where(_k.c.document_id == here.document_id, near)), key=lambda row: row.ordinal
            )

    def places(self, index_id: int, after: int) -> list[tuple[int, int]]:
        """Chunks that were written after the sequence number `after`, each with the id of its document."""
        query = select(_k.c.id, _k.c.document_id).where(_k.c.index_id == index_id, _k.c.seq > after)
        with self._db.read() as c:
            return [(chunk, owner) for chunk, owner in c.execute(query)]

    def changed(self, index_id: int, after: tuple[int, int], limit: int) -> list[ChunkRow]:
        """Chunks written after `(seq, id)`, in that order, at most `limit`."""
        with self._db.read() as c:
            return _chunk_rows(c, _ROWS.where(_k.c.index_id == index_id, _newer(after)).limit(limit))

    def facts(self, index_id: int, after: int) -> list[Facts]:
        """What filters can ask of the chunks that were written after the sequence number `after`."""
        changed = (_k.c.index_id == index_id, _k.c.seq > after)
        own = select(_k.c.id, _k.c.document_id, _k.c.page, _k.c.heading, _k.c.kind, _k.c.metadata).where(*changed)
        holding = select(_k.c.document_id).where(*changed)
        theirs = select(_d.c.id, _d.c.source, _d.c.key, _d.c.title, _d.c.metadata).where(_d.c.id.in_(holding))
        with self._db.read() as c:
            documents = {r.id: r for r in c.execute(theirs)}
            return [
                Facts(
                    id=r.id, source=(d := documents[r.document_id]).source, document=d.key, title=d.title, page=r.page,
                    heading=r.heading, kind=r.kind, metadata=(r.metadata, d.metadata),
                )
                for r in c.execute(own)
            ]  # fmt: skip

    def count_changed(self, index_id: int, after: tuple[int, int]) -> int:
        """How many chunks were written after `(seq, id)`."""
        query = select(func.count()).select_from(_k).where(_k.c.index_id == index_id, _newer(after))
        with self._db.read() as c:
            return int(c.execute(query).scalar_one())

    def buried(self, index_id: int, after: int, upto: int) -> list[int]:
        """Ids of chunks that were removed after `after` and up to `upto`."""
        t = schema.tombstones
        query = select(t.c.chunk_id).where(t.c.index_id == index_id, t.c.seq > after, t.c.seq <= upto)
        with self._db.read() as c:
            return list(c.execute(query).scalars())


def _newer(after: tuple[int, int]) -> ColumnElement[bool]:
    seq, last = after
    # The first condition alone lets a database begin in the middle of the index on seq.
    return (_k.c.seq >= seq) & ((_k.c.seq > seq) | (_k.c.id > last))


def _chunk_rows(c: Connection, query: Select[Any], chunks: Sequence[int] = ()) -> list[ChunkRow]:
    return [
        ChunkRow(
            id=r.id, document_id=r.document_id, ordinal=r.ordinal, text=r.text, heading=r.heading, kind=r.kind,
            page=r.page, start=r.start, end=r.end, tokens=r.tokens, embedded_hash=r.embedded_hash, seq=r.seq,
            source=r.source, document=r.document, title=r.title, metadata={**r.of_document, **r.metadata},
        )
        for r in c.execute(query, {"chunks": chunks} if chunks else None)
    ]  # fmt: skip
