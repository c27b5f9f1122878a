"""What is remembered of a user across threads: facts, procedures, with where each came from.

The catalog's table is the truth, by tenant and user. A hidden index is a projection of it, one for each user, so that
memories are found as passages are: by words and vectors, ranked by the same code. It is brought up to date when it is
next asked, whoever wrote the table. An edited memory is another document of it, and a forgotten one is purged from it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from motadata_nb.aio import in_thread, plain
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.ingestion.sources import Source, Sources

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from motadata_nb.catalog.catalog import Catalog
    from motadata_nb.rag.index import Index

__all__ = ["KINDS", "Keep", "Memories", "Memory"]

KINDS = ("fact", "procedure")
Keep = Callable[[str, Sources | None], "Index"]
"""The hidden index of that name, brought up to date with the sources when some are given."""
_ORIGIN = "memory"
# Below this cosine similarity of the bundled model, two short texts have nothing to do with each other.
_NEAR = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """One thing that is remembered, and where it came from."""

    id: int
    kind: str
    text: str
    user: str
    agent: str
    thread: str
    run: str
    created_at: float
    updated_at: float
    score: float = 0.0
    """How well it fits what was asked; only for found ones."""


class Memories:
    """The memories of one user of one tenant."""

    def __init__(self, catalog: Callable[[], Catalog], tenant: str, user: str, keep: Keep) -> None:
        self._open = catalog
        self.tenant = tenant
        self.user = user
        self._keep = keep
        self._lock = threading.Lock()

    async def aremember(
        self,
        text: str,
        kind: Literal["fact", "procedure"] = "fact",
        *,
        agent: str = "",
        thread: str = "",
        run: str = "",
    ) -> Memory:
        """Keep a text. What is known already in the same words is not kept twice."""
        where = {"kind": kind, "agent": agent, "thread": thread, "run_id": run}
        return await self._aadded(text, where)

    remember = plain(aremember)

    def _added(self, text: str, where: dict[str, str]) -> Memory:
        from sqlalchemy import func, insert, select

        from motadata_nb.catalog.agents import memories

        text = _checked(text, "There is nothing to remember.", "Give a sentence.")
        if where["kind"] not in KINDS:
            raise InvalidInput(f"{where['kind']!r} is no kind of memory.", f"Use one of: {', '.join(KINDS)}")
        now = time.time()
        with self._open().database.write() as db:
            same = select(memories.c.id).where(*self._mine(), func.lower(memories.c.text) == text.lower())
            number = db.execute(same).scalar()
            if number is None:
                mine = {"tenant": self.tenant, "user": self.user, "text": text, "created_at": now, "updated_at": now}
                key = db.execute(insert(memories), mine | where).inserted_primary_key
                assert key is not None  # an insert of one row has one
                number = key[0]
            return self._get(db, int(number))

    _aadded = in_thread(_added)

    def _recalled(self, query: str, k: int = 6) -> list[Memory]:
        """The memories that fit best, best first; none when nothing fits."""
        if not query.strip() or not (index := self._index()):
            return []
        known = {_key(row): _memory(row) for row in self._rows()}
        best: dict[str, Memory] = {}
        for hit in index.retrieve(query, min(4 * k, 100), "hybrid").hits:
            fits = (hit.vector or 0.0) >= _NEAR or (hit.keyword or 0.0) > 0.0
            if fits and hit.document in known:
                best.setdefault(hit.document, replace(known[hit.document], score=hit.score))
        return list(best.values())[:k]

    arecall = in_thread(_recalled)
    recall = plain(arecall)

    def all(self) -> list[Memory]:
        """All memories, the latest first."""
        return [_memory(row) for row in reversed(self._rows())]

    def _edited(self, number: int, text: str) -> Memory:
        """Change the words of a memory. Raises UnknownName."""
        from sqlalchemy import update

        from motadata_nb.catalog.agents import memories

        text = _checked(text, "The new text is empty.", f"To forget it: %agent memory --forget {number}")
        with self._open().database.write() as db:
            self._get(db, number)
            changed = update(memories).where(*self._mine(), memories.c.id == number)
            db.execute(changed.values(text=text, updated_at=time.time()))
            return self._get(db, number)

    aedit = in_thread(_edited)
    edit = plain(aedit)

    def forget(self, number: int | None = None) -> int:
        """Remove one memory, or all of this user, and leave no byte of it on disk; how many were removed.

        The thread in which it was said stays: see `Memory.thread`. Raises UnknownName.
        """
        from sqlalchemy import delete

        from motadata_nb.catalog.agents import memories

        with self._open().database.write() as db:
            gone = delete(memories).where(*self._mine())
            if number is not None:
                self._get(db, number)
                gone = gone.where(memories.c.id == number)
            count = int(db.execute(gone).rowcount)
        if (index := self._index(always=True)) is not None:
            index.purge()
        return count

    def _index(self, *, always: bool = False) -> Index | None:
        """The index, as current as the table; None when there is nothing in it and never was."""
        name = _index_name(self.tenant, self.user)
        with self._lock:
            rows, catalog = self._rows(), self._open()
            known = catalog.indexes.find(name)
            if known is None and not rows:
                return None
            there = set(catalog.documents.known(known.id)) if known is not None else set()
            if there == {_key(row) for row in rows}:
                return self._keep(name, None) if rows or always else None
            return self._keep(name, _sources(rows))

    def _mine(self) -> tuple[Any, ...]:
        from motadata_nb.catalog.agents import memories

        return (memories.c.tenant == self.tenant, memories.c.user == self.user)

    def _rows(self) -> list[Any]:
        from sqlalchemy import select

        from motadata_nb.catalog.agents import memories

        with self._open().database.read() as db:
            return list(db.execute(select(memories).where(*self._mine()).order_by(memories.c.id)).mappings())

    def _get(self, db: Connection, number: int) -> Memory:
        from sqlalchemy import select

        from motadata_nb.catalog.agents import memories

        row = db.execute(select(memories).where(*self._mine(), memories.c.id == number)).mappings().first()
        if row is None:
            raise UnknownName("memory", str(number), [], empty="Type: %agent memory")
        return _memory(row)


def _checked(text: str, what: str, hint: str) -> str:
    if not (text := " ".join(text.split())):
        raise InvalidInput(what, hint)
    return text


def _index_name(tenant: str, user: str) -> str:
    """A name that no user can give or guess into another's: what begins with ~ is shown in no list."""
    return "~memory " + hashlib.sha256(f"{tenant}\0{user}".encode()).hexdigest()[:40]


def _key(row: Any) -> str:
    """Another one when the words have changed."""
    return f"{row['id']}@{row['updated_at']:.6f}"


def _sources(rows: list[Any]) -> Sources:
    def each() -> Iterator[Source]:
        for row in rows:
            text = str(row["text"])
            yield Source(key=_key(row), source=f"memory {row['id']}", origin=_ORIGIN, read=text.encode, text=text)

    return Sources(len(rows), (_ORIGIN,), each)


def _memory(row: Any) -> Memory:
    names = ("id", "kind", "text", "user", "agent", "thread", "created_at", "updated_at")
    return Memory(run=row["run_id"], **{name: row[name] for name in names})
