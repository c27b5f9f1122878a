"""What metadata filters mean: one thing, on every backend and for keyword search. How they are written: `filter_text`.

Logic has two values: a comparison with a missing value, or between a text and a number, is false, also with `!=`,
`not like` and `not in`; `not (…)` is true when what it holds is false. Two texts that are both a date, or a date and a
time, are compared as times: a date is its first moment, and a time without a zone is UTC. What is no time, such as
"unknown", is neither before a date nor after it. Of a list, one entry must pass; with `!=`, `not like` and `not in` all
must, and an empty list is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["And", "Compare", "Filter", "Not", "Or", "compare", "comparisons", "fits", "like_pattern", "names"]


@dataclass(frozen=True)
class Compare:
    """`field operator value`; operators: = != < <= > >= like unlike in outside null."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True)
class And:
    """All parts hold."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter: TypeAlias = Compare | And | Or | Not

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_NEGATIVE = {"!=", "unlike", "outside"}
_ORDER = {"<", "<=", ">", ">="}
_YEAR = re.compile(r"\d{4}(?!\d)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def fits(where: Filter, metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata of one chunk passes the filter."""
    if isinstance(where, And):
        return all(fits(part, metadata) for part in where.parts)
    if isinstance(where, Or):
        return any(fits(part, metadata) for part in where.parts)
    if isinstance(where, Not):
        return not fits(where.part, metadata)
    return compare(where, metadata.get(where.field))


def comparisons(where: Filter) -> Iterator[Compare]:
    """All comparisons of a filter, in order."""
    if isinstance(where, Compare):
        yield where
        return
    for part in (where.part,) if isinstance(where, Not) else where.parts:
        yield from comparisons(part)


def names(where: Filter) -> set[str]:
    """The fields that a filter asks for."""
    return {comparison.field for comparison in comparisons(where)}


def compare(where: Compare, value: Any) -> bool:
    """Whether one value passes one comparison: of a list one entry, or with != and not all; a table is missing."""
    if isinstance(value, list | tuple):
        entries = [entry for entry in value if isinstance(entry, str | int | float)]
        together = all if where.operator in _NEGATIVE else any
        return together(compare(where, entry) for entry in entries) if entries else where.operator == "null"
    if not isinstance(value, str | int | float):
        value = None
    if where.operator == "null":
        return value is None
    if value is None:
        return False
    if where.operator == "in":
        return any(_holds("=", value, item) for item in where.value)
    if where.operator == "outside":
        return all(_holds("!=", value, item) for item in where.value)
    if where.operator in ("like", "unlike"):
        like = isinstance(value, str) and like_pattern(where.value).fullmatch(value) is not None
        return like if where.operator == "like" else isinstance(value, str) and not like
    return _holds(where.operator, value, where.value)


def _holds(operator: str, value: Any, other: Any) -> bool:
    if isinstance(value, str) != isinstance(other, str):
        return False
    if isinstance(value, str) and (times := _times(value, other)):
        value, other = times
    elif operator in _ORDER and isinstance(value, str) and _TIME.fullmatch(other) and not _YEAR.match(value):
        return False
    return _COMPARISONS[operator](value, other)


def _times(one: str, other: str) -> tuple[datetime, datetime] | None:
    """Both as times, when both are."""
    if not (_TIME.fullmatch(other) and _TIME.fullmatch(one)):
        return None
    try:
        found = datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:
        return None
    first, second = (time if time.tzinfo else time.replace(tzinfo=UTC) for time in found)
    return first, second


@lru_cache(64)
def like_pattern(pattern: str) -> re.Pattern[str]:
    """An SQL LIKE pattern as a regular expression: % any run, _ one character, case-insensitive."""
    first, *rest = ("".join("." if c == "_" else re.escape(c) for c in part) for part in pattern.split("%"))
    if rest:
        # What stands between two % is taken where it comes first and not tried elsewhere: no pattern takes for ever.
        first += "".join(f"(?>.*?{part})" for part in rest[:-1]) + ".*" + rest[-1]
    return re.compile(first, re.IGNORECASE | re.DOTALL)
