"""The amounts of a text, each with the words that say what it is of: cells of tables, lines with a label, arguments of
a call, and the parts of a sentence that has several amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.rag.grounding.amounts import UNIT_WORD, Amount, amounts
from motadata_nb.rag.grounding.labels import labels
from motadata_nb.rag.words.terms import in_digits

__all__ = ["YEAR", "Cell", "cells_of", "is_structured", "parts"]


class Cell(NamedTuple):
    """Amounts and what they are of."""

    amounts: tuple[Amount, ...]
    row: frozenset[str]
    """Labels of what they belong to."""
    column: frozenset[str]
    """Labels of what is counted or measured."""
    place: tuple[int, int]
    """Its row and its column; -1 for those of a sentence, which has neither."""
    heads: bool = False
    """Whether what it belongs to is said by the first part of its sentence alone."""
    beside: frozenset[str] = frozenset()
    """Labels of what follows, which may belong to it."""

    @property
    def words(self) -> frozenset[str]:
        """All its labels."""
        return self.row | self.column


_LINE = re.compile(
    r"^[ \t]*(?:[-*\u2022][ \t]+)?(?P<label>[^\n:=|\t]{1,60}?)[ \t]*(?::=|=|:(?!//))[ \t]+(?P<value>\S[^\n]*)$"
)
_NAME = re.compile(r"[^\W\d_a-z]\w*\s")
"""What begins so is called something, whatever number follows: "Falcon 300"."""
_RULE = re.compile(r"^[\s|:+=-]+$")
_CALL = re.compile(r"\b(?P<name>[A-Za-z_][\w.]*)\((?P<inside>[^()\n]*=[^()\n]*)\)")
_GIVEN = re.compile(r"(?P<name>\w+)\s*=\s*(?P<value>[^,]+)")
_GAP = re.compile(r"\t+|[ ]{2,}|\s*\|\s*")
_LISTED = (";", ",")
_PART = re.compile(
    r",\s+(?!\d{4}\b)|;\s+|\s[\u2013\u2014-]\s|[()]"
    r"|\s(?=(?:and|but|while|whereas|then|und|aber|et|mais|y|pero)\s)",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^(?P<head>[^:\n]{2,60}):\s+(?=\S)")
_OWN = re.compile(r"^\W*(?:(?:and|but|while|whereas|then|und|aber|et|mais|y|pero|only|just|about|by|to|at|of)\s+)*")
YEAR = re.compile(r"(?:19|20)\d\d")

_UNIT = re.compile(rf"^[\s-]*(?:{UNIT_WORD})(?![^\W\d_])", re.IGNORECASE)
_MONEY = frozenset({"eur", "usd", "gbp"})


def is_structured(text: str) -> bool:
    """Whether *text* may be a table, lines with labels, or the arguments of a call."""
    return "\n" in text or "|" in text or ("=" in text and "(" in text)


def cells_of(text: str, above: str = "") -> list[Cell]:
    """The amounts of *text*; *above* is the heading or the first line of the table that it goes on with."""
    found = [*_called(text), *_lines(text, above)] if is_structured(text) else []
    return found or parts(text)


def _called(text: str) -> Iterator[Cell]:
    for at, match in enumerate(_CALL.finditer(text)):
        for number, given in enumerate(_GIVEN.finditer(match["inside"])):
            if counted := amounts(given["value"].strip()):
                yield Cell(counted, labels(match["name"]), labels(given["name"]), (at, number))


def _lines(text: str, above: str) -> list[Cell]:
    lines = [line.strip(" \r") for line in text.split("\n")]
    lines = [line for line in lines if line and not line.startswith("```")]
    rows = [_row(line) for line in lines]
    if sum(len(row) > 1 for row in rows) < 2:
        rows = _listed(lines)
    if sum(len(row) > 1 for row in rows) > 1:
        return _table([row for row in rows if row and not _is_rule(row)], above)
    return _labelled(lines, above) if len(lines) > 1 else []


def _row(line: str) -> list[str]:
    """The cells of a line of a table; one that is no such line is one cell."""
    return [] if _RULE.match(line) else [cell.strip("*` ") for cell in _GAP.split(line.strip("|").strip())]


def _is_rule(row: Sequence[str]) -> bool:
    return all(not cell for cell in row)


def _listed(lines: Sequence[str]) -> list[list[str]]:
    """The rows of values between commas or semicolons, when all lines have as many."""
    for sign in _LISTED:
        rows = [line.split(sign) for line in lines]
        if len(rows) > 2 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            return [[cell.strip() for cell in row] for row in rows]
    return [[line] for line in lines]


def _table(rows: list[list[str]], above: str) -> list[Cell]:
    width = max(map(len, rows))
    while rows and len(rows[0]) < 2:
        above, rows = f"{above} {' '.join(rows[0])}", rows[1:]
    known = _row(above.strip())
    header = known if len(known) == width and not _is_header(rows[0]) else rows[0] if _is_header(rows[0]) else []
    body = rows[1:] if header is rows[0] else rows
    return [cell for at, row in enumerate(body) for cell in _cells(at, row, header)]


def _cells(at: int, row: Sequence[str], header: Sequence[str]) -> Iterator[Cell]:
    name = labels(" ".join([*row[:1], *(cell for cell in row[1:] if cell and not amounts(cell))]))
    for number, written in enumerate(row[1:], 1):
        counted = amounts(written)
        over = header[number] if number < len(header) else ""
        if counted:
            yield Cell(_in_unit(counted, over), name, labels(over), (at, number))


def _is_header(row: Sequence[str]) -> bool:
    """Whether it names columns: it has no amounts but years."""
    return all(not amounts(cell) or YEAR.fullmatch(cell.strip()) for cell in row)


def _in_unit(counted: tuple[Amount, ...], over: str) -> tuple[Amount, ...]:
    """Bare numbers in the unit that the column says: `Price (EUR)`."""
    if any(one.unit for one in counted):
        return counted
    said = re.findall(r"[(\[](?:in\s+)?([^\W\d_]+|[%$\u20ac\u00a3])[)\]]", over)
    measured = amounts(f"{counted[0].written} {said[0]}") if said else ()
    return measured if len(counted) == 1 and measured and measured[0].unit else counted


def _labelled(lines: Sequence[str], above: str) -> list[Cell]:
    """Lines that begin with their label; those without an amount say what the lines below are of."""
    found, row = [], labels(above)
    for at, line in enumerate(lines):
        counted, match = amounts(_value(line)), _LINE.match(line)
        if match and _NAME.match(match["value"]) and not any(one.unit for one in counted):
            counted = ()
        if match and (counted or not amounts(match["label"])):
            label = labels(match["label"])
        elif match or counted:
            label = labels(line)
        else:
            row |= labels(line)
            continue
        if counted:
            found.append(Cell(counted, row, label, (0, at)))
        elif at == 0 or not found:
            row |= label | labels(line)
    return found if len(found) > 1 else []


def _value(line: str) -> str:
    match = _LINE.match(line)
    return match["value"] if match else line


def parts(text: str, *, numbered: bool = False) -> list[Cell]:
    """The parts of a sentence that have amounts; one that begins with its amount belongs to what the first begins
    with. Their bare numbers are labels too when they are *numbered*.
    """
    row, body = _head(text)
    pieces, rest = _pieces(body)
    found: list[Cell] = []
    first = frozenset[str]()
    for number, (piece, counted) in enumerate(pieces):
        words, before = _words(piece, counted, numbered), labels(_before(piece, counted))
        heads = bool(number) and not before
        first = first if number else before
        found.append(Cell(counted, row, words | first if heads else words, (-1, -1), heads))
    if rest and found:
        found[-1] = found[-1]._replace(beside=labels(rest))
    return found


def _head(text: str) -> tuple[frozenset[str], str]:
    """The labels before a colon, and what follows it; all of the text when it has none."""
    headed = _HEAD.match(text)
    if not headed or any(one.unit for one in amounts(headed["head"])):
        return frozenset(), text
    return labels(headed["head"]), text[headed.end() :]


def _words(piece: str, counted: Sequence[Amount], numbered: bool) -> frozenset[str]:
    """The labels of a part; without its own numbers, but for years, unless it is *numbered*."""
    for one in counted:
        if one.unit or not (numbered or YEAR.fullmatch(one.written)):
            before, _, after = piece.partition(one.written)
            piece = f"{before} {_UNIT.sub('', after) if one.unit else after}"
    found = labels(piece)
    # Money needs no word for being a price.
    return found - {"cost"} if any(one.unit in _MONEY for one in counted) else found


def _before(piece: str, counted: tuple[Amount, ...]) -> str:
    """What stands before the first amount of a part."""
    bare = _OWN.sub("", piece)
    spots = [at for one in counted if one.written and (at := bare.find(one.written)) >= 0]
    return bare[: min(spots)] if spots else bare


def _pieces(text: str) -> tuple[list[tuple[str, tuple[Amount, ...]]], str]:
    """A sentence cut so that each part has an amount: what has none goes with what follows it. What is left comes
    second.
    """
    found: list[tuple[str, tuple[Amount, ...]]] = []
    every = [one for one in amounts(text) if one.written]
    if len(every) < 2:
        return [(text, tuple(every))] if every else [], ""
    text, left = in_digits(text), ""
    for piece in _PART.split(text):
        left = f"{left} {piece}" if left else piece
        if counted := tuple(one for one in every if _stands_in(one.written, piece)):
            found.append((left, counted))
            every, left = [one for one in every if one not in counted], ""
    return found, left


def _stands_in(number: str, piece: str) -> bool:
    """Whether the number is there, and not within another."""
    at = piece.find(number)
    while at >= 0:
        around = piece[at - 1 : at] + piece[at + len(number) : at + len(number) + 1]
        if not any(sign.isalnum() for sign in around[: bool(at)]) and not around[-1:].isdigit():
            return True
        at = piece.find(number, at + 1)
    return False
