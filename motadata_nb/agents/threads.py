"""Threads: conversations that can be listed, read, searched, branched, rewound and deleted; and deciding what waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import Reply, Step
from motadata_nb.agents.history import closed, tokens_of
from motadata_nb.agents.journal import Journal
from motadata_nb.agents.lease import Busy, held
from motadata_nb.agents.rows import step_from
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.gateway.base import Message, Usage

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from motadata_nb.catalog.engine import Database

__all__ = ["Threads"]


class Threads:
    """The conversations of one tenant. `journal` writes the runs that are going on."""

    def __init__(self, database: Callable[[], Database], tenant: str = "default") -> None:
        self._open = database
        self.tenant = tenant
        self.journal = Journal(database, tenant)

    @property
    def database(self) -> Database:
        """The catalog's database."""
        return self._open()

    def names(self) -> list[str]:
        """The names of the threads, the most recent first."""
        return [str(row["name"]) for row in self.recent()]

    def recent(self, agent: str | None = None) -> list[dict[str, Any]]:
        """Threads with agent, runs, the last status and when they were last used; the most recent first."""
        from sqlalchemy import func, select

        from motadata_nb.catalog.agents import runs, threads

        count = (
            select(func.count(runs.c.id)).where(runs.c.thread_id == threads.c.id).scalar_subquery().label("runs")
        )  # fmt: skip
        last = (
            select(runs.c.status).where(runs.c.thread_id == threads.c.id)
            .order_by(runs.c.started_at.desc()).limit(1).scalar_subquery().label("status")
        )  # fmt: skip
        leases = [threads.c.lease, threads.c.lease_owner, threads.c.lease_until]
        columns = [threads.c.name, threads.c.agent, threads.c.origin, threads.c.updated_at, *leases]
        query = select(*columns, count, last).where(threads.c.tenant == self.tenant, threads.c.hidden == 0)
        if agent is not None:
            query = query.where(threads.c.agent == agent)
        with self.database.read() as db:
            rows = db.execute(query.order_by(threads.c.updated_at.desc())).mappings().all()
        return [_as_it_is(row) for row in rows]

    def steps(self, thread: str) -> list[Step]:
        """All steps of a thread, in order. Raises UnknownName."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import steps

        with self.database.read() as db:
            found = self._thread_row(db, thread)
            query = select(steps).where(steps.c.thread_id == found["id"]).order_by(steps.c.id)
            return [step_from(row) for row in db.execute(query).mappings()]

    def messages(self, thread: str) -> list[Message]:
        """The thread as a model would see it, whole."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import steps

        with self.database.read() as db:
            found = self._thread_row(db, thread)
            query = select(steps).where(steps.c.thread_id == found["id"]).order_by(steps.c.id)
            return closed([(str(row["run_id"]), step_from(row)) for row in db.execute(query).mappings()])

    def run_steps(self, run: str) -> tuple[Step, ...]:
        """The steps of one run, the task first."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import steps

        with self.database.read() as db:
            found = self._run_row(db, run)
            query = select(steps).where(steps.c.thread_id == found["thread_id"], steps.c.run_id == run)
            return tuple(step_from(row) for row in db.execute(query.order_by(steps.c.id)).mappings())

    def task(self, run: str) -> Step:
        """What a run was asked to do."""
        return self.run_steps(run)[0]

    def runs(self, thread: str | None = None, status: str | None = None) -> list[dict[str, Any]]:
        """Runs with thread, agent, status, text and cost, the most recent first; not those of team members."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import runs, threads

        query = select(runs, threads.c.name.label("thread")).join(threads, threads.c.id == runs.c.thread_id)
        query = query.where(runs.c.tenant == self.tenant, runs.c.parent == "")
        if thread is not None:
            query = query.where(threads.c.name == thread)
        if status is not None:
            query = query.where(runs.c.status == status)
        with self.database.read() as db:
            return [dict(r) for r in db.execute(query.order_by(runs.c.started_at.desc(), runs.c.id)).mappings()]

    def unfinished(self, thread: str) -> str:
        """The id of the thread's last run. Raises UnknownName, or InvalidInput when there is nothing to resume."""
        with self.database.read() as db:
            self._thread_row(db, thread)
        found = self.runs(thread)
        if not found or found[0]["status"] == "done":
            raise InvalidInput(
                f"The last run of the thread '{thread}' is done; there is nothing to resume.",
                f"Type: %%agent --thread {thread} and a new task",
            )
        return str(found[0]["id"])

    def pending(self, run: str) -> list[tuple[str, Step]]:
        """Approvals that a run waits for, its team members' too, each with the id of the run it belongs to."""
        found: list[tuple[str, Step]] = []
        for step in self.run_steps(run):
            if step.kind == "approval" and step.state == "waiting":
                found.append((run, step))
            elif step.kind == "tool" and step.state == "waiting" and step.child:
                found += self.pending(step.child)
        return found

    def decide(
        self, run: str, key: str | None, state: str, *, arguments: str | None = None, reason: str = ""
    ) -> list[Step]:
        """Approve or deny waiting calls of a run: that key's, or all. Raises InvalidInput when none waits."""
        from sqlalchemy import update

        from motadata_nb.catalog.agents import steps

        waiting = [(owner, s) for owner, s in self.pending(run) if key in (None, s.key, f"{owner}:{s.key}")]
        if not waiting:
            raise InvalidInput(
                f"No call of the run '{run}' waits for approval" + (f" under the key {key}." if key else "."),
                "Type: %agent threads to see what waits",
            )
        if arguments is not None and len(waiting) > 1:
            raise InvalidInput(
                "Edited arguments need the key of one call.", f"Keys: {', '.join(s.key for _, s in waiting)}"
            )
        decided = []
        with self.database.write() as db:
            for owner, step in waiting:
                values: dict[str, Any] = {"state": state, "text": reason, "at": time.time()}
                if arguments is not None:
                    values["arguments"] = arguments
                where = [steps.c.run_id == owner, steps.c.kind == "approval", steps.c.key == step.key]
                changed = db.execute(update(steps).where(*where, steps.c.state == "waiting").values(**values))
                if changed.rowcount:
                    decided.append(step)
        if not decided:
            raise InvalidInput("Somebody else has just decided these calls.", f"Type: %agent resume {run}")
        return decided

    def reply(self, run: str) -> Reply:
        """What a finished run answered, for the call that started it."""
        steps = self.run_steps(run)
        with self.database.read() as db:
            row = self._run_row(db, run)
        usage = Usage(input_tokens=row["input_tokens"], output_tokens=row["output_tokens"])
        calls = sum(s.kind == "model" for s in steps) + sum(s.model_calls for s in steps)
        return Reply(text=str(row["text"]), usage=usage, cost=row["cost"], model_calls=calls, child=run)

    def search(self, query: str, limit: int = 20) -> list[dict[str, Any]]:
        """Past messages that have all words of the query, the most recent first: thread, kind, text, at."""
        from sqlalchemy import func, select

        from motadata_nb.catalog.agents import steps, threads

        words = query.lower().split()
        if not words:
            raise InvalidInput("The search is empty.", "Type words: ws.agents.threads.search('refund lamp')")
        found = select(threads.c.name.label("thread"), steps.c.kind, steps.c.agent, steps.c.text, steps.c.at)
        found = found.join(threads, threads.c.id == steps.c.thread_id).where(steps.c.tenant == self.tenant)
        found = found.where(steps.c.kind.in_(("task", "model", "tool")))
        for word in words:
            found = found.where(func.lower(steps.c.text).contains(word, autoescape=True))
        with self.database.read() as db:
            return [dict(r) for r in db.execute(found.order_by(steps.c.id.desc()).limit(limit)).mappings()]

    def branch(self, thread: str, name: str | None = None, *, upto: int | None = None) -> str:
        """A copy of a thread up to its `upto`-th turn (all, when None) under a new name, which is returned."""
        from sqlalchemy import insert, literal, select

        from motadata_nb.catalog.agents import steps, threads

        with self.database.write() as db:
            found = self._thread_row(db, thread)
            made = name or self._free_name(db, thread)
            self._refuse_taken(db, made)
            now = time.time()
            new = db.execute(
                insert(threads),
                {"tenant": self.tenant, "name": made, "agent": found["agent"], "origin": thread,
                 "summary": found["summary"], "created_at": now, "updated_at": now},
            ).inserted_primary_key  # fmt: skip
            assert new is not None  # an insert of one row has one
            last = self._end_of_turn(db, int(found["id"]), upto)
            columns = [c for c in steps.c if c.name not in ("id", "thread_id")]
            copied = select(literal(new[0]), *columns).where(steps.c.thread_id == found["id"], steps.c.id <= last)
            names = ["thread_id", *(c.name for c in columns)]
            db.execute(insert(steps).from_select(names, copied.order_by(steps.c.id)))
        return made

    def rewind(self, thread: str, turns: int = 1) -> str:
        """Take the last turns off a thread; the name of the branch that keeps them is returned."""
        from sqlalchemy import delete, func, select, update

        from motadata_nb.catalog.agents import runs, steps, threads

        with self.database.read() as db:
            found = self._thread_row(db, thread)
            if held(found, time.time()):
                raise Busy(thread, str(found["lease_owner"])).error(0)
            tasks = select(func.count()).where(steps.c.thread_id == found["id"], steps.c.kind == "task")
            total = int(db.execute(tasks).scalar() or 0)
        if not 0 < turns <= total:
            raise InvalidInput(f"The thread '{thread}' has {total} turns, not {turns}.", "Give turns=1")
        kept = self.branch(thread)
        with self.database.write() as db:
            last = self._end_of_turn(db, int(found["id"]), total - turns)
            gone = select(steps.c.run_id).where(steps.c.thread_id == found["id"], steps.c.id > last)
            db.execute(delete(runs).where(runs.c.thread_id == found["id"], runs.c.id.in_(gone)))
            db.execute(delete(steps).where(steps.c.thread_id == found["id"], steps.c.id > last))
            db.execute(
                update(threads).where(threads.c.id == found["id"]).values(epoch=threads.c.epoch + 1)
            )  # fmt: skip
        return kept

    def delete(self, thread: str) -> None:
        """Remove a thread with its runs and steps."""
        from sqlalchemy import delete

        from motadata_nb.catalog.agents import threads

        with self.database.write() as db:
            found = self._thread_row(db, thread)
            db.execute(delete(threads).where(threads.c.id == found["id"]))

    def _end_of_turn(self, db: Connection, thread_id: int, upto: int | None) -> int:
        """The id of the last step of the `upto`-th turn."""
        from sqlalchemy import func, select

        from motadata_nb.catalog.agents import steps

        if upto is None:
            return int(db.execute(select(func.max(steps.c.id)).where(steps.c.thread_id == thread_id)).scalar() or 0)
        query = select(steps.c.id).where(steps.c.thread_id == thread_id, steps.c.kind == "task").order_by(steps.c.id)
        starts = [int(i) for i in db.execute(query).scalars()]
        if not 0 <= upto <= len(starts):
            raise InvalidInput(f"The thread has {len(starts)} turns, not {upto}.", f"Give upto={len(starts)}")
        return starts[upto] - 1 if upto < len(starts) else self._end_of_turn(db, thread_id, None)

    def _free_name(self, db: Connection, thread: str) -> str:
        taken = set(self._names(db))
        return next(n for i in range(1, len(taken) + 2) if (n := f"{thread}~{i}") not in taken)

    def _refuse_taken(self, db: Connection, name: str) -> None:
        if name in self._names(db):
            raise InvalidInput(f"There is a thread called '{name}' already.", "Choose another name.")

    def _names(self, db: Connection) -> Sequence[str]:
        from sqlalchemy import select

        from motadata_nb.catalog.agents import threads

        return db.execute(select(threads.c.name).where(threads.c.tenant == self.tenant)).scalars().all()

    def _thread_row(self, db: Connection, name: str) -> RowMapping:
        from sqlalchemy import select

        from motadata_nb.catalog.agents import threads

        query = select(threads).where(threads.c.tenant == self.tenant, threads.c.name == name)
        found = db.execute(query).mappings().first()
        if found is None:
            raise UnknownName("thread", name, self._names(db), example="%agent threads {}")
        return found

    def _run_row(self, db: Connection, run: str) -> RowMapping:
        from sqlalchemy import select

        from motadata_nb.catalog.agents import runs

        found = db.execute(select(runs).where(runs.c.tenant == self.tenant, runs.c.id == run)).mappings().first()
        if found is None:
            raise UnknownName("run", run, [], empty="Type: %agent threads to see threads and their runs")
        return found

    def origin(self, run: str) -> tuple[str, dict[str, Any] | None]:
        """The name of the agent that began a run, and its spec where it has one. Raises UnknownName."""
        with self.database.read() as db:
            row = self._run_row(db, run)
        return str(row["agent"]), row["spec"]

    def exists(self, run: str) -> str:
        """The status of a run; empty when there is none."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import runs

        with self.database.read() as db:
            query = select(runs.c.status).where(runs.c.tenant == self.tenant, runs.c.id == run)
            return str(db.execute(query).scalar() or "")

    def outgrown(self, thread: str, room: int) -> tuple[list[tuple[str, Step]], int, str] | None:
        """Steps before the last `room` tokens that no summary covers yet, the id of the last, and the summary so far.

        None while it is not worth a summary: less than a quarter of the room has gone out of sight.
        """
        from sqlalchemy import select

        from motadata_nb.catalog.agents import steps

        with self.database.read() as db:
            found = self._thread_row(db, thread)
            query = select(steps).where(steps.c.thread_id == found["id"], steps.c.id > found["summary_upto"])
            rows = db.execute(query.order_by(steps.c.id)).mappings().all()
        turns: dict[str, list[RowMapping]] = {}
        for row in rows:
            turns.setdefault(str(row["run_id"]), []).append(row)
        sizes = {run: tokens_of(closed([(run, step_from(r)) for r in part])) for run, part in turns.items()}
        out: list[RowMapping] = []
        seen = 0
        for run, part in reversed(turns.items()):
            seen += sizes[run]
            if seen > room:
                out = [*part, *out]
        if not out or seen - room < room // 4:
            return None
        return [(str(r["run_id"]), step_from(r)) for r in out], int(out[-1]["id"]), str(found["summary"])

    def summarise(self, thread: str, summary: str, upto: int) -> None:
        """Keep a summary of the thread up to a step's id."""
        from sqlalchemy import update

        from motadata_nb.catalog.agents import threads

        with self.database.write() as db:
            found = self._thread_row(db, thread)
            db.execute(update(threads).where(threads.c.id == found["id"]).values(summary=summary, summary_upto=upto))


def _as_it_is(row: RowMapping) -> dict[str, Any]:
    """The row without its lease: a run whose process is gone has not been running since."""
    found = {key: value for key, value in row.items() if not key.startswith("lease")}
    if found["status"] == "running" and not held(row, time.time()):
        found["status"] = "interrupted"
    return found
