"""Chroma on disk, or on a server by its address.

On disk its client is not safe between processes: the projection's lock keeps other writers out. The engine is driven
directly where the installed release has the calls we know: importing the whole client takes a second and more, and it
shares one engine a folder in a process, so that a new one cannot be opened beside the old.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from motadata_nb.errors import InvalidInput
from motadata_nb.vectors.base import Ids, Match, Place

__all__ = ["ChromaBackend"]

# Above Chroma's defaults (100, 100, 16): the index is approximate, and a lost neighbour is a lost answer.
_CONFIGURATION: Any = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}}
_BATCH = 2000


class _Collection(Protocol):
    """What is asked of a collection, ids being text."""

    def upsert(self, ids: list[str], vectors: list[list[float]]) -> None:
        """Add or replace."""
        ...

    def delete(self, ids: list[str]) -> None:
        """Remove."""
        ...

    def query(self, vector: list[float], k: int, ids: list[str] | None) -> tuple[list[str], list[float]]:
        """Nearest ids with their cosine distances."""
        ...

    def present(self, ids: list[str] | None) -> list[str]:
        """Which of the ids, or which at all, are there."""
        ...

    def vectors(self, ids: list[str]) -> dict[str, Any]:
        """Stored vectors by id."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def wipe(self) -> None:
        """Remove it."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class ChromaBackend:
    """One collection, in a folder of its own or on a server."""

    durable = True

    def __init__(self, place: Place) -> None:
        self.sees_other_writers = bool(place.url)
        name = re.sub(r"[^a-zA-Z0-9_-]", "-", place.name)
        self._collection: _Collection = _open(place, name)

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        for at in range(0, len(ids), _BATCH):
            self._upsert([str(i) for i in ids[at : at + _BATCH]], vectors[at : at + _BATCH])

    def _upsert(self, ids: list[str], vectors: NDArray[np.float32]) -> None:
        """Chroma takes 30 times as long to change a vector as to add one: equal ones are left, others go first."""
        stored = self._collection.vectors(ids)
        if stored:
            rows = dict(zip(ids, vectors, strict=True))
            same = {i for i, vector in stored.items() if np.allclose(vector, rows[i], atol=1e-6)}
            self._collection.delete([i for i in stored if i not in same])
            keep = [at for at, i in enumerate(ids) if i not in same]
            ids, vectors = [ids[at] for at in keep], vectors[keep]
        if ids:
            self._collection.upsert(ids, vectors.tolist())

    def delete(self, ids: Sequence[int]) -> None:
        for at in range(0, len(ids), _BATCH):
            self._collection.delete(self._collection.present([str(i) for i in ids[at : at + _BATCH]]))

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        ids = None if among is None else [str(i) for i in among.tolist()]
        if ids == []:
            return []
        query = vector.tolist()
        try:
            found, distances = self._collection.query(query, k, ids)
        except Exception as error:
            if ids is None or "finding id" not in str(error).lower():
                raise
            # An id that is not there is an error to Chroma; the catalog may be ahead of this projection.
            known = self._collection.present(ids)
            found, distances = self._collection.query(query, k, known) if known else ([], [])
        return [Match(int(i), 1.0 - d) for i, d in zip(found, distances, strict=True)]

    def count(self) -> int:
        return self._collection.count()

    def wipe(self) -> None:
        self._collection.wipe()

    def close(self) -> None:
        self._collection.close()

    @staticmethod
    def scrub(place: Place) -> None:
        from motadata_nb.vectors.chroma_engine import blank_unused

        blank_unused(place.folder)


def _open(place: Place, name: str) -> _Collection:
    if not place.url:
        from motadata_nb.vectors.chroma_engine import EngineCollection, is_known

        if is_known():
            return EngineCollection(place.folder, name, _CONFIGURATION)
    return _ClientCollection(_client(place), name)


def _client(place: Place) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not place.url:
        return chromadb.PersistentClient(str(place.folder), settings=settings)
    host, port, ssl = _address(place.url)
    return chromadb.HttpClient(host, port, ssl=ssl, settings=settings)


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is HTTPS. Raises InvalidInput."""
    address = urlsplit(url)
    try:
        host, port = address.hostname, address.port
    except ValueError:
        host = port = None
    if address.scheme not in ("http", "https") or not host:
        raise InvalidInput(
            "The address of the Chroma server does not begin with http:// or https://.",
            "Try: %config Motadata.backend_urls = {'chroma': 'http://localhost:8000'}",
        )
    ssl = address.scheme == "https"
    return host, port or (443 if ssl else 8000), ssl


class _ClientCollection:
    """A collection through Chroma's own client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        try:
            self._inner = client.get_or_create_collection(name, embedding_function=None, configuration=_CONFIGURATION)
        except BaseException:
            self.close()
            raise

    def upsert(self, ids: list[str], vectors: list[list[float]]) -> None:
        self._inner.upsert(ids=ids, embeddings=vectors)

    def delete(self, ids: list[str]) -> None:
        if ids:
            self._inner.delete(ids=ids)

    def query(self, vector: list[float], k: int, ids: list[str] | None) -> tuple[list[str], list[float]]:
        narrowed = {} if ids is None else {"ids": ids}
        found = self._inner.query(query_embeddings=[vector], n_results=k, include=["distances"], **narrowed)
        return found["ids"][0], (found["distances"] or [[]])[0]

    def present(self, ids: list[str] | None) -> list[str]:
        return list(self._inner.get(ids=ids, include=[])["ids"])

    def vectors(self, ids: list[str]) -> dict[str, Any]:
        found = self._inner.get(ids=ids, include=["embeddings"])
        return dict(zip(found["ids"], found["embeddings"], strict=True))

    def count(self) -> int:
        return int(self._inner.count())

    def wipe(self) -> None:
        self._client.delete_collection(self._name)

    def close(self) -> None:
        # The client of a server leaves its connections, and those of the client within it, to the garbage collector.
        clients = (self._client, getattr(self._client, "_admin_client", None))
        sessions = [getattr(getattr(client, "_server", None), "_session", None) for client in clients]
        self._client.close()
        for session in sessions:
            if session is not None:
                session.close()
