"""Opening the catalog's database: SQLite in WAL mode, or PostgreSQL by URL."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from motadata_nb.catalog.migrations import HEAD, upgrade
from motadata_nb.catalog.space import full_disk_told
from motadata_nb.catalog.unchanged import Unchanged
from motadata_nb.errors import (
    BackendError,
    InvalidInput,
    MissingExtra,
    NewerWorkspace,
    ReadOnlyWorkspace,
    WorkspaceError,
)

__all__ = ["Database", "is_url"]

V = TypeVar("V")
_REFUSES = """
SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool OR NOT CASE
    WHEN to_regclass('documents') IS NULL THEN has_schema_privilege(current_schema(), 'CREATE')
    ELSE has_table_privilege('documents', 'INSERT') END
"""
_NO_RIGHT, _READ_ONLY = "42501", "25006"
"""What PostgreSQL calls an insufficient privilege, and a transaction that may only read."""
_BUSY_MS = 30_000
"""How long a process waits for another that writes."""
_CACHE_KIB = 65_536
"""Pages that a connection keeps, so that the rows of a hundred candidates need not be read anew."""
_CONNECT = {"timeout": _BUSY_MS / 1000, "check_same_thread": False}


def is_url(place: str) -> bool:
    """Whether a workspace is named by a database URL rather than by a folder."""
    return "://" in place


class Database:
    """Connections to one catalog. Reads see a snapshot; writes are serialised by the database."""

    def __init__(self, place: str | Path) -> None:
        self.sqlite = not is_url(str(place))
        self.path = Path(place) if self.sqlite else None
        self.engine = _sqlite(Path(place)) if self.sqlite else _postgres(str(place))
        self.read_only = _unwritable(self.path) if self.path is not None else self._may_only_read()
        self._unchanged = Unchanged(self.engine)
        self._migrate()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _mapped(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is kept or none. Raises ReadOnlyWorkspace when the place cannot be written."""
        self.check_writable()
        with _mapped(), self.engine.connect().execution_options(motadata_write=True) as connection, connection.begin():
            yield connection

    def check_writable(self) -> None:
        """Raises ReadOnlyWorkspace when the place cannot be written."""
        if self.read_only:
            raise _read_only(self.path)

    def remembered(self, key: Hashable, load: Callable[[], V]) -> V:
        """`load()`, read anew only when something was committed since; on PostgreSQL each time."""
        if not self.sqlite:
            return load()
        with _mapped():
            return self._unchanged(key, load)

    def scrub(self) -> None:
        """Leave no byte of deleted rows in the database's files. Raises WorkspaceError while others keep it busy.

        On PostgreSQL the tables are rewritten; its write-ahead log and backups are the operator's.
        """
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with _mapped(), connection:
            if not self.sqlite:
                connection.execute(text("VACUUM FULL"))
                return
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA secure_delete=ON")
            raw.execute("VACUUM")
            _empty_log(raw)

    def close(self) -> None:
        """Close all connections."""
        self._unchanged.close()
        self.engine.dispose()

    def _may_only_read(self) -> bool:
        """Whether PostgreSQL would refuse a write: to this user, in this database, or because it is a copy."""
        with _mapped(), self.engine.connect() as connection:
            return bool(connection.execute(text(_REFUSES)).scalar())

    def _migrate(self) -> None:
        version = self._version()
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise NewerWorkspace(
                f"This workspace was written by a later release (catalog {version}, this one knows {HEAD}).",
                "Type: pip install --upgrade motadata-nb",
            )
        if self.read_only and version is not None:
            raise ReadOnlyWorkspace(
                f"The workspace was written by an earlier release (catalog {version}, this one knows {HEAD}), and "
                "nothing can be written to bring it up to date.",
                "Give yourself the right to write, or copy the folder: motadata_nb.open(COPY)",
            )
        self.check_writable()
        with _mapped():
            upgrade(self.engine)

    def _version(self) -> str | None:
        if self.path is not None and not self.path.exists():
            return None
        with _mapped(), self.engine.connect() as connection:
            try:
                return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            except DBAPIError as error:
                if "alembic_version" in str(error.orig):
                    return None
                raise


def _empty_log(connection: sqlite3.Connection) -> None:
    end = time.monotonic() + _BUSY_MS / 1000
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > end:
            raise WorkspaceError("Another process is reading the catalog all the time.", "Stop it, and purge again.")
        time.sleep(0.05)


def _sqlite(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise WorkspaceError(
            f"{path.parent} is no folder, or lies in a file.", "Name a folder: motadata_nb.open(FOLDER)"
        ) from error
    except PermissionError as error:
        raise _read_only(path) from error
    except OSError as error:
        raise WorkspaceError(
            f"The folder {path.parent} cannot be made: {error.strerror or error}.",
            "Name another: motadata_nb.open(FOLDER)",
        ) from error
    engine = create_engine(f"sqlite:///{_uri(path)}", connect_args=_CONNECT)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _uri(path: Path) -> str:
    """The path; where it cannot be written, an address that says so.

    A database in WAL mode is read with the help of files beside it. Where they are not there, because everybody has
    closed it, and cannot be made, SQLite has to be told that nobody changes it.
    """
    if not path.exists() or not _unwritable(path):
        return str(path)
    log = path.with_name(path.name + "-wal")
    at_rest = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return f"file:{quote(str(path))}?mode=ro{at_rest}&uri=true"


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    # Python's own transaction handling would begin writes late, as an upgrade of a read, which can deadlock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    try:
        _keep_log(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA secure_delete=FAST")
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise
    finally:
        cursor.close()


def _keep_log(cursor: sqlite3.Cursor) -> None:
    """Switch to WAL. SQLite does not wait for others here, so that two that make a database at once could not both."""
    end = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("motadata_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgres(url: str) -> Engine:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise InvalidInput(
            f"A workspace cannot live at {scheme}://…", "Use a folder, or postgresql://user@host/database"
        )
    try:
        return create_engine(f"postgresql+psycopg://{rest}", pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise MissingExtra("A workspace on PostgreSQL", "postgres") from error


def _unwritable(path: Path) -> bool:
    if path.exists():
        return not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK)
    return not os.access(path.parent, os.W_OK)


def _read_only(path: Path | None) -> ReadOnlyWorkspace:
    what = f"The workspace {path.parent}" if path else "The database of the workspace"
    return ReadOnlyWorkspace(
        f"{what} cannot be written.", "Open another: motadata_nb.open(FOLDER), or give yourself the right to write."
    )


@contextmanager
def _mapped() -> Iterator[None]:
    """Errors of the driver as errors of ours; an SQL text or a password never reaches the user."""
    try:
        with full_disk_told():
            yield
    except OperationalError as error:
        reason = str(error.orig).splitlines()[0] if error.orig else "unknown"
        if "readonly" in reason or "read-only" in reason:
            raise ReadOnlyWorkspace(
                "The workspace's catalog cannot be written.", "Open another: motadata_nb.open(FOLDER)"
            ) from error
        if "locked" in reason:
            raise WorkspaceError("Another process holds the catalog for too long.", "Run the cell again.") from error
        raise BackendError(f"The catalog's database failed: {reason}", "Type: %motadata doctor") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") in (_NO_RIGHT, _READ_ONLY):
            raise _read_only(None) from error
        if "file is not a database" in str(error.orig):
            raise WorkspaceError(
                "The workspace's catalog.db is not a database.", "Move it away, or open another folder."
            ) from error
        if "malformed" in str(error.orig):
            raise WorkspaceError(
                "The workspace's catalog.db is damaged.",
                "Put a copy in its place, or move it away and ingest the documents again.",
            ) from error
        raise
