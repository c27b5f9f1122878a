"""The notebook cell that runs now, so that the ledger can say what each cell cost."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache

__all__ = ["CELL", "cell_name"]

CELL: ContextVar[str] = ContextVar("motadata_nb_cell", default="")
"""Source of the cell that runs; set by whoever runs cells, empty elsewhere."""

_LONGEST = 60


@lru_cache(256)
def cell_name(source: str) -> str:
    """A cell as a person knows it again, the same when it is run again: its first line, without secrets.

    >>> cell_name("# a comment\\n\\n%%llm fast\\nWrite a haiku about spring.")
    '%%llm fast: Write a haiku about spring.'
    """
    from motadata_nb.telemetry.redaction import scrub

    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.lstrip().startswith("# ")]
    name = ": ".join(lines[:2]) if lines and lines[0].startswith("%%") else "".join(lines[:1])
    name = " ".join(scrub(name).split())
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"
