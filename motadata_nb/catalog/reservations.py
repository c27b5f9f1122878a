"""Money set aside for calls that are under way, so that sessions beside each other cannot spend it twice.

Whoever records the call takes the reservation away in the same transaction; that of a process which has ended on this
machine no longer counts at once, that of another machine after an hour.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, func, insert, select, text

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.owners import gone, owner

__all__ = ["Reservations"]

_r, _c = schema.reservations, schema.calls
_LONGEST_S = 3600.0
# Any number: on PostgreSQL two sessions that look at once would both find room.
_ADVISORY_LOCK = 0x6D6F7462


class Reservations:
    """Reservations of one tenant, in US dollars."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def take(self, dollars: float, limit: float, since: float) -> tuple[int | None, float]:
        """Set money aside unless that passes the limit: the reservation's number or None, and what is spent or held.

        `since` is a time in seconds since 1970 from which spending counts.
        """
        with self._db.write() as c:
            if not self._db.sqlite:
                c.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            self._forget_the_dead(c)
            spent = self._sum(c, select(func.sum(_c.c.cost)).where(_c.c.tenant == self._tenant, _c.c.at >= since))
            held = self._sum(c, select(func.sum(_r.c.dollars)).where(_r.c.tenant == self._tenant))
            if spent >= limit or spent + held + dollars > limit:
                return None, spent + held
            row = {"tenant": self._tenant, "owner": owner(), "dollars": dollars, "at": time.time()}
            number = c.execute(insert(_r).values(**row)).inserted_primary_key
            assert number is not None
            return int(number[0]), spent + held

    def drop(self, number: int) -> None:
        """Give back what was set aside for a call that is not made."""
        with self._db.write() as c:
            c.execute(delete(_r).where(_r.c.id == number))

    def _sum(self, c: Connection, query: object) -> float:
        return float(c.execute(query).scalar() or 0.0)  # type: ignore[call-overload]  # a select of one number

    def _forget_the_dead(self, c: Connection) -> None:
        c.execute(delete(_r).where(_r.c.at < time.time() - _LONGEST_S))
        owners = c.execute(select(_r.c.owner).distinct()).scalars().all()
        dead = [name for name in owners if gone(name)]
        if dead:
            c.execute(delete(_r).where(_r.c.owner.in_(dead)))
