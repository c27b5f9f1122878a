"""Chroma's engine without its client: the same files, opened in a tenth of a second."""

from __future__ import annotations

import json
import struct
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["EngineCollection", "blank_unused", "is_known"]

_TENANT, _DATABASE = "default_tenant", "default_database"
_OPEN_FILES = 50


def is_known() -> bool:
    """Whether the installed release has the calls used here; any other is driven through its client."""
    return version("chromadb").startswith("1.5.")


def blank_unused(folder: Path) -> None:
    """Write zeros where Chroma has kept room for vectors: it writes that room as it found it in memory.

    A vector that was deleted may lie there. No engine may be open on the folder.
    """
    for header in folder.rglob("header.bin"):
        data = header.with_name("data_level0.bin")
        _, capacity, used, size = struct.unpack_from("<4Q", header.read_bytes(), 4)
        if data.exists() and data.stat().st_size == capacity * size and used < capacity:
            with data.open("r+b") as file:
                file.seek(used * size)
                file.write(bytes((capacity - used) * size))


class EngineCollection:
    """One collection in a folder, made if it is not there."""

    def __init__(self, folder: Path, name: str, configuration: dict[str, Any]) -> None:
        import chromadb_rust_bindings as engine

        database = engine.SqliteDBConfig(
            hash_type=engine.MigrationHash.MD5,
            migration_mode=engine.MigrationMode.Apply,
            url=str(folder / "chroma.sqlite3"),
        )
        self._engine: Any = engine.Bindings(
            allow_reset=False, sqlite_db_config=database, persist_path=str(folder), hnsw_cache_size=_OPEN_FILES
        )
        made = self._engine.create_collection(name, json.dumps(configuration), None, None, True, _TENANT, _DATABASE)
        self._id = str(made.id)
        self._name = name

    def upsert(self, ids: list[str], vectors: list[list[float]]) -> None:
        """Add or replace."""
        self._engine.upsert(self._id, ids, vectors, None, None, None, _TENANT, _DATABASE)

    def delete(self, ids: list[str]) -> None:
        """Remove; an empty list removes nothing."""
        if ids:
            self._engine.delete(self._id, ids, None, None, None, _TENANT, _DATABASE)

    def query(self, vector: list[float], k: int, ids: list[str] | None) -> tuple[list[str], list[float]]:
        """Nearest ids with their cosine distances."""
        found = self._engine.query(self._id, ids, [vector], k, None, None, ["distances"], _TENANT, _DATABASE)
        return found.ids[0], (found.distances or [[]])[0]

    def present(self, ids: list[str] | None) -> list[str]:
        """Which of the ids, or which at all, are there."""
        return list(self._get(ids, []).ids)

    def vectors(self, ids: list[str]) -> dict[str, Any]:
        """Stored vectors by id."""
        found = self._get(ids, ["embeddings"])
        return dict(zip(found.ids, found.embeddings or [], strict=True))

    def _get(self, ids: list[str] | None, include: list[str]) -> Any:
        return self._engine.get(self._id, ids, None, None, 0, None, include, _TENANT, _DATABASE)

    def count(self) -> int:
        """How many there are."""
        return int(self._engine.count(self._id, _TENANT, _DATABASE))

    def wipe(self) -> None:
        """Remove the collection."""
        self._engine.delete_collection(self._name, _TENANT, _DATABASE)

    def close(self) -> None:
        """Release the files."""
        self._engine = None
