"""Metadata filters: a small safe expression language, with one meaning on every backend and for keyword search.

    page > 3 and source like '%2024%' and not (lang in ('de', 'fr') or title is null)

Comparisons: = == != <> < <= > >=, [not] like (% and _, case-insensitive), [not] in (…), is [not] null.
Values: numbers, 'text' (a quote is doubled), true, false. Names with other characters are put in double quotes.
Logic has two values: a comparison with a missing value, or between a text and a number, is false, also with `!=`,
`not like` and `not in`; `not (…)` is true when what it holds is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from motadata_nb.errors import InvalidInput

__all__ = ["And", "Compare", "Filter", "Not", "Or", "compare", "fits", "like_pattern", "names", "parse"]


@dataclass(frozen=True)
class Compare:
    """`field operator value`; operators: = != < <= > >= like in null."""

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

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<text>'(?:[^']|\'\')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d][\w.]*)
    | (?P<sign>==|!=|<>|<=|>=|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_KEYWORDS = {"and", "or", "not", "like", "in", "is", "null", "true", "false"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_EXAMPLE = "Write it like: page > 3 and source like '%2024%'"
_MAX_DEPTH = 50


def parse(text: str) -> Filter:
    """The filter written in `text`. Raises InvalidInput that points at the place it stopped understanding."""
    return _Parser(text).whole()


def fits(where: Filter, metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata of one chunk passes the filter."""
    if isinstance(where, And):
        return all(fits(part, metadata) for part in where.parts)
    if isinstance(where, Or):
        return any(fits(part, metadata) for part in where.parts)
    if isinstance(where, Not):
        return not fits(where.part, metadata)
    return compare(where, metadata.get(where.field))


def names(where: Filter) -> set[str]:
    """The fields that a filter asks for."""
    if isinstance(where, And | Or):
        return {name for part in where.parts for name in names(part)}
    return names(where.part) if isinstance(where, Not) else {where.field}


def compare(where: Compare, value: Any) -> bool:
    """Whether one value passes one comparison; a list or table counts as missing."""
    if not isinstance(value, str | int | float):
        value = None
    if where.operator == "null":
        return value is None
    if value is None:
        return False
    if where.operator == "in":
        return any(_same_kind(value, item) and value == item for item in where.value)
    if where.operator == "like":
        return isinstance(value, str) and like_pattern(where.value).fullmatch(value) is not None
    return _same_kind(value, where.value) and _COMPARISONS[where.operator](value, where.value)


def _same_kind(a: Any, b: Any) -> bool:
    return isinstance(a, str) == isinstance(b, str)


def like_pattern(pattern: str) -> re.Pattern[str]:
    """An SQL LIKE pattern as a regular expression: % any run, _ one character, case-insensitive."""
    first, *rest = ("".join("." if c == "_" else re.escape(c) for c in part) for part in pattern.split("%"))
    if rest:
        # What stands between two % is taken where it comes first and not tried elsewhere: no pattern takes for ever.
        first += "".join(f"(?>.*?{part})" for part in rest[:-1]) + ".*" + rest[-1]
    return re.compile(first, re.IGNORECASE | re.DOTALL)


class _Parser:
    """Recursive descent: or → and → not → comparison."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._scan()
        self.at = 0
        self.depth = 0

    def _scan(self) -> list[tuple[str, Any, int]]:
        tokens: list[tuple[str, Any, int]] = []
        at = 0
        while self.text[at:].strip():
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self._error(at + len(self.text[at:]) - len(self.text[at:].lstrip()))
            kind = str(match.lastgroup)
            tokens.append(_token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return tokens

    def _error(self, at: int) -> InvalidInput:
        return InvalidInput(f"The filter {self.text!r} is not understood at character {at + 1}.", _EXAMPLE)

    def _peek(self, kind: str, *values: str) -> bool:
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token[0] == kind and (not values or token[1] in values)

    def _take(self, kind: str, *values: str) -> Any:
        if not self._peek(kind, *values):
            raise self._error(self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text))
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _accept(self, kind: str, *values: str) -> bool:
        if self._peek(kind, *values):
            self.at += 1
            return True
        return False

    def whole(self) -> Filter:
        found = self._or()
        if self.at < len(self.tokens):
            raise self._error(self.tokens[self.at][2])
        return found

    def _or(self) -> Filter:
        parts = [self._and()]
        while self._accept("keyword", "or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Filter:
        parts = [self._not()]
        while self._accept("keyword", "and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Filter:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise InvalidInput("The filter is nested too deeply.", _EXAMPLE)
        try:
            if self._accept("keyword", "not"):
                return Not(self._not())
            if self._accept("sign", "("):
                inner = self._or()
                self._take("sign", ")")
                return inner
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Filter:
        name = str(self._take("name"))
        if self._accept("keyword", "is"):
            negated = self._accept("keyword", "not")
            self._take("keyword", "null")
            found: Filter = Compare(name, "null", None)
            return Not(found) if negated else found
        negated = self._accept("keyword", "not")
        if self._accept("keyword", "like"):
            found = Compare(name, "like", self._take("text"))
        elif self._accept("keyword", "in"):
            found = Compare(name, "in", self._list())
        elif negated:
            raise self._error(self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text))
        else:
            return Compare(name, str(self._take("operator")), self._value())
        return And((Not(found), Not(Compare(name, "null", None)))) if negated else found

    def _list(self) -> tuple[Any, ...]:
        self._take("sign", "(")
        values = [self._value()]
        while self._accept("sign", ","):
            values.append(self._value())
        self._take("sign", ")")
        return tuple(values)

    def _value(self) -> Any:
        for word, value in (("true", True), ("false", False)):
            if self._accept("keyword", word):
                return value
        if self._peek("number"):
            return self._take("number")
        if self._peek("name") or self._peek("keyword", "null"):
            at = self.tokens[self.at][2] + 1
            raise InvalidInput(
                f"The filter {self.text!r} has no value at character {at}.",
                "A text stands in single quotes: lang = 'de'; what is missing is found by: lang is null",
            )
        return self._take("text")


def _token(kind: str, raw: str, at: int) -> tuple[str, Any, int]:
    if kind == "number":
        return ("number", float(raw) if set(raw) & set(".eE") else int(raw), at)
    if kind == "text":
        return ("text", raw[1:-1].replace("''", "'"), at)
    if kind == "quoted":
        return ("name", raw[1:-1].replace('""', '"'), at)
    if kind == "word":
        return ("keyword", raw.lower(), at) if raw.lower() in _KEYWORDS else ("name", raw, at)
    if raw in "(),":
        return ("sign", raw, at)
    return ("operator", {"==": "=", "<>": "!="}.get(raw, raw), at)
