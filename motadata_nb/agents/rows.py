"""Steps as rows of the catalog, and the statements that write them, built once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import NO_USAGE, Step
from motadata_nb.gateway.base import ToolCall, Usage

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

__all__ = ["spoken_from", "step_from", "step_row", "upsert_steps"]

_OWN = ("kind", "key", "agent", "name", "call_id", "arguments", "text", "thinking", "state", "note", "child", "printed")
_KEY = ("thread_id", "run_id", "kind", "key")


def step_row(step: Step, tenant: str, thread_id: int, run: str, now: float) -> dict[str, Any]:
    """The row of a step."""
    usage = step.usage
    row: dict[str, Any] = {name: getattr(step, name) for name in _OWN}
    row.update(
        tenant=tenant,
        thread_id=thread_id,
        run_id=run,
        calls=[[c.id, c.name, c.arguments] for c in step.calls],
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cost=step.cost,
        seconds=step.seconds,
        at=step.at or now,
        model_calls=step.model_calls,
    )
    return row


@cache
def upsert_steps(dialect: str) -> Any:
    """Adds steps, or replaces those of the same run, kind and key."""
    from sqlalchemy.dialects import postgresql, sqlite

    from motadata_nb.catalog.agents import steps

    statement: Any = (postgresql if dialect == "postgresql" else sqlite).insert(steps)
    changed = {c.name: statement.excluded[c.name] for c in steps.c if c.name not in (*_KEY, "id", "tenant")}
    return statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed)


def step_from(row: RowMapping) -> Step:
    """The step of a row."""
    usage = Usage(
        input_tokens=row["input_tokens"], output_tokens=row["output_tokens"], cached_tokens=row["cached_tokens"]
    )
    return Step(
        **{name: row[name] for name in _OWN},
        calls=_calls(row["calls"]),
        usage=usage if usage != NO_USAGE else NO_USAGE,
        cost=row["cost"],
        seconds=row["seconds"],
        at=row["at"],
        model_calls=row["model_calls"],
    )


def spoken_from(row: Any) -> tuple[int, str, Step]:
    """Id, run and what a model needs to know of the step."""
    calls = _calls(row.calls)
    step = Step(
        kind=row.kind, key=row.key, name=row.name, call_id=row.call_id, text=row.text, state=row.state, note=row.note,
        calls=calls,
    )  # fmt: skip
    return int(row.id), str(row.run_id), step


def _calls(found: Any) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(id=i, name=n, arguments=a) for i, n, a in found or ())
