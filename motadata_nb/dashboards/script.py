"""A notebook as a script that `panel serve` takes: its cells with magics as calls."""

from __future__ import annotations

from pathlib import Path

from motadata_nb.dashboards.cells import Document

__all__ = ["write_script"]


def write_script(document: Document, target: Path) -> None:
    """Write the script. It needs motadata_nb, not the notebook."""
    cells = ",\n".join(
        f"    Cell({', '.join(f'{name}={value!r}' for name, value in _fields(cell))})" for cell in document.cells
    )
    target.write_text(
        f'"""{document.title}: a notebook as an app. Type: panel serve {target.name}"""\n\n'
        "from pathlib import Path\n\n"
        "import panel as pn\n\n"
        "from motadata_nb.dashboards.app import Page\n"
        "from motadata_nb.dashboards.cells import Cell, Document\n"
        "from motadata_nb.dashboards.quota import Quota\n\n"
        f"cells = [\n{cells},\n]\n"
        f"document = Document(title={document.title!r}, folder=Path(__file__).resolve().parent, cells=cells)\n"
        f"Page(document, Quota(), pn.state.user or 'visitor').view().servable(title={document.title!r})\n",
        "utf-8",
    )  # fmt: skip


def _fields(cell: object) -> list[tuple[str, object]]:
    names = ("number", "kind", "source", "shown", "reads", "writes", "pictures")
    return [
        (name, frozenset(value) if isinstance(value := getattr(cell, name), frozenset) else value) for name in names
    ]
