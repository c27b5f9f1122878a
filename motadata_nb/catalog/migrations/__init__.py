"""Alembic migrations of the catalog, in `versions/`, numbered in order."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text

__all__ = ["HEAD", "upgrade"]

HEAD = "0005"
"""The newest revision; kept here so that opening an up-to-date catalog does not import Alembic."""

# Any number: two processes that open a new PostgreSQL catalog at once must migrate one after the other.
_ADVISORY_LOCK = 0x6D6F7461


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision, in one transaction that keeps other processes out."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect().execution_options(motadata_write=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
