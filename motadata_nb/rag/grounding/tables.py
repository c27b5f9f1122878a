"""The amounts of tables, of lines with a label and of the arguments of a call, with the labels that they have there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from motadata_nb.rag.grounding.amounts import Amount, amounts
from motadata_nb.rag.grounding.cells import Cell, bare_labels, is_year, parts
from motadata_nb.rag.grounding.labels import labels

__all__ = ["body_of", "cells_of", "fields_of", "is_structured"]

_LINE = re.compile(
    r"^[ \t]*(?:[-*\u2022][ \t]+)?(?P<label>[^\W\d][^\n:=|\t]{0,60}?)[ \t]*(?::?=|:(?!//))[ \t]*(?P<value>\S[^\n]*)$"
)
_NAME = re.compile(r"[^\W\d_a-z]\w*\s")
"""What begins so is called something, whatever number follows: "Falcon 300"."""
_FIELD = re.compile(r"^\s*(?P<label>[^\W\d][^:;\n]{0,40}):\s+(?P<value>[^;\n]+?)\s*$")
_NEXT = re.compile(r";\s+|,\s+(?=[^\W\d][\w ]{0,30}:\s)")
_RULE = re.compile(r"^[\s|:+=-]+$")
_CALL = re.compile(r"\b(?P<name>[A-Za-z_][\w.]*)\((?P<inside>[^()\n]*=[^()\n]*)\)")
_GIVEN = re.compile(r"(?P<name>\w+)\s*=\s*(?P<value>[^,]+)")
_GAP = re.compile(r"\t+|[ ]{2,}|\s*\|\s*")
_LISTED = (";", ",")


def is_structured(text: str) -> bool:
    """Whether *text* may be a table, lines with labels, or the arguments of a call."""
    return "\n" in text or "|" in text or text.count(": ") > 1 or ("=" in text and "(" in text)


@lru_cache(maxsize=4096)
def cells_of(text: str, above: str = "") -> tuple[Cell, ...]:
    """The amounts of a structured *text*; *above* is its heading, or the first line of a table that goes on."""
    return (*_called(text), *(_record(text) or _lines(text, above))) or parts(text)


def _record(text: str) -> list[Cell]:
    """The fields of a row that is written in one line with the names of its columns: `line: 18; last: 22:30`."""
    fields = [_FIELD.match(field) for field in _NEXT.split(text)]
    read = [(match["label"], match["value"]) for match in fields if match]
    if len(read) < len(fields) or len(read) < 2:
        return []
    name, beside = labels(" ".join(read[0])), labels(" ".join(value for _, value in read[1:] if not amounts(value)))
    columns = enumerate(read[1:], 1)
    return [
        Cell(counted, name, labels(label), (0, at), beside=beside)
        for at, (label, value) in columns
        if (counted := amounts(value))
    ]


def _called(text: str) -> Iterator[Cell]:
    for at, match in enumerate(_CALL.finditer(text)):
        for number, given in enumerate(_GIVEN.finditer(match["inside"])):
            if counted := amounts(given["value"].strip()):
                yield Cell(counted, labels(match["name"]), labels(given["name"]), (at, number))


def _lines(text: str, above: str) -> list[Cell]:
    rows = _rows(text)
    lines = _written(text)
    return _table(rows, above) if rows else _labelled(lines, above) if len(lines) > 1 else []


def _written(text: str) -> list[str]:
    """The lines of a text that are neither empty nor a call nor a fence."""
    lines = [line.strip(" \r") for line in text.split("\n")]
    return [line for line in lines if line and not line.startswith("```") and not _CALL.search(line)]


def _rows(text: str) -> list[list[str]]:
    """The rows of a table, its header and lines around it among them; none of another text."""
    lines = _written(text)
    rows = [_row(line) for line in lines]
    if sum(len(row) > 1 for row in rows) < 2:
        rows = _listed(lines)
    return [row for row in rows if row and not _is_rule(row)] if sum(len(row) > 1 for row in rows) > 1 else []


def body_of(text: str) -> list[list[str]]:
    """The rows of a table below its header."""
    rows = [row for row in _rows(text) if len(row) > 1]
    return rows[1:] if rows and _is_header(rows[0]) else rows


def fields_of(text: str) -> list[tuple[str, str]]:
    """The labels of lines, with what stands behind them."""
    matches = (_LINE.match(line) for line in _written(text))
    return [(match["label"], match["value"]) for match in matches if match]


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
    name, beside = labels(row[0]), labels(" ".join(cell for cell in row[1:] if cell and not amounts(cell)))
    for number, written in enumerate(row[1:], 1):
        counted = amounts(written)
        over = header[number] if number < len(header) else ""
        if counted:
            yield Cell(_in_unit(counted, over), name, labels(over), (at, number), beside=beside)


def _is_header(row: Sequence[str]) -> bool:
    """Whether it names columns: it has no amounts but years."""
    return all(not amounts(cell) or all(map(is_year, amounts(cell))) for cell in row)


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
            label = bare_labels(line, counted)
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
