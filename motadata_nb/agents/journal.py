"""Where runs are written while they go: each step before the next begins, so that a killed run goes on where it was."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from motadata_nb.agents.base import Step
from motadata_nb.agents.history import History, closed
from motadata_nb.agents.lease import LEASE_S, Busy, Keeper, held
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.rows import spoken_from, step_from, step_row, upsert_steps
from motadata_nb.agents.statements import (
    end_run,
    find_thread,
    give_back,
    insert_run,
    insert_thread,
    lease_of,
    tail,
    take_lease,
)
from motadata_nb.catalog.owners import owner
from motadata_nb.errors import UnknownName, WorkspaceError
from motadata_nb.gateway.base import Message

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from motadata_nb.catalog.engine import Database

__all__ = ["Journal", "Opened"]

T = TypeVar("T")

_WAIT_S = 60.0
_POLL_S = 0.05


@dataclass(slots=True)
class Opened:
    """A run that this process may write: the thread's lease, and what was said before."""

    journal: Journal
    thread_id: int
    thread: str
    run: str
    lease: str
    history: list[Message] = field(default_factory=list)
    recorded: list[Step] = field(default_factory=list)
    """Steps of an earlier process, the task first; empty for a new run."""

    def write(self, steps: list[Step]) -> None:
        """Add the steps, or replace those of the same kind and key. Raises WorkspaceError when the lease was lost."""
        self.journal.write(self, steps)

    async def awrite(self, steps: list[Step]) -> None:
        """The same, off the event loop."""
        await self.journal.later(self.journal.write, self, steps)


class Journal:
    """Begins, resumes, writes and ends the runs of one tenant."""

    def __init__(self, database: Callable[[], Database], tenant: str = "default") -> None:
        self._database = database
        self.tenant = tenant
        self._history: dict[int, History] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._keeper = Keeper(database)

    async def later(self, function: Callable[..., T], *arguments: Any) -> T:
        """A call in the one thread that writes, so that many runs of a process do not fight over the database."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="motadata-nb-journal")
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def abegin(self, wait_s: float = _WAIT_S, **wanted: Any) -> Opened:
        """`begin`, waiting for another run's turn without blocking the event loop."""
        return await _turn(lambda: self.later(lambda: self._begin(**wanted)), wait_s)

    def begin(self, wait_s: float = _WAIT_S, **wanted: Any) -> Opened:
        """Take the thread's lease and write the task down. Raises WorkspaceError when another keeps the thread."""
        end = time.monotonic() + wait_s
        while isinstance(found := self._begin(**wanted), Busy):
            if time.monotonic() > end:
                raise found.error(wait_s)
            time.sleep(_POLL_S)
        return found

    async def aresume(self, run: str, wait_s: float = _WAIT_S) -> Opened:
        """The run as it was left, with its recorded steps. Raises UnknownName."""
        return await _turn(lambda: self.later(self._resume, run), wait_s)

    def _begin(
        self,
        *,
        thread: str | None,
        agent: str,
        task: Step,
        spec: dict[str, Any] | None = None,
        run: str = "",
        parent: str = "",
        room: int = 16_000,
        hidden: bool = False,
    ) -> Opened | Busy:
        name, run = thread or _new_name(agent), run or secrets.token_hex(8)
        now, lease = time.time(), secrets.token_hex(8)
        with self._database().write() as db:
            taken = self._take(db, name, agent, lease, now, hidden)
            if isinstance(taken, Busy):
                return taken
            thread_id, epoch, summary = taken
            history = self._read_history(db, thread_id, epoch, room) if epoch >= 0 else []
            values = {"id": run, "tenant": self.tenant, "thread_id": thread_id, "agent": agent, "parent": parent}
            db.execute(insert_run(), values | {"status": "running", "started_at": now, "spec": spec})
            db.execute(upsert_steps(db.dialect.name), step_row(task, self.tenant, thread_id, run, now))
        self._keeper.keep(lease, thread_id)
        return Opened(self, thread_id, name, run, lease, _summed(summary, history))

    def _take(
        self, db: Connection, name: str, agent: str, lease: str, now: float, hidden: bool
    ) -> tuple[int, int, str] | Busy:
        """The thread's id, epoch (−1: the thread is new) and summary, with its lease taken."""
        kept = {"lease": lease, "lease_owner": owner(), "lease_until": now + LEASE_S, "updated_at": now}
        row = db.execute(find_thread(), {"p_tenant": self.tenant, "p_name": name}).mappings().first()
        if row is None:
            values = {"tenant": self.tenant, "name": name, "agent": agent, "created_at": now, "hidden": int(hidden)}
            made = db.execute(insert_thread(), values | kept).inserted_primary_key
            assert made is not None  # an insert of one row has one
            return int(made[0]), -1, ""
        if held(dict(row), now):
            return Busy(name, str(row["lease_owner"]))
        thread_id, epoch = int(row["id"]), int(row["epoch"])
        if row["lease"]:  # its holder is gone, and so is what it was doing
            epoch += 1
            self._give_up(db, thread_id, now)
        db.execute(take_lease(), {"p_id": thread_id, "p_epoch": epoch, **{f"p_{k}": v for k, v in kept.items()}})
        return thread_id, epoch, str(row["summary"])

    def _give_up(self, db: Connection, thread_id: int, now: float) -> None:
        from sqlalchemy import update

        from motadata_nb.catalog.agents import runs

        reason = "the process ended while the run was going on"
        where = [runs.c.thread_id == thread_id, runs.c.status == "running"]
        db.execute(update(runs).where(*where).values(status="interrupted", reason=reason, ended_at=now))

    def _resume(self, run: str) -> Opened | Busy:
        from sqlalchemy import select, update

        from motadata_nb.catalog.agents import runs, steps, threads

        now, lease = time.time(), secrets.token_hex(8)
        with self._database().write() as db:
            query = select(runs.c.thread_id).where(runs.c.tenant == self.tenant, runs.c.id == run)
            thread_id = db.execute(query).scalar()
            if thread_id is None:
                raise UnknownName("run", run, [], empty="Type: %agent threads to see threads and their runs")
            thread = db.execute(select(threads).where(threads.c.id == thread_id)).mappings().one()
            if held(thread, now):
                return Busy(str(thread["name"]), str(thread["lease_owner"]))
            in_thread = select(steps).where(steps.c.thread_id == thread_id).order_by(steps.c.id)
            rows = db.execute(in_thread.where(steps.c.run_id == run)).mappings().all()
            before = db.execute(in_thread.where(steps.c.id < rows[0]["id"])).mappings().all()
            kept = {"lease": lease, "lease_owner": owner(), "lease_until": now + LEASE_S}
            # What others have read of this run may change now.
            db.execute(update(threads).where(threads.c.id == thread_id).values(epoch=threads.c.epoch + 1, **kept))
            db.execute(update(runs).where(runs.c.id == run).values(status="running", reason="", ended_at=None))
        history = closed([(str(row["run_id"]), step_from(row)) for row in before])
        self._keeper.keep(lease, thread_id)
        history = _summed(str(thread["summary"]), history)
        return Opened(self, thread_id, thread["name"], run, lease, history, [step_from(row) for row in rows])

    def write(self, opened: Opened, steps: Sequence[Step]) -> None:
        """Add the steps to the run, or replace those of the same kind and key."""
        with self._database().write() as db:
            lease = db.execute(lease_of(), {"p_id": opened.thread_id}).scalar()
            if lease != opened.lease:
                raise _lost(opened)
            self._add(db, opened, steps)

    def _add(self, db: Connection, opened: Opened, steps: Sequence[Step]) -> None:
        now = time.time()
        rows = [step_row(step, self.tenant, opened.thread_id, opened.run, now) for step in steps]
        if rows:
            db.execute(upsert_steps(db.dialect.name), rows if len(rows) > 1 else rows[0])

    def finish(self, opened: Opened, run: AgentRun, steps: Sequence[Step] = ()) -> None:
        """Write the last steps and how the run ended, and give the thread back."""
        now = time.time()
        try:
            with self._database().write() as db:
                self._add(db, opened, steps)
                values: dict[str, Any] = {
                    "p_id": opened.run,
                    "status": run.status,
                    "reason": run.reason,
                    "text": run.text,
                }
                values |= {"model": run.model, "cost": run.cost, "seconds": run.seconds, "ended_at": now}
                tokens = {"input_tokens": run.usage.input_tokens, "output_tokens": run.usage.output_tokens}
                db.execute(end_run(), values | tokens)
                given = db.execute(give_back(), {"p_id": opened.thread_id, "p_lease": opened.lease, "p_now": now})
                if given.rowcount == 0:
                    raise _lost(opened)
        finally:
            self._keeper.drop(opened.lease)

    def _read_history(self, db: Connection, thread_id: int, epoch: int, room: int) -> list[Message]:
        def read(after: int, before: int | None, limit: int) -> list[tuple[int, str, Step]]:
            values = {"p_thread": thread_id, "p_after": after, "p_before": before or 2**62, "p_limit": limit}
            return [spoken_from(row) for row in reversed(db.execute(tail(), values).all())]

        known = self._history.get(thread_id)
        if known is None or known.epoch != epoch or known.room < room:
            known = self._history[thread_id] = History(epoch, room)
            while len(self._history) > 64:
                del self._history[next(iter(self._history))]
        known.update(read)
        return known.messages(room)


async def _turn(attempt: Callable[[], Awaitable[Opened | Busy]], wait_s: float) -> Opened:
    end = time.monotonic() + wait_s
    while isinstance(found := await attempt(), Busy):
        if time.monotonic() > end:
            raise found.error(wait_s)
        await asyncio.sleep(_POLL_S)
    return found


def _summed(summary: str, history: list[Message]) -> list[Message]:
    if not summary:
        return history
    said = f"(Summary of the conversation before this point)\n{summary}"
    return [{"role": "user", "content": said}, {"role": "assistant", "content": "I remember."}, *history]


def _lost(opened: Opened) -> WorkspaceError:
    return WorkspaceError(
        f"Another kernel has taken over the thread '{opened.thread}'; this run stops here.",
        f"Type: %agent threads {opened.thread}",
    )


def _new_name(agent: str) -> str:
    return f"{agent}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
