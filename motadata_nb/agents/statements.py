"""The statements that a journal runs at every turn. Building one costs more than running it, so each is built once."""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = [
    "end_run",
    "find_thread",
    "give_back",
    "insert_run",
    "insert_thread",
    "lease_of",
    "tail",
    "take_lease",
]


@cache
def find_thread() -> Any:
    """The thread of a name."""
    from sqlalchemy import bindparam, select

    from motadata_nb.catalog.agents import threads as t

    columns = [t.c.id, t.c.epoch, t.c.summary, t.c.lease, t.c.lease_owner, t.c.lease_until]
    return select(*columns).where(t.c.tenant == bindparam("p_tenant"), t.c.name == bindparam("p_name"))


@cache
def insert_thread() -> Any:
    """A new thread."""
    from sqlalchemy import insert

    from motadata_nb.catalog.agents import threads

    return insert(threads)


@cache
def insert_run() -> Any:
    """A new run."""
    from sqlalchemy import insert

    from motadata_nb.catalog.agents import runs

    return insert(runs)


@cache
def take_lease() -> Any:
    """Take a thread."""
    from sqlalchemy import bindparam, update

    from motadata_nb.catalog.agents import threads as t

    names = ("epoch", "lease", "lease_owner", "lease_until", "updated_at")
    return update(t).where(t.c.id == bindparam("p_id")).values({n: bindparam(f"p_{n}") for n in names})


@cache
def give_back() -> Any:
    """Give a thread back, if it is still ours."""
    from sqlalchemy import bindparam, update

    from motadata_nb.catalog.agents import threads as t

    statement = update(t).where(t.c.id == bindparam("p_id"), t.c.lease == bindparam("p_lease"))
    return statement.values(lease="", lease_owner="", lease_until=0.0, updated_at=bindparam("p_now"))


@cache
def lease_of() -> Any:
    """Whose a thread is."""
    from sqlalchemy import bindparam, select

    from motadata_nb.catalog.agents import threads as t

    return select(t.c.lease).where(t.c.id == bindparam("p_id"))


@cache
def end_run() -> Any:
    """How a run ended."""
    from sqlalchemy import bindparam, update

    from motadata_nb.catalog.agents import runs

    names = ("status", "reason", "text", "model", "input_tokens", "output_tokens", "cost", "seconds", "ended_at")
    return update(runs).where(runs.c.id == bindparam("p_id")).values({n: bindparam(n) for n in names})


@cache
def tail() -> Any:
    """The last steps of a thread that a model is told of."""
    from sqlalchemy import bindparam, select

    from motadata_nb.catalog.agents import steps

    c = steps.c
    columns = [c.id, c.run_id, c.kind, c.key, c.name, c.call_id, c.text, c.state, c.note, c.calls]
    query = select(*columns).where(c.thread_id == bindparam("p_thread"), c.kind.in_(("task", "model", "tool")))
    query = query.where(c.id > bindparam("p_after"), c.id < bindparam("p_before"))
    return query.order_by(c.id.desc()).limit(bindparam("p_limit"))
