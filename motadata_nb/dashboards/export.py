"""A notebook as one static page: cells are run once, and what they show is written down; no script, no server."""

from __future__ import annotations

import html
import os
from pathlib import Path

from motadata_nb.dashboards.cells import Document
from motadata_nb.dashboards.html import markdown_html, output_html
from motadata_nb.dashboards.inputs import fields_of
from motadata_nb.dashboards.room import Room

__all__ = ["export"]

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 2em auto; max-width: 900px; padding: 0 20px; font: 15px/1.5 system-ui, sans-serif; }
pre, code { background: rgba(128,128,128,.15); border-radius: 3px; padding: 1px 5px; }
pre { padding: 8px; overflow: auto; }
table { border-collapse: collapse; font-size: .92em; }
th, td { padding: 4px 8px; text-align: left; border-bottom: 1px solid rgba(128,128,128,.25); }
img { max-width: 100%; }
.cell { margin: 12px 0; }
.mn-error { padding: 6px 10px; border-left: 3px solid #d32f2f; }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def export(document: Document, target: Path) -> int:
    """Write the page; gives the number of cells that failed, whose errors stand in it."""
    room = Room(document.folder)
    before = Path.cwd()
    os.chdir(document.folder)
    failed, parts = 0, []
    try:
        for cell in document.cells:
            if cell.kind == "markdown":
                parts.append(markdown_html(cell.source, cell.pictures, authored=True) if cell.shown else "")
                continue
            items = room.run(cell.source, f"<cell {cell.number + 1}>").items
            if cell.kind == "inputs":  # a choice is its first value, as a visitor of the app finds it
                room.user_ns |= {field.name: field.value for field in fields_of(cell.source)}
            failed += any(item.error for item in items)
            shown = items if cell.shown else [item for item in items if item.error]
            parts += [f'<div class="cell">{output_html(item)}</div>' for item in shown]
    finally:
        os.chdir(before)
        room.close()
    target.write_text(_page(document.title, parts), "utf-8")
    return failed


def _page(title: str, parts: list[str]) -> str:
    name = html.escape(title)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width">{policy}'
        f"<style>{_STYLE}</style></head>\n<body><main>\n{chr(10).join(parts)}\n</main></body>\n</html>\n"
    )
