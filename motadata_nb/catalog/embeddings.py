"""Embeddings by content hash and embedder: a text is embedded once, whatever index or backend it is in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.parts import in_parts

__all__ = ["Embeddings"]

_e, _k = schema.embeddings, schema.chunks
# A subquery by chunk: SQLite would answer a join by going through all embeddings.
_VECTOR = select(_e.c.vector).where(
    _e.c.tenant == _k.c.tenant, _e.c.embedder == bindparam("embedder"), _e.c.content_hash == _k.c.embedded_hash
)
_OF_CHUNKS = select(_k.c.id, _VECTOR.scalar_subquery()).where(
    _k.c.tenant == bindparam("tenant"), _k.c.id.in_(bindparam("chunks", expanding=True))
)


class Embeddings:
    """Stored vectors of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def fetch(self, embedder: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by content hash; those not stored are left out."""
        query = select(_e.c.content_hash, _e.c.vector).where(_e.c.tenant == self._tenant, _e.c.embedder == embedder)
        found: dict[str, NDArray[np.float32]] = {}
        with self._db.read() as c:
            for part in in_parts(hashes):
                rows = c.execute(query.where(_e.c.content_hash.in_(part))).all()
                found.update((hashed, np.frombuffer(vector, dtype=np.float32)) for hashed, vector in rows)
        return found

    def of_chunks(self, embedder: str, chunks: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors by chunk id; chunks that are gone or not embedded yet are left out."""
        found: dict[int, NDArray[np.float32]] = {}
        with self._db.read() as c:
            for part in in_parts(chunks):
                rows = c.execute(_OF_CHUNKS, {"tenant": self._tenant, "embedder": embedder, "chunks": part}).all()
                found.update((chunk, np.frombuffer(vector, np.float32)) for chunk, vector in rows if vector)
        return found

    def dimension(self, embedder: str) -> int | None:
        """How many numbers the stored vectors of an embedder have; None when there is none."""
        query = select(_e.c.vector).where(_e.c.tenant == self._tenant, _e.c.embedder == embedder).limit(1)
        with self._db.read() as c:
            found = c.execute(query).scalar()
        return len(found) // np.dtype(np.float32).itemsize if found else None

    def store(
        self, embedder: str, hashes: Sequence[str], vectors: NDArray[np.float32], *, of_chunks: bool = False
    ) -> None:
        """Keep vectors, where the catalog can be written; another process may have stored the same ones.

        With `of_chunks` those alone whose text a chunk has: what was deleted while it was embedded leaves no vector.
        """
        rows = [
            {"tenant": self._tenant, "embedder": embedder, "content_hash": h, "vector": v.astype(np.float32).tobytes()}
            for h, v in zip(hashes, vectors, strict=True)
        ]
        if not rows or self._db.read_only:
            return
        dialect = sqlite if self._db.sqlite else postgresql
        with self._db.write() as c:
            if of_chunks:
                there = self._of_a_chunk(c, hashes)
                rows = [row for row in rows if row["content_hash"] in there]
            if rows:
                c.execute(dialect.insert(_e).on_conflict_do_nothing(), rows)

    def _of_a_chunk(self, connection: Connection, hashes: Sequence[str]) -> set[str]:
        query = select(_k.c.embedded_hash).where(_k.c.tenant == self._tenant).distinct()
        parts = (connection.execute(query.where(_k.c.embedded_hash.in_(part))) for part in in_parts(hashes))
        return {hashed for rows in parts for hashed in rows.scalars()}
