"""Lists of values in parts that one statement takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["in_parts"]

V = TypeVar("V")

# SQLite takes 32,766 values in one statement, PostgreSQL 65,535.
_IN_LIST = 5000


def in_parts(values: Sequence[V]) -> Iterator[list[V]]:
    """The values in lists of at most 5,000; nothing for none."""
    return (list(values[at : at + _IN_LIST]) for at in range(0, len(values), _IN_LIST))
