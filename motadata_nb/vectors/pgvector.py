"""pgvector: a table an index in PostgreSQL, with an HNSW index; on an embedded server when no address is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pgvector.psycopg
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from motadata_nb.errors import BackendError
from motadata_nb.postgres.embedded import embedded_url, empty_log
from motadata_nb.vectors.base import Ids, Match, Place

__all__ = ["PgVectorBackend"]

# Above the defaults (16, 64, 40), as for Chroma: a lost neighbour is a lost answer.
_HNSW = "m = 24, ef_construction = 128"
_EF_SEARCH = 200
# pgvector's HNSW indexes take vectors of up to 2,000 dimensions, and of half precision up to 4,000.
_FULL, _HALF = 2000, 4000
# Below this, reading the vectors themselves is faster than walking the graph, and exact.
_EXACT_BELOW = 20_000


class PgVectorBackend:
    """One table. Other processes' writes are seen as soon as they are committed."""

    durable = True
    sees_other_writers = True

    def __init__(self, place: Place) -> None:
        url = place.url or embedded_url(_embedded(place))
        try:
            self._db: Any = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
            self._prepare(re.sub(r"\W", "_", place.name), place.dimension)
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise BackendError(
                f"PostgreSQL cannot be used: {reason}", "Check backend_urls, and that pgvector is installed there."
            ) from error

    def _prepare(self, name: str, size: int) -> None:
        self._db.execute("CREATE EXTENSION IF NOT EXISTS vector")
        pgvector.psycopg.register_vector(self._db)
        self._table = sql.Identifier(name)
        kind = sql.SQL("vector" if size <= _FULL else "halfvec")
        self._cast = sql.SQL("::{}({})").format(kind, sql.Literal(size))
        create = "CREATE TABLE IF NOT EXISTS {} (id bigint PRIMARY KEY, embedding {}({}) NOT NULL)"
        self._run(create, self._table, kind, sql.Literal(size))
        if size <= _HALF:
            index = "CREATE INDEX IF NOT EXISTS {} ON {} USING hnsw (embedding {}) WITH (" + _HNSW + ")"
            self._run(index, sql.Identifier(f"{name}_hnsw"), self._table, sql.SQL(f"{kind.as_string()}_cosine_ops"))
        self._db.execute(f"SET hnsw.ef_search = {_EF_SEARCH}")
        self._db.execute("SET hnsw.iterative_scan = strict_order")

    def _run(self, query: str, *parts: sql.Composable, values: Sequence[Any] = ()) -> Any:
        return self._db.execute(sql.SQL(query).format(*parts), values)

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        query = sql.SQL(
            "INSERT INTO {} (id, embedding) VALUES (%s, %s) ON CONFLICT (id)"
            " DO UPDATE SET embedding = EXCLUDED.embedding WHERE {}.embedding <> EXCLUDED.embedding"
        ).format(self._table, self._table)
        with self._db.transaction(), self._db.cursor() as cursor:
            cursor.executemany(query, [(int(i), v) for i, v in zip(ids, vectors, strict=True)])

    def delete(self, ids: Sequence[int]) -> None:
        self._run("DELETE FROM {} WHERE id = ANY(%s)", self._table, values=[list(map(int, ids))])

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        query = "SELECT id, 1 - (embedding <=> %s{0}) FROM {1} {2} ORDER BY embedding <=> %s{0} LIMIT {3}"
        where = sql.SQL("") if among is None else sql.SQL("WHERE id = ANY(%s)")
        narrowed = [] if among is None else [among.tolist()]
        exact = among is not None and len(among) < _EXACT_BELOW
        with self._db.transaction():
            if exact:
                # An order by an expression that is not the index's own keeps the planner from walking the graph.
                query = query.replace("ORDER BY embedding <=> %s{0}", "ORDER BY (embedding <=> %s{0}) + 0")
            elif k > _EF_SEARCH:
                self._db.execute(f"SET LOCAL hnsw.ef_search = {min(1000, k)}")
            values = [vector, *narrowed, vector]
            found = self._run(query, self._cast, self._table, where, sql.Literal(k), values=values).fetchall()
        return [Match(i, float(s)) for i, s in found]

    def count(self) -> int:
        return int(self._run("SELECT count(*) FROM {}", self._table).fetchone()[0])

    def wipe(self) -> None:
        self._run("DROP TABLE IF EXISTS {}", self._table)

    def close(self) -> None:
        self._db.close()

    @staticmethod
    def scrub(place: Place) -> None:
        # The log of a server of somebody else is its operator's.
        if not place.url:
            empty_log(_embedded(place))


def _embedded(place: Place) -> Path:
    return (place.home or place.folder) / "postgres"
