"""CSV and TSV: one row is one paragraph, written as `column: value; column: value`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.parsers.plain import text_of

__all__ = ["DelimitedParser"]

_DELIMITERS = ",;\t|"
_FIELD_LIMIT = 2**24


class DelimitedParser:
    """Rows of a delimited file. The delimiter is found by which one gives the same number of columns line by line."""

    mimes: tuple[str, ...] = ("text/csv", "text/tab-separated-values")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """A paragraph per row. Raises UnreadableDocument for binary content or a broken quotation."""
        text = text_of(raw)
        delimiter = _delimiter(text, "\t" if raw.mime == "text/tab-separated-values" else ",")
        csv.field_size_limit(_FIELD_LIMIT)
        builder = TextBuilder()
        try:
            rows = (
                row
                for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
                if any(map(str.strip, row))
            )
            header, records, named = _header(rows)
            for record in records:
                builder.add("paragraph", _sentence(header, record))
        except csv.Error as error:
            raise UnreadableDocument(f"The table cannot be read: {error}.", "Check quotes and delimiters.") from error
        if not builder.blocks and header and named:
            builder.add("paragraph", "; ".join(header))
        return builder.build(columns=", ".join(header) if named else "", rows=len(builder.blocks))


def _delimiter(text: str, default: str) -> str:
    sample = text[: 64 * 1024]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = default, 0.0
    for candidate in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate) if row][:200]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        if usual < 2:
            continue
        score = widths.count(usual) / len(widths) * (1 + 0.01 * min(usual, 20)) + (0.05 if candidate == default else 0)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _header(rows: Iterator[list[str]]) -> tuple[list[str], Iterator[list[str]], bool]:
    """Names of the columns, the other rows, and whether the first row gave the names."""
    first = next(rows, None)
    if first is None:
        return [], iter(()), False
    cells = [" ".join(cell.split()) for cell in first]
    if _is_header(cells):
        return [cell or f"column {i}" for i, cell in enumerate(cells, 1)], rows, True
    return [f"column {i}" for i in range(1, len(cells) + 1)], _chain(first, rows), False


def _is_header(cells: Sequence[str]) -> bool:
    """Names are distinct, and no number is a name."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and len(set(filled)) == len(filled) and not any(_is_number(cell) for cell in filled)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "").replace("%", "").strip("$€£ "))
    except ValueError:
        return False
    # A year is a usual name of a column.
    return not (cell.isdigit() and len(cell) == 4)


def _chain(first: list[str], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def _sentence(header: list[str], record: list[str]) -> str:
    names = header + [f"column {i}" for i in range(len(header) + 1, len(record) + 1)]
    pairs = ((name, " ".join(cell.split())) for name, cell in zip(names, record, strict=False))
    return "; ".join(f"{name}: {value}" for name, value in pairs if value)
