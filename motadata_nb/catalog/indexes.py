"""Indexes, and how far each of their projections is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.records import IndexRow
from motadata_nb.errors import IndexGone, UnknownName

__all__ = ["HIDDEN", "Indexes", "Position", "forget_unused_embeddings", "next_seq"]


HIDDEN = "~"
"""Begins the name of an index that is being made beside another, or was replaced by one."""


@dataclass(frozen=True)
class Position:
    """How far a projection is: all changes up to `seq` are in it.

    `epoch` grows when it is thrown away and rebuilt, `writes` with each write, so that others see that it has moved.
    """

    seq: int = 0
    epoch: int = 0
    writes: int = 0


def next_seq(connection: Connection, index_id: int) -> int:
    """The number of this transaction. The row stays locked until its end, so numbers appear in order.

    Raises IndexGone when the index was dropped, or another has taken its place.
    """
    t = schema.indexes
    bump = update(t).where(t.c.id == index_id, _in_use(index_id)).values(seq=t.c.seq + 1).returning(t.c.seq)
    found = connection.execute(bump).scalar()
    if found is None:
        raise IndexGone("The index was dropped or replaced while it was written to.", "Run the cell again.")
    return int(found)


def _in_use(index_id: int) -> ColumnElement[bool]:
    return ~schema.indexes.c.name.startswith(_replaced(index_id, ""), autoescape=True)


def _replaced(index_id: int, name: str) -> str:
    """What an index is called from the moment that another has its name."""
    return f"{HIDDEN}{index_id}~{name}"[:128]


class Indexes:
    """The indexes of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def names(self) -> list[str]:
        """Names of all indexes, sorted."""
        t = schema.indexes
        with self._db.read() as c:
            found = c.execute(select(t.c.name).where(t.c.tenant == self._tenant).order_by(t.c.name)).scalars()
            return [name for name in found if not name.startswith(HIDDEN)]

    def get(self, name: str) -> IndexRow:
        """The index of that name. Raises UnknownName with the nearest."""
        found = self.find(name)
        if found is None:
            raise UnknownName(
                "index", name, self.names(), example="%rag show {}", empty="Make one: %ingest FILE --into NAME"
            )
        return found

    def find(self, name: str) -> IndexRow | None:
        """The index of that name, or None."""
        return self._db.remembered(("index", self._tenant, name), lambda: self._find(name))

    def _find(self, name: str) -> IndexRow | None:
        t = schema.indexes
        with self._db.read() as c:
            row = c.execute(select(t).where(t.c.tenant == self._tenant, t.c.name == name)).mappings().first()
        return _row(row) if row else None

    def exists(self, index_id: int) -> bool:
        """Whether the index is there, under whatever name."""
        with self._db.read() as c:
            return c.execute(select(schema.indexes.c.id).where(schema.indexes.c.id == index_id)).first() is not None

    def ensure(self, name: str, *, backend: str, embedder: str, chunking: Mapping[str, Any]) -> IndexRow:
        """The index of that name, made if it is not there. Two processes that make it at once get the same one."""
        found = self.find(name)
        if found is not None:
            return found
        values = {"tenant": self._tenant, "name": name, "backend": backend, "embedder": embedder}
        try:
            with self._db.write() as c:
                c.execute(insert(schema.indexes).values(**values, chunking=dict(chunking), created_at=time.time()))
        except IntegrityError:
            pass  # another process was first
        return self.get(name)

    def change(self, index_id: int, **values: Any) -> None:
        """Change backend, embedder, chunking or name of an index."""
        with self._db.write() as c:
            c.execute(update(schema.indexes).where(schema.indexes.c.id == index_id).values(**values))

    def swap(self, old: int, new: int, name: str, seq: int) -> bool:
        """Give the index `new` the name of `old`, at once; False when `old` has changed since `seq`.

        Raises IndexGone when `old` has the name no longer.
        """
        t = schema.indexes
        with self._db.write() as c:
            found = c.execute(select(t.c.seq).where(t.c.id == old, t.c.name == name)).scalar()
            if found is None:
                raise IndexGone("The index was dropped or replaced while it was changed.", "Run the cell again.")
            if found != seq:
                return False
            c.execute(update(t).where(t.c.id == old).values(name=_replaced(old, name)))
            c.execute(update(t).where(t.c.id == new).values(name=name))
        return True

    def hidden(self, name: str) -> list[IndexRow]:
        """What a broken-off change of the index `name` has left behind."""
        t = schema.indexes
        with self._db.read() as c:
            rows = c.execute(select(t).where(t.c.tenant == self._tenant, t.c.name.startswith(HIDDEN))).mappings().all()
        return [row for row in map(_row, rows) if row.name.partition("~")[2].partition("~")[2] == name]

    def projections(self, index_id: int) -> list[str]:
        """Names of the projections that were ever written and not forgotten, sorted."""
        t = schema.projections
        with self._db.read() as c:
            return list(c.execute(select(t.c.name).where(t.c.index_id == index_id).order_by(t.c.name)).scalars())

    def forget_projection(self, index_id: int, projection: str) -> None:
        """Forget how far a projection is, because it is gone."""
        t = schema.projections
        with self._db.write() as c:
            c.execute(delete(t).where(t.c.index_id == index_id, t.c.name == projection))

    def forget_embeddings(self) -> None:
        """Delete embeddings that no chunk has under its index's embedder."""
        e, k, i = schema.embeddings, schema.chunks, schema.indexes
        used = (
            select(k.c.id)
            .join(i, i.c.id == k.c.index_id)
            .where(k.c.tenant == e.c.tenant, k.c.embedded_hash == e.c.content_hash, i.c.embedder == e.c.embedder)
        )
        with self._db.write() as c:
            c.execute(delete(e).where(e.c.tenant == self._tenant, ~used.exists()))

    def drop(self, index_id: int) -> None:
        """Remove an index with its documents, chunks and the embeddings that no other index uses."""
        with self._db.write() as c:
            c.execute(delete(schema.indexes).where(schema.indexes.c.id == index_id))
            forget_unused_embeddings(c, self._tenant)

    def position(self, index_id: int, projection: str) -> Position:
        """How far a projection is; all zero when it was never written."""
        t = schema.projections
        where = (t.c.index_id == index_id, t.c.name == projection)
        with self._db.read() as c:
            row = c.execute(select(t.c.seq, t.c.epoch, t.c.writes).where(*where)).first()
        return Position(*row) if row else Position()

    def state(self, index_id: int, projection: str) -> tuple[int, Position]:
        """The index's newest sequence number and how far a projection is, as of one moment."""
        seq, marked = self._states(index_id)
        return seq, marked.get(projection, Position())

    def _states(self, index_id: int) -> tuple[int, dict[str, Position]]:
        """The newest sequence number, and how far each projection is: a search asks for all, which is one read."""
        return self._db.remembered(("states", index_id), lambda: self._read_states(index_id))

    def _read_states(self, index_id: int) -> tuple[int, dict[str, Position]]:
        i, p = schema.indexes, schema.projections
        both = i.outerjoin(p, p.c.index_id == i.c.id)
        query = select(i.c.seq, p.c.name, p.c.seq, p.c.epoch, p.c.writes).select_from(both).where(i.c.id == index_id)
        with self._db.read() as c:
            rows = c.execute(query).all()
        return rows[0][0] if rows else 0, {name: Position(*at) for _, name, *at in rows if name is not None}

    def advance(self, index_id: int, projection: str, position: Position) -> None:
        """Record how far a projection is. Called under the projection's lock."""
        t = schema.projections
        where = (t.c.index_id == index_id, t.c.name == projection)
        with self._db.write() as c:
            values = asdict(position)
            if c.execute(update(t).where(*where).values(**values)).rowcount == 0:
                c.execute(insert(t).values(index_id=index_id, name=projection, tenant=self._tenant, **values))

    def seq(self, index_id: int) -> int:
        """The index's newest sequence number."""
        return self._states(index_id)[0]

    def counts(self, index_id: int) -> tuple[int, int]:
        """How many documents and chunks an index has."""
        with self._db.read() as c:
            return tuple(
                int(c.execute(select(func.count()).select_from(t).where(t.c.index_id == index_id)).scalar_one())
                for t in (schema.documents, schema.chunks)
            )  # type: ignore[return-value]  # two tables, two numbers


def forget_unused_embeddings(connection: Connection, tenant: str) -> None:
    """Delete embeddings that no chunk of the tenant refers to."""
    e, k = schema.embeddings, schema.chunks
    used = select(k.c.embedded_hash).where(k.c.tenant == tenant)
    connection.execute(delete(e).where(e.c.tenant == tenant, e.c.content_hash.not_in(used)))


def _row(row: RowMapping) -> IndexRow:
    return IndexRow(**dict(row))
