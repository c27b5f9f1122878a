"""Model calls: one row each, with tokens, money and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database

__all__ = ["COLUMNS", "Calls"]

_c = schema.calls
COLUMNS = tuple(column.name for column in _c.columns if column.name not in ("id", "tenant"))
"""Columns of a call."""


class Calls:
    """Calls of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append calls; columns as in `COLUMNS`. A call takes the place of its `reservation`, where it has one."""
        if not rows:
            return
        held = [row["reservation"] for row in rows if row.get("reservation") is not None]
        with self._db.write() as c:
            c.execute(insert(_c), [_columns(row) | {"tenant": self._tenant} for row in rows])
            if held:
                c.execute(delete(schema.reservations).where(schema.reservations.c.id.in_(held)))

    def spent(self, since: float) -> float:
        """US dollars spent since a time in seconds since 1970; calls of unknown price count nothing."""
        query = select(func.coalesce(func.sum(_c.c.cost), 0.0)).where(_c.c.tenant == self._tenant, _c.c.at >= since)
        with self._db.read() as c:
            return float(c.execute(query).scalar_one())

    def newest(self, limit: int, since: float = 0.0) -> list[dict[str, Any]]:
        """The newest calls, newest first, each a dictionary of `COLUMNS`."""
        columns = [_c.c[name] for name in COLUMNS]
        query = select(*columns).where(_c.c.tenant == self._tenant, _c.c.at >= since).order_by(_c.c.id.desc())
        with self._db.read() as c:
            return [dict(row) for row in c.execute(query.limit(limit)).mappings()]


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "reservation"}
