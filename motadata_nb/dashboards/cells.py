"""A notebook as the app sees it: cells whose magics are calls, the names each reads and writes, and its inputs.

Panel drops `%%x` lines and runs a parseable body as Python; here a magic becomes the call that IPython makes of it.
"""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from motadata_nb.errors import InvalidInput, MissingExtra

__all__ = ["Cell", "Document", "affected", "read_notebook", "rewrite"]

_HIDDEN = {"hide", "hide-cell", "remove-cell", "remove_cell"}
_HIDDEN_OUTPUT = {"hide-output", "remove-output", "remove_output"}
_SKIPPED = {"skip-app", "no-app"}
_IMAGES = {".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
           ".svg": "image/svg+xml", ".webp": "image/webp"}  # fmt: skip
_MOST_BYTES = 5_000_000


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. `source` of code has its magics rewritten to calls; `original` is as the notebook has it."""

    number: int
    kind: str
    """`markdown`, `code` or `inputs`."""
    source: str
    original: str = ""
    shown: bool = True
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Of Markdown: files beside the notebook, and attachments, as data by their addresses."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A notebook that can be served."""

    title: str
    folder: Path
    cells: Sequence[Cell] = field(default_factory=tuple)


def read_notebook(path: Path) -> Document:
    """The notebook's cells. Raises InvalidInput when there is no such notebook, or a cell cannot be read."""
    try:
        notebook = json.loads(path.read_bytes())
        if notebook["nbformat"] != 4:
            notebook = _converted(path)
        cells = [cell for n, raw in enumerate(notebook["cells"]) if (cell := _cell(n, raw, path.parent)) is not None]
    except OSError as error:
        raise InvalidInput(f"There is no notebook {path}.", "Type: motadata-nb app NOTEBOOK.ipynb") from error
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path.name} is not a notebook: {error}", "Save it again in JupyterLab.") from error
    return Document(title=_title(cells, path), folder=path.resolve().parent, cells=cells)


def _converted(path: Path) -> Any:
    """A notebook of an old format as the present one. Importing nbformat takes a second, mostly for its schemas."""
    try:
        import nbformat
    except ModuleNotFoundError as error:
        raise MissingExtra("Serving a notebook of an old format", "lab") from error
    return nbformat.read(path, as_version=4)


def _cell(number: int, raw: Any, folder: Path) -> Cell | None:
    tags = set(raw["metadata"].get("tags", ()))
    source = "".join(raw["source"])  # a text, or a list of lines
    if not source.strip() or tags & _SKIPPED:
        return None
    if raw["cell_type"] == "markdown":
        shown = not tags & _HIDDEN
        return Cell(number=number, kind="markdown", source=source, shown=shown, pictures=_pictures(source, raw, folder))
    if raw["cell_type"] != "code":
        return None
    kind = "inputs" if "parameters" in tags else "code"
    rewritten = rewrite(source, number)
    reads, writes = _names(rewritten)
    return Cell(
        number=number, kind=kind, source=rewritten, original=source, shown=not tags & (_HIDDEN | _HIDDEN_OUTPUT),
        reads=reads, writes=writes,
    )  # fmt: skip


def _pictures(source: str, raw: Any, folder: Path) -> dict[str, str]:
    """What the images of a Markdown cell show; those of the web are left out."""
    found: dict[str, str] = {}
    for address in re.findall(r"!\[[^\]]*\]\(<?([^)\s>]+)", source):
        if address.startswith("attachment:"):
            forms = raw.get("attachments", {}).get(address.partition(":")[2], {})
            for mime in forms.keys() & set(_IMAGES.values()):
                found[address] = f"data:{mime};base64,{forms[mime]}"
        elif (mime := _IMAGES.get(Path(address).suffix.lower())) and "://" not in address:
            path = folder / unquote(address)
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                found[address] = f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return found


def _title(cells: Iterable[Cell], path: Path) -> str:
    for cell in cells:
        found = re.search(r"^#\s+(.+)$", cell.source, re.MULTILINE) if cell.kind == "markdown" else None
        if found:
            return found[1].strip()
    return path.stem.replace("_", " ")


def rewrite(source: str, number: int = 0) -> str:
    """Python in which magics are calls of `get_ipython()`. Raises InvalidInput when it is not Python then."""
    from IPython.core.inputtransformer2 import TransformerManager

    python: str = TransformerManager().transform_cell(source)
    try:
        ast.parse(python)
    except SyntaxError as error:
        line = (error.text or "").strip()
        what = f"Cell {number + 1} is not Python: {error.msg}: {line}"
        raise InvalidInput(what, "Run it in the notebook.") from error
    return python


# -- which cells depend on which ----------------------------------------------------------------------------------


def _names(python: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names a cell reads and writes, also those in the text of magics: `{{ name }}`, `--out name`, SQL over a frame."""
    reads: set[str] = set()
    writes: set[str] = set()
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.Name):
            (reads if isinstance(node.ctx, ast.Load) else writes).add(node.id)
            if isinstance(node.ctx, ast.Load):
                writes |= _changed(node, python)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            writes.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            writes |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Call) and _is_magic(node):
            text = " ".join(str(a.value) for a in node.args if isinstance(a, ast.Constant))
            reads |= set(re.findall(r"[A-Za-z_]\w*", text))
            writes |= set(re.findall(r"--out[ =](\w+)", text))
            writes |= {f"index {name}" for name in re.findall(r"--into[ =](\S+)", text)}
            reads |= {f"index {name}" for name in re.findall(r"[\w-]+", text)}
    return frozenset(reads), frozenset(writes)


def _changed(node: ast.Name, python: str) -> set[str]:
    """A name whose attribute or item is assigned, or whose method is called, may be another thing afterwards."""
    return {node.id} if re.search(rf"\b{re.escape(node.id)}(\.\w+\s*=|\[[^\]]*\]\s*=|\.\w+\()", python) else set()


def _is_magic(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in ("run_cell_magic", "run_line_magic")


def affected(cells: Sequence[Cell], changed: Iterable[str]) -> list[Cell]:
    """The code cells that have to run again when these names have changed, in order."""
    stale = set(changed)
    again = []
    for cell in cells:
        if cell.kind == "code" and cell.reads & stale:
            again.append(cell)
            stale |= cell.writes
    return again
