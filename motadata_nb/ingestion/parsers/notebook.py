"""Jupyter notebooks: the Markdown and the code of the cells, and the pictures they drew; other outputs are left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.parsers.markdown import markdown_blocks
from motadata_nb.ingestion.parsers.plain import text_of
from motadata_nb.ingestion.thumbnails import from_data_uri, thumbnail

__all__ = ["NotebookParser"]


class NotebookParser:
    """Cells of an .ipynb file, of format 3 and 4."""

    mimes: tuple[str, ...] = ("application/x-ipynb+json",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """Markdown cells with their structure, code cells as code. Raises UnreadableDocument for broken JSON."""
        try:
            notebook = json.loads(text_of(raw))
        except json.JSONDecodeError as error:
            raise UnreadableDocument(
                f"The notebook is broken in line {error.lineno}: {error.msg}.", "Open it in JupyterLab and save it."
            ) from error
        builder = TextBuilder()
        for cell in _cells(notebook):
            for picture in _pictures(cell):
                builder.picture(thumbnail(picture))
            _write(builder, str(cell.get("cell_type", "")), _source(cell))
        title = next((b for b in builder.blocks if b.kind == "heading" and b.level == 1), None)
        parsed = builder.build()
        return builder.build(title=parsed.text[title.start : title.end] if title else "")


def _cells(notebook: Any) -> list[dict[str, Any]]:
    if not isinstance(notebook, dict):
        return []
    sheets = [notebook, *(notebook.get("worksheets") or [])]
    return [cell for sheet in sheets for cell in sheet.get("cells") or [] if isinstance(cell, dict)]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _pictures(cell: dict[str, Any]) -> Iterator[bytes]:
    """What a code cell has drawn."""
    for output in cell.get("outputs") or []:
        data = output.get("data", output) if isinstance(output, dict) else {}
        for name in ("image/png", "image/jpeg", "png", "jpeg"):
            drawn = data.get(name) if isinstance(data, dict) else None
            text = "".join(map(str, drawn)) if isinstance(drawn, list) else drawn
            if isinstance(text, str) and (found := from_data_uri(f"data:image/png;base64,{text}")):
                yield found


def _write(builder: TextBuilder, kind: str, source: str) -> None:
    if kind == "code":
        builder.add("code", source)
    elif kind == "heading":
        builder.add("heading", source, level=1)
    else:
        for block in markdown_blocks(source):
            builder.add(block.kind, source[block.start : block.end], level=block.level)
