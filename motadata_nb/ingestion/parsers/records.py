"""JSON and JSON lines: one record is one paragraph, written as `name: value; inner.name: value`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.parsers.plain import text_of

__all__ = ["JsonLinesParser", "JsonParser"]

_PROSE = 120
"""A text of this length is a paragraph of its own."""


class JsonParser:
    """A JSON document: the records of a list, or the parts of an object under their names."""

    mimes: tuple[str, ...] = ("application/json",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """A paragraph per record. Raises UnreadableDocument where the JSON is broken."""
        text = text_of(raw)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise UnreadableDocument(
                f"The JSON is broken in line {error.lineno}: {error.msg}.", "Repair it, or rename it to .txt."
            ) from error
        builder = TextBuilder()
        _write(builder, value)
        return builder.build()


class JsonLinesParser:
    """A JSON document per line."""

    mimes: tuple[str, ...] = ("application/jsonl",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """A paragraph per line; a line that is no JSON is kept as it is."""
        builder = TextBuilder()
        for line in text_of(raw).split("\n"):
            try:
                value = json.loads(line)
            except json.JSONDecodeError:
                builder.add("paragraph", line)
            else:
                builder.add("paragraph", _sentence(value))
        return builder.build()


def _write(builder: TextBuilder, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            builder.add("paragraph", _sentence(item))
        return
    if not isinstance(value, dict):
        builder.add("paragraph", _sentence(value))
        return
    builder.add("paragraph", _sentence({name: item for name, item in value.items() if not _is_part(item)}))
    for name, item in value.items():
        if _is_part(item):
            builder.add("heading", str(name), level=1)
            _write(builder, item)


def _is_part(value: Any) -> bool:
    """Whether a value is worth a section of its own."""
    if isinstance(value, list):
        return any(isinstance(item, dict | list) for item in value)
    if isinstance(value, dict):
        return any(isinstance(item, dict | list) for item in value.values())
    return isinstance(value, str) and len(value) > _PROSE


def _sentence(value: Any) -> str:
    return "; ".join(f"{name}: {shown}" if name else shown for name, shown in _flat(value, ""))


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, 1):
            yield from _flat(item, f"{name}.{number}" if name else str(number))
    elif isinstance(value, list):
        if value:
            yield name, ", ".join(_shown(item) for item in value)
    elif value is not None and value != "":
        yield name, _shown(value)


def _shown(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)
