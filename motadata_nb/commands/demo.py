"""Run a notebook top to bottom in a real kernel; print its question, its cited answer, and where the HTML lies."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["arguments", "run"]

QUICKSTART = Path("notebooks") / "01_quickstart.ipynb"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("notebook", nargs="?", type=Path, help=f"default: {QUICKSTART}")
    parser.add_argument("--out", type=Path, help="folder of the executed notebook; default: out/ beside the notebook")
    parser.add_argument("--timeout", type=int, default=600, help="longest time of one cell, in seconds")


def run(options: argparse.Namespace) -> int:
    """0 when every cell ran; 1 after a failing cell, whose error is shown. What was executed is written either way."""
    path = _find(options.notebook)
    folder: Path = options.out or path.parent / "out"
    started = time.perf_counter()
    print(f"Running {_shown(path)} in a fresh kernel", flush=True)
    notebook, error = _execute(path, options.timeout)
    page = _write(notebook, folder, path.stem)
    if error:
        print(f"\n{error}\n\nThe notebook as far as it came: {_shown(page)}", file=sys.stderr)
        return 1
    for question, answer in _answers(notebook)[:1]:
        print(f"\n{question}\n\n{answer}")
    print(f"\n{time.perf_counter() - started:.0f} s. The whole notebook, executed: {_shown(page)}")
    return 0


def _find(given: Path | None) -> Path:
    places = [given] if given else [QUICKSTART, Path(__file__).parents[2] / QUICKSTART]
    for path in places:
        if path.is_file():
            return path.resolve()
    if given:
        raise InvalidInput(f"There is no notebook {given}.", "Type: motadata-nb demo PATH/TO/NOTEBOOK.ipynb")
    raise InvalidInput(f"There is no {QUICKSTART} here.", "Type it in a clone of the project, or name a notebook.")


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _execute(path: Path, timeout_s: int) -> tuple[NotebookNode, str]:
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError as error:
        raise MissingExtra("The demo", "lab") from error
    notebook = nbformat.read(path, as_version=4)
    quiet = ["--log-level=ERROR"]  # the kernel warns about loopback TCP on every start
    client = NotebookClient(
        notebook,
        timeout=timeout_s,
        kernel_name="python3",
        extra_arguments=quiet,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as failed:
        return notebook, f"{failed.ename}: {failed.evalue}"
    return notebook, ""


def _write(notebook: NotebookNode, folder: Path, name: str) -> Path:
    import nbformat
    from nbconvert import HTMLExporter

    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    html, _ = HTMLExporter().from_notebook_node(notebook)
    page = folder / f"{name}.html"
    page.write_text(html, "utf-8")
    return page


def _answers(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Question and answer of every `%%rag` cell."""
    return [
        (cell.source.partition("\n")[2].strip(), text)
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.startswith(("%%rag", "%%motadata_rag"))
        if (text := _text(cell.outputs))
    ]


def _text(outputs: list[Any]) -> str:
    """The plain text of a cell's last result."""
    shown = [out["data"]["text/plain"] for out in outputs if "text/plain" in out.get("data", {})]
    return str(shown[-1]).strip() if shown else ""
