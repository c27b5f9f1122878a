"""LanceDB in a folder: exact search over its versioned files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motadata_nb.vectors.base import Ids, Match, Place

__all__ = ["LanceDBBackend"]

_TABLE = "vectors"


class LanceDBBackend:
    """One table; each search looks for the newest version."""

    durable = True
    sees_other_writers = True

    def __init__(self, place: Place) -> None:
        self._size = place.dimension
        self._schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32(), self._size))])
        self._db: Any = lancedb.connect(place.url or str(place.folder), read_consistency_interval=timedelta(0))
        self._table: Any = self._db.create_table(_TABLE, schema=self._schema, exist_ok=True)

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        flat = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
        columns = [pa.array(np.asarray(ids, np.int64)), pa.FixedSizeListArray.from_arrays(flat, self._size)]
        rows = pa.table(columns, schema=self._schema)
        merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(rows)

    def delete(self, ids: Sequence[int]) -> None:
        if len(ids):
            self._table.delete(f"id IN ({_listed(ids)})")

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        if among is not None and not len(among):
            return []
        query = self._table.search(vector).distance_type("cosine").bypass_vector_index()
        query = query.limit(k).select(["id", "_distance"])
        if among is not None:
            query = query.where(f"id IN ({_listed(among.tolist())})", prefilter=True)
        found = query.to_arrow()
        distances = found["_distance"].to_pylist()
        return [Match(i, 1.0 - d) for i, d in zip(found["id"].to_pylist(), distances, strict=True)]

    def count(self) -> int:
        return int(self._table.count_rows())

    def wipe(self) -> None:
        self._db.drop_table(_TABLE, ignore_missing=True)

    def close(self) -> None:
        self._table = self._db = None


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(str(int(i)) for i in ids)
