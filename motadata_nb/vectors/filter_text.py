"""How metadata filters are written: a small safe expression language.

    page > 3 and source like '%2024%' and not (lang in ('de', 'fr') or title is null)

Comparisons: = == != <> < <= > >=, [not] like (% and _, case-insensitive), [not] in (…), [not] between … and …,
is [not] null. Values: numbers, 'text' (a quote is doubled), dates and times like 2024-01-31 or '2024-01-31 14:00',
true, false. Names with other characters are put in double quotes.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from motadata_nb.errors import InvalidInput, nearest
from motadata_nb.vectors.filters import And, Compare, Filter, Not, Or

__all__ = ["parse"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<time>\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w.:-]))
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d][\w.]*)
    | (?P<sign>==(?!=)|!=(?!=)|<>|<=(?!=)|>=|=(?![<>=])|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_PIECE = re.compile(r"[^\W_][\w.]*|[^\w\s'\"(),]+|.", re.DOTALL)
_KEYWORDS = {"and", "or", "not", "like", "in", "between", "is", "null", "true", "false"}
_MAX_DEPTH = 50
_LONGEST = 200
_EXAMPLE = "Write it like: page > 3 and source like '%2024%'"
_OPERATORS = "After a field stands one of = != < <= > >= like in between is null; yes or no: draft = true."
_VALUE = "Here stands a value: 3, 'text', 2024-01-31, true or false."
_JOIN = "Conditions are joined with and, or: page > 3 and lang = 'de'"
_INSTEAD = {
    "=>": "Write >= instead: page >= 3", "=<": "Write <= instead: page <= 3", "===": "Write = instead: page = 3",
    "≥": "Write >= instead: page >= 3", "≤": "Write <= instead: page <= 3", "≠": "Write != instead: page != 3",
    "~": "Write like instead: source like '%2024%'", "&&": _JOIN, "&": _JOIN, "||": _JOIN, "|": _JOIN,
    "!": "Write not: not (page = 3)", ";": "Leave out what stands behind the condition.",
    "contains": "Write: source like '%2024%', or of a list: tags = 'net'", "startswith": "Write: source like '2024%'",
    "endswith": "Write: source like '%2024'", "ilike": "Write like: it does not look at upper and lower case.",
    "matches": "Write: source like '%2024%'", "equals": "Write = instead: page = 3",
    "where": "Leave out the word where.",
    "‘": "A text stands in straight quotes: lang = 'de'", "’": "A text stands in straight quotes: lang = 'de'",
    "“": "A text stands in straight quotes: lang = 'de'", "”": "A text stands in straight quotes: lang = 'de'",
    "none": "What is missing is found by: lang is null", "--": "Leave out what stands behind the condition.",
}  # fmt: skip


def parse(text: str) -> Filter:
    """The filter written in `text`. Raises InvalidInput that points at the place it stopped understanding."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent: or → and → not → comparison."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._scan()
        self.at = 0
        self.depth = 0

    def _scan(self) -> list[tuple[str, Any, int]]:
        """Kind, value and place of each token; the last may be what is not understood, told of when it is reached."""
        tokens: list[tuple[str, Any, int]] = []
        at = 0
        while self.text[at:].strip():
            match = _TOKEN.match(self.text, at)
            if match is None:
                tokens.append(("unknown", None, at + len(self.text[at:]) - len(self.text[at:].lstrip())))
                break
            kind = str(match.lastgroup)
            tokens.append(_token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return tokens

    def _error(self, expected: str, at: int | None = None) -> InvalidInput:
        """What is wrong at a place, or where the parser stands, and what belongs there."""
        if at is None:
            at = self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text)
        piece = match.group() if (match := _PIECE.match(self.text, at)) else ""
        where = f"character {at + 1}" + (f", at {piece!r}" if piece.strip() else "")
        return InvalidInput(
            f"The filter {self._shown} is not understood at {where}.", self._advice(piece, at, expected)
        )

    @property
    def _shown(self) -> str:
        return repr(self.text if len(self.text) <= _LONGEST else self.text[:_LONGEST] + "…")

    def _advice(self, piece: str, at: int, expected: str) -> str:
        before = self.tokens[self.at - 1] if self.at else ("", None, 0)
        touching = bool(piece) and at > 0 and not self.text[at - 1].isspace()
        if piece in ("'", '"') and self.tokens[self.at][0] == "unknown":
            return "A quote is not closed; one inside a text is doubled: title = 'it''s'"
        if found := _INSTEAD.get(piece.lower()) or _INSTEAD.get(str(before[1]).lower() if before[0] == "name" else ""):
            return found
        if before[0] == "name" and touching and piece[0] in "-/:#@$%&":
            return 'A name with other characters is put in double quotes: "my-field" = 3'
        if before[0] == "number" and touching and re.match(r"[,_.']\d|\w", self.text[at:]):
            return "A number is written without separators and units: 1000 or 0.5"
        if before[0] == "text" and touching:
            return "A quote inside a text is doubled: title = 'it''s'"
        known = {_OPERATORS: ["like", "in", "between", "is"], _JOIN: ["and", "or"]}.get(expected, [])
        near = nearest(piece, known)
        return f"Did you mean: {near}" if near else expected

    def _peek(self, kind: str, *values: str) -> bool:
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token[0] == kind and (not values or token[1] in values)

    def _take(self, expected: str, kind: str, *values: str) -> Any:
        if not self._peek(kind, *values):
            raise self._error(expected)
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
            raise self._error("A parenthesis is closed that was not opened." if self._peek("sign", ")") else _JOIN)
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
                self._take("A parenthesis is not closed." if self.at >= len(self.tokens) else _JOIN, "sign", ")")
                return inner
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Filter:
        if self._peek("keyword") and str(self.tokens[self.at][1]) not in ("and", "or"):
            raise self._error(f'A field of this name is put in double quotes: "{self.tokens[self.at][1]}" = 3')
        if any(self._peek(kind) for kind in ("number", "text", "time")):
            raise self._error("The field comes first: page > 3")
        name = str(self._take(_EXAMPLE, "name"))
        if self._accept("keyword", "is"):
            negated = self._accept("keyword", "not")
            self._take("Write: lang is null, lang is not null, or draft = true", "keyword", "null")
            found: Filter = Compare(name, "null", None)
            return Not(found) if negated else found
        negated = self._accept("keyword", "not")
        if self._accept("keyword", "like"):
            pattern = self._take("like takes a text: source like '%2024%'", "text")
            return Compare(name, "unlike" if negated else "like", pattern)
        if self._accept("keyword", "in"):
            return Compare(name, "outside" if negated else "in", self._list())
        if self._accept("keyword", "between"):
            return self._between(name, negated)
        if negated:
            raise self._error(f"Write: {name} != 3, or not {name} = 3")
        return Compare(name, str(self._take(_OPERATORS, "operator")), self._value())

    def _between(self, name: str, negated: bool) -> Filter:
        low = self._value()
        self._take("Write: page between 3 and 5", "keyword", "and")
        high = self._value()
        if negated:
            return Or((Compare(name, "<", low), Compare(name, ">", high)))
        return And((Compare(name, ">=", low), Compare(name, "<=", high)))

    def _list(self) -> tuple[Any, ...]:
        how = "in takes a list: lang in ('de', 'fr')"
        self._take(how, "sign", "(")
        values = [self._value()]
        while self._accept("sign", ","):
            values.append(self._value())
        self._take(how, "sign", ")")
        return tuple(values)

    def _value(self) -> Any:
        for word, value in (("true", True), ("false", False)):
            if self._accept("keyword", word):
                return value
        if self._peek("number"):
            return self._take(_VALUE, "number")
        if self._peek("time"):
            return self._time()
        if self._peek("name") or self._peek("keyword", "null"):
            raise self._no_value()
        return self._take(_VALUE, "text")

    def _no_value(self) -> InvalidInput:
        """The error for a word, or a text in double quotes, where a value belongs; with what was meant."""
        kind, value, at = self.tokens[self.at]
        field = str(self.tokens[self.at - 2][1]) if self.at >= 2 and self.tokens[self.at - 1][0] == "operator" else ""
        meant = f"{field} = '{value}'" if field else f"'{value}'"
        if kind == "keyword" or str(value).lower() in ("none", "nan", "undefined"):
            hint = f"What is missing is found by: {field or 'lang'} is null; a text stands in single quotes: {meant}"
        elif str(value).lower() in ("now", "today", "current_date", "date", "interval"):
            hint = f"A time is written out: {field or 'day'} > 2024-01-31, filled in from Python by {{{{ … }}}}"
        else:
            hint = f'A text stands in single quotes: {meant}; the whole in double quotes: --where "{meant}"'
        return InvalidInput(f"The filter {self._shown} has no value at character {at + 1}.", hint)

    def _time(self) -> str:
        try:
            datetime.fromisoformat(self.tokens[self.at][1])
        except ValueError:
            raise self._error("There is no such day or time; write it like 2024-01-31 or '2024-01-31 14:00'.") from None
        return str(self._take(_VALUE, "time"))


def _token(kind: str, raw: str, at: int) -> tuple[str, Any, int]:
    if kind == "number":
        return ("number", float(raw) if set(raw) & set(".eE") else int(raw), at)
    if kind == "text":
        return ("text", raw[1:-1].replace("''", "'"), at)
    if kind == "quoted":
        return ("name", raw[1:-1].replace('""', '"'), at)
    if kind == "word":
        return ("keyword", raw.lower(), at) if raw.lower() in _KEYWORDS else ("name", raw, at)
    if kind == "time":
        return ("time", raw, at)
    if raw in "(),":
        return ("sign", raw, at)
    return ("operator", {"==": "=", "<>": "!="}.get(raw, raw), at)
