"""Notebooks that nobody watches: nbclient, papermill and nbval see one static output a cell, and errors fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.kernel.conftest import front_end

pytestmark = pytest.mark.slow


def _notebook(*cells: str) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(source) for source in ("%load_ext motadata_nb", *cells)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def _executed(folder: Path, *cells: str) -> nbformat.NotebookNode:
    notebook = _notebook(*cells)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env=front_end())
    return notebook


def test_one_static_output_a_cell(handbook: Path, server: OpenAIServer) -> None:
    server.script(Answer(text="Within 14 days of delivery [1].", piece_delay_s=0.15))
    done = _executed(
        handbook,
        "%ingest returns.md --into handbook",
        f"%config Motadata.api_base = {server.url!r}",
        "%%rag handbook --model openai/stub --out ans\nHow long may one withdraw?",
    )
    for number, text in ((1, "handbook"), (3, "14 days")):
        outputs = done.cells[number].outputs
        assert [o.output_type for o in outputs] == ["execute_result"]
        assert set(outputs[0].data) == {"text/plain", "text/markdown", "text/html"}
        assert text in outputs[0].data["text/html"] and len(outputs[0].data["text/plain"].splitlines()) <= 10


@pytest.mark.parametrize(
    "source",
    ["%%rag handbook", "%%rag handbok\nWhat?", "%%ragg handbook\nWhat?", "%config Motadata.k = 'x'", "%rag sho"],
)
def test_errors_fail_the_run(handbook: Path, source: str) -> None:
    with pytest.raises(CellExecutionError) as caught:
        _executed(handbook, source)
    assert caught.value.ename in ("InvalidInput", "UnknownName", "UnknownMagic")


def test_papermill(handbook: Path) -> None:
    path = handbook / "run.ipynb"
    nbformat.write(_notebook("limit = 3", "%%rag handbook --k {{ limit }} --out ans\nHow long may one withdraw?"), path)
    command = [sys.executable, "-m", "papermill", str(path), str(handbook / "done.ipynb"), "-k", "python3"]
    subprocess.run(command, cwd=handbook, env=front_end(), check=True, capture_output=True)
    done = nbformat.read(handbook / "done.ipynb", 4)
    shown = next(cell.outputs for cell in done.cells if cell.source.startswith("%%rag"))
    assert [o.output_type for o in shown] == ["execute_result"] and "14 days" in shown[0].data["text/plain"]
    nbformat.write(_notebook("%%rag handbok\nWhat?"), path)
    failed = subprocess.run(command, cwd=handbook, env=front_end(), capture_output=True, text=True)
    assert failed.returncode != 0 and "Try: %rag show handbook" in failed.stderr


def test_nbval(handbook: Path) -> None:
    done = _executed(handbook, "%%rag handbook --as text\nHow long may one withdraw?", "ans = 3;")
    nbformat.write(done, handbook / "kept.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-W", "ignore", "kept.ipynb"]
    told = subprocess.run(command, cwd=handbook, env=front_end(), capture_output=True, text=True)
    assert told.returncode == 0, told.stdout[-2000:]
