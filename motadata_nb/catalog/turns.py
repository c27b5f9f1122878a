"""Questions and answers of a conversation with an index, by the name of its thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from motadata_nb.catalog import schema
from motadata_nb.catalog.engine import Database

__all__ = ["Turn", "Turns"]

_t = schema.turns


@dataclass(frozen=True)
class Turn:
    """One question and its answer."""

    question: str
    answer: str


class Turns:
    """Conversations of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._db = database
        self._tenant = tenant

    def add(self, thread: str, index: str, question: str, answer: str) -> None:
        """Append a turn."""
        row = {"tenant": self._tenant, "thread": thread, "index_name": index, "question": question, "answer": answer}
        with self._db.write() as c:
            c.execute(insert(_t).values(**row, at=time.time()))

    def last(self, thread: str, count: int, step: int = 1) -> list[Turn]:
        """The newest turns, oldest first; up to `step` - 1 more, so that the first changes only every `step` turns."""
        if step > 1:
            count += max(0, self._count(thread) - count) % step
        query = (
            select(_t.c.question, _t.c.answer)
            .where(_t.c.tenant == self._tenant, _t.c.thread == thread)
            .order_by(_t.c.id.desc())
            .limit(count)
        )
        with self._db.read() as c:
            return [Turn(row.question, row.answer) for row in c.execute(query)][::-1]

    def forget_index(self, index: str) -> int:
        """Remove all turns with an index, of whatever thread; gives how many there were."""
        with self._db.write() as c:
            gone = c.execute(delete(_t).where(_t.c.tenant == self._tenant, _t.c.index_name == index))
            return int(gone.rowcount)

    def _count(self, thread: str) -> int:
        query = select(func.count()).where(_t.c.tenant == self._tenant, _t.c.thread == thread)
        with self._db.read() as c:
            return int(c.execute(query).scalar_one())

    def threads(self, index: str | None = None) -> dict[str, int]:
        """Number of turns by thread, of one index or of all, the newest thread first."""
        query = (
            select(_t.c.thread, func.count())
            .where(_t.c.tenant == self._tenant, *([] if index is None else [_t.c.index_name == index]))
            .group_by(_t.c.thread)
            .order_by(func.max(_t.c.id).desc())
        )
        with self._db.read() as c:
            return {thread: int(count) for thread, count in c.execute(query)}

    def branch(self, thread: str, name: str, index: str, upto: int) -> None:
        """Begin the thread `name` with the first turns of another."""
        for turn in self.last(thread, 10_000)[:upto]:
            self.add(name, index, turn.question, turn.answer)

    def forget(self, thread: str) -> int:
        """Remove a thread; gives how many turns it had."""
        with self._db.write() as c:
            gone = c.execute(delete(_t).where(_t.c.tenant == self._tenant, _t.c.thread == thread))
            return int(gone.rowcount)
