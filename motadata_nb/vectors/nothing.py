"""Why nothing passes a filter, in words: what the field holds that was compared."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from motadata_nb.errors import nearest
from motadata_nb.vectors.filters import Compare, Filter, comparisons

__all__ = ["why_nothing"]

_NOTHING = "nothing passes the filter"
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?")
_LISTED = 6
_LONGEST = 30
_COMPARED = 2000


def why_nothing(where: Filter, held_in: Callable[[str], Iterable[Any]]) -> str:
    """The note for a filter that lets nothing pass; `held_in` gives the different values of a field.

    Each comparison is looked at by itself: one of a field that holds nothing, of a text with numbers or the other way
    round, or with a text that stands nowhere.
    """
    for comparison in comparisons(where):
        held = list(_entries(held_in(comparison.field)))
        if comparison.operator != "null" and (why := _why(comparison, held)):
            return f"{_NOTHING}: {why}"
    return _NOTHING


def _why(comparison: Compare, held: list[Any]) -> str:
    asked = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    if not held:
        return f"no passage has a {comparison.field}"
    if _texts(asked).isdisjoint(_texts(held)):
        if isinstance(held[0], str) and _TIME.fullmatch(held[0]):
            return f"{comparison.field} holds times, like {held[0].removesuffix('T00:00:00')}"
        kind = "texts" if isinstance(held[0], str) else "numbers"
        return f"{comparison.field} holds {kind}, like {reprlib.repr(held[0])}"
    if comparison.operator in ("=", "in") and _texts(asked) == {True} and set(asked).isdisjoint(held):
        return _nearest_texts(comparison.field, asked, {value for value in held if isinstance(value, str)})
    return ""


def _nearest_texts(field: str, asked: Iterable[str], held: set[str]) -> str:
    """What a field has, where that is little; otherwise what is nearly what was asked for."""
    if len(held) <= _LISTED and max(map(len, held)) <= _LONGEST:
        return f"{field} holds {', '.join(repr(value) for value in sorted(held))}"
    some = sorted(held)[:_COMPARED]
    near = next((close for one in asked if (close := nearest(one, some))), None)
    return f"{field} holds {near!r}" if near else ""


def _entries(values: Iterable[Any]) -> Iterator[Any]:
    """Values one by one, also those in lists; what is missing is left out."""
    for value in values:
        if isinstance(value, tuple):
            yield from value
        elif value is not None:
            yield value


def _texts(values: Iterable[Any]) -> set[bool]:
    return {isinstance(value, str) for value in values}
