"""Rows of tables as they stand in text, read with their header: "Lamps — Warranty: 2 years"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.embeddings.passages import HEADING_SEPARATOR

__all__ = ["DASH", "Row", "columns", "tables"]

_RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*")
_DIGIT = re.compile(r"\d")
_NOTE = re.compile(r"\(?\w{1,2}[).]|[*\u2020\u2021\u2022\u25aa\u25cf\u2013-]")
"""The mark of a footnote or an item, after which a tab stands."""
_YEAR = re.compile(r"\(?(?:19|20)\d{2}\)?")
_SIGN = re.compile(r"(?<=[\d)%])[ \t]*(?=[$\u20ac\u00a3])")
_APART = re.compile(r"([$\u20ac\u00a3])\s+")
DASH = " \u2014 "


class Row(NamedTuple):
    """A line of a table: `text[start:end]`, as it reads with the header, and where the table stands."""

    start: int
    end: int
    shown: str
    block_start: int
    block_end: int
    label: str
    """Its first cell."""
    head: str
    """What the first cells are called."""
    cells: tuple[tuple[str, str], ...]
    """The others, each with the name of its column; empty where it has none."""


def tables(text: str, above: str = "") -> Iterator[list[Row]]:
    """The tables of *text*, each with its rows; the header and rules are no rows.

    *above* is what the text stands under: where it goes on with a table, the header of that.
    """
    header = columns(above)
    block: list[tuple[int, int, list[str]]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        cells = _cells(line)
        if cells is None:
            yield from _rows(text, block, header if block and not block[0][0] else [])
            block = []
        else:
            block.append((at, at + len(line.rstrip()), cells))
        at += len(line)
    yield from _rows(text, block, header if block and not block[0][0] else [])


def columns(above: str) -> list[str]:
    """The cells of the header among what a text stands under; none where that is no row."""
    return _cells(above.rpartition(HEADING_SEPARATOR)[2]) or []


def _cells(line: str) -> list[str] | None:
    """The cells of a line, parted by bars or tabs; None for a line of prose, an empty list for a rule."""
    bare = line.strip()
    if "|" in bare:
        if _RULE.fullmatch(bare):
            return []
        cells = [" ".join(cell.split()) for cell in bare.strip("|").split("|")]
    elif "\t" in bare:
        # A sign of money often stands in the cell before its amount.
        cells = [" ".join(cell.split()) for cell in _APART.sub(r"\1", _SIGN.sub("\t", bare)).split("\t")]
    else:
        return None
    filled = [cell for cell in cells if cell]
    return cells if len(filled) > 1 and not _NOTE.fullmatch(filled[0]) else None


def _rows(text: str, block: Sequence[tuple[int, int, list[str]]], above: list[str]) -> Iterator[list[Row]]:
    lines = [line for line in block if line[2]]
    if len(lines) < 2 and not (above and lines):
        return
    own = len(lines) > 1 and _heads(lines[0][2], lines[1][2], ruled=len(lines) < len(block))
    header = lines[0][2] if own else above if above and len(above) == len(lines[0][2]) else []
    first, last = block[0][0], block[-1][1]
    yield [
        Row(
            end - len(text[start:end].lstrip()),
            end,
            _read(header, cells),
            first,
            last,
            cells[0],
            *_named(header, cells),
        )
        for start, end, cells in lines[own:]
    ]


def _named(header: Sequence[str], cells: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What the first cell is called, and the others with what they are called."""
    whole = bool(header) and len(header) == len(cells)
    names = header[1:] if whole else header
    named = zip(names or [""] * len(cells), cells[1:], strict=False)
    return header[0] if whole else "", tuple(named)


def _heads(cells: Sequence[str], below: Sequence[str], *, ruled: bool) -> bool:
    """Whether a first line names the columns: a rule follows it, or it holds no numbers but years."""
    if not len(below) - 1 <= len(cells) <= len(below):
        return False
    return ruled or not any(_DIGIT.search(_YEAR.sub("", cell)) for cell in cells)


def _read(header: Sequence[str], cells: Sequence[str]) -> str:
    """The cells of a row beside the names of their columns."""
    names = list(header[1:] if len(header) == len(cells) else header)
    values = [
        f"{name}: {value}" if name else value
        for name, value in zip(names or [""] * len(cells), cells[1:], strict=False)
        if value
    ]
    label = f"{header[0]} {cells[0]}" if len(header) == len(cells) and _YEAR.fullmatch(cells[0]) else cells[0]
    return DASH.join(part for part in (label, "; ".join(values)) if part)
