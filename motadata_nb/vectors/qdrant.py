"""Qdrant: on a server by its address, or in a folder, where one process at a time can have it open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from motadata_nb.errors import BackendError
from motadata_nb.vectors.base import Ids, Match, Place

__all__ = ["QdrantBackend"]

_BATCH = 1000
_WAIT_S = 30.0


class QdrantBackend:
    """One collection. In a folder it is opened for each call, so that other processes get their turn."""

    durable = True
    sees_other_writers = True

    def __init__(self, place: Place) -> None:
        self._place = place
        self._server = QdrantClient(url=place.url) if place.url else None
        with self._client() as client:
            if not client.collection_exists(place.name):
                how = models.VectorParams(size=place.dimension, distance=models.Distance.COSINE)
                client.create_collection(place.name, vectors_config=how)

    @contextmanager
    def _client(self) -> Iterator[QdrantClient]:
        if self._server is not None:
            yield self._server
            return
        client = self._opened()
        try:
            yield client
        finally:
            client.close()

    def _opened(self) -> QdrantClient:
        end = time.monotonic() + _WAIT_S
        while True:
            try:
                return QdrantClient(path=str(self._place.folder))
            except RuntimeError as error:
                if time.monotonic() > end:
                    raise BackendError(
                        "Another process holds the Qdrant folder.",
                        "Run a server: backend_urls = {'qdrant': 'http://…'}",
                    ) from error
                time.sleep(0.05)

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        with self._client() as client:
            for at in range(0, len(ids), _BATCH):
                part = zip(ids[at : at + _BATCH], vectors[at : at + _BATCH].tolist(), strict=True)
                client.upsert(self._place.name, [models.PointStruct(id=int(i), vector=v) for i, v in part])

    def delete(self, ids: Sequence[int]) -> None:
        if len(ids):
            with self._client() as client:
                client.delete(self._place.name, models.PointIdsList(points=[int(i) for i in ids]))

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        narrow = None
        if among is not None:
            narrow = models.Filter(must=[models.HasIdCondition(has_id=among.tolist())])
        with self._client() as client:
            found = client.query_points(self._place.name, vector.tolist(), limit=k, query_filter=narrow)
        return [Match(int(p.id), float(p.score)) for p in found.points]

    def count(self) -> int:
        with self._client() as client:
            return int(client.count(self._place.name).count)

    def wipe(self) -> None:
        with self._client() as client:
            client.delete_collection(self._place.name)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
