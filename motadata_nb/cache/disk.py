"""A bounded cache in one SQLite file that several processes share.

It is a convenience, never a reason to fail: a file that cannot be written is read, one that cannot be read is empty,
and a broken one is moved aside.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock

from motadata_nb.cache.base import CacheStats

__all__ = ["DiskCache"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, size INTEGER NOT NULL, expires REAL NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_used ON entries (used);
CREATE TABLE IF NOT EXISTS tags (tag TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (tag, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_key ON tags (key);
"""
_NEVER = 9e15
# How many writes go by between looks at the size.
_CULL_EVERY = 64


class DiskCache:
    """Made as `DiskCache(file, size)`: at most so many bytes of values. The file is made at the first write."""

    def __init__(self, path: Path, size: int = 256_000_000) -> None:
        self.path = path
        self._size = size
        self._lock = RLock()
        self._open: sqlite3.Connection | None = None
        self._writes = 0
        self._hits = self._misses = self._evicted = 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            row = None
            with suppress(sqlite3.Error, OSError):
                connection = self._connection(make=False)
                if connection is not None:
                    found = connection.execute("SELECT value, expires FROM entries WHERE key = ?", (key,))
                    row = found.fetchone()
            if row is None or row[1] < time.time():
                self._misses += 1
                return None
            self._hits += 1
            with suppress(sqlite3.Error, OSError):
                assert self._open is not None
                self._open.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key))
            return bytes(row[0])

    def set(self, key: str, value: bytes, *, tags: Iterable[str] = (), ttl_s: float | None = None) -> None:
        kept = tuple(tags)
        with self._lock, suppress(sqlite3.Error, OSError):
            try:
                self._set(key, value, kept, ttl_s)
            except sqlite3.DatabaseError as error:
                if not _is_broken(error):
                    raise
                self._begin_anew()
                self._set(key, value, kept, ttl_s)

    def _set(self, key: str, value: bytes, tags: Sequence[str], ttl_s: float | None) -> None:
        now = time.time()
        expires = now + ttl_s if ttl_s is not None else _NEVER
        connection = self._connection(make=True)
        assert connection is not None
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", (key, value, len(value), expires, now)
            )
            connection.execute("DELETE FROM tags WHERE key = ?", (key,))
            connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(tag, key) for tag in tags])
        self._writes += 1
        if self._writes % _CULL_EVERY == 0:
            self._cull(connection)

    def drop(self, *, tags: Sequence[str] = (), keys: Sequence[str] = ()) -> int:
        with self._lock, suppress(sqlite3.Error, OSError):
            connection = self._connection(make=False)
            if connection is not None:
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    removed = self._remove(connection, self._chosen(connection, tags, keys))
                # What is dropped is to be gone, from the log too.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return removed
        return 0

    @staticmethod
    def _chosen(connection: sqlite3.Connection, tags: Sequence[str], keys: Sequence[str]) -> list[str]:
        if not tags and not keys:
            return [row[0] for row in connection.execute("SELECT key FROM entries")]
        chosen = list(keys)
        for tag in tags:
            chosen += [row[0] for row in connection.execute("SELECT key FROM tags WHERE tag = ?", (tag,))]
        return list(dict.fromkeys(chosen))

    @staticmethod
    def _remove(connection: sqlite3.Connection, keys: Sequence[str]) -> int:
        removed = 0
        for key in keys:
            removed += connection.execute("DELETE FROM entries WHERE key = ?", (key,)).rowcount
            connection.execute("DELETE FROM tags WHERE key = ?", (key,))
        return removed

    def _cull(self, connection: sqlite3.Connection) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            old = [r[0] for r in connection.execute("SELECT key FROM entries WHERE expires < ?", (time.time(),))]
            self._evicted += self._remove(connection, old)
            total = connection.execute("SELECT COALESCE(SUM(size), 0) FROM entries").fetchone()[0]
            while total > self._size * 0.9:
                rows = connection.execute("SELECT key, size FROM entries ORDER BY used LIMIT 100").fetchall()
                if not rows or total <= self._size:
                    break
                self._evicted += self._remove(connection, [key for key, _ in rows])
                total -= sum(size for _, size in rows)

    def stats(self) -> CacheStats:
        entries = size = 0
        with self._lock, suppress(sqlite3.Error, OSError):
            connection = self._connection(make=False)
            if connection is not None:
                found = connection.execute("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM entries")
                entries, size = found.fetchone()
        return CacheStats(
            name="disk", entries=entries, bytes=size, hits=self._hits, misses=self._misses, evicted=self._evicted
        )

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _connection(self, *, make: bool) -> sqlite3.Connection | None:
        if self._open is None and (make or self.path.is_file()):
            try:
                self._open = self._connect()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._begin_anew()
                self._open = self._connect()
        return self._open

    def _begin_anew(self) -> None:
        """Put a file that is no database any more beside, in case somebody wants to look."""
        self.close()
        self.path.replace(self.path.with_suffix(".broken"))
        for ending in ("-wal", "-shm"):  # They would be taken for the new file's own.
            Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=2.0, isolation_level=None, check_same_thread=False)
        try:
            # A lost entry costs one call, so nothing waits for the disk.
            pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA secure_delete=ON;"
            connection.executescript(f"{pragmas} {_SCHEMA}")
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error):
                connection.close()
                raise
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is damaged, and not just busy, full or closed to us."""
    return not isinstance(error, sqlite3.OperationalError) and "malformed" in str(error)
