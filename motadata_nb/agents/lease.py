"""Who may write a thread: one run at a time, by a lease in the catalog that its process keeps fresh.

The lease of a process that is gone is taken over at once on the same machine, and after half a minute from another.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from motadata_nb.catalog.owners import gone
from motadata_nb.errors import WorkspaceError

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from motadata_nb.catalog.engine import Database

__all__ = ["Busy", "Keeper", "LEASE_S", "held"]

LEASE_S = 30.0


def held(row: RowMapping | dict[str, Any], now: float) -> bool:
    """Whether the lease belongs to somebody who is still there."""
    if not row["lease"] or row["lease_until"] < now:
        return False
    return not gone(str(row["lease_owner"]))


@dataclass(frozen=True, slots=True)
class Busy:
    """A thread that another run is writing."""

    thread: str
    owner: str

    def error(self, waited_s: float) -> WorkspaceError:
        """What to say when waiting did not help."""
        return WorkspaceError(
            f"The thread '{self.thread}' is in use by another run ({self.owner}); waited {waited_s:.0f} s.",
            f"Wait for it, or take another thread: --thread {self.thread}-2",
        )


class Keeper:
    """Keeps the leases of runs that take long; most runs are over before it first looks."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._open: dict[str, int] = {}
        self._lock = threading.Lock()
        self._works = False

    def keep(self, lease: str, thread_id: int) -> None:
        """Begin to renew a lease."""
        with self._lock:
            self._open[lease] = thread_id
            if not self._works:
                self._works = True
                arguments = (weakref.ref(self),)
                threading.Thread(target=_keep, args=arguments, name="motadata-nb-lease", daemon=True).start()

    def drop(self, lease: str) -> None:
        """Stop renewing it."""
        with self._lock:
            self._open.pop(lease, None)

    def renew(self) -> bool:
        """Renew all; False when there is nothing left to do."""
        from sqlalchemy import update

        from motadata_nb.catalog.agents import threads
        from motadata_nb.errors import MotadataError

        with self._lock:
            leases = dict(self._open)
            if not leases:
                self._works = False
                return False
        try:
            with self._database().write() as db:
                for lease, thread_id in leases.items():
                    where = [threads.c.id == thread_id, threads.c.lease == lease]
                    db.execute(update(threads).where(*where).values(lease_until=time.time() + LEASE_S))
        except MotadataError:
            return True  # tried again at the next round; the steps' own writes tell the user
        return True


def _keep(reference: weakref.ref[Keeper]) -> None:
    while True:
        time.sleep(LEASE_S / 3)
        keeper = reference()
        if keeper is None or not keeper.renew():
            return
        del keeper
