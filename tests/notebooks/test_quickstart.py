"""The notebooks that users open, executed as users and CI systems do: the demo command, nbval, papermill."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT

QUICKSTART = "01_quickstart.ipynb"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks with their documents; the tests of this file share its workspace, as cells do."""
    copy = tmp_path_factory.mktemp("user") / "notebooks"
    shutil.copytree(ROOT / "notebooks", copy, ignore=shutil.ignore_patterns(".motadata", "out", ".ipynb_checkpoints"))
    return copy


def _call(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True)


def test_the_demo_prints_question_answer_and_where_the_html_lies(folder: Path) -> None:
    told = _call("motadata_nb.cli", "demo", f"notebooks/{QUICKSTART}", folder=folder.parent)
    assert told.returncode == 0, told.stderr
    question, answer = told.stdout.split("\n\n", 2)[1:]
    assert question.endswith("?")
    assert re.search(r"\[\d\]", answer) and "NIST.AI.100-1.pdf" in answer and "extractive" in answer
    page = folder / "out" / "01_quickstart.html"
    assert "notebooks/out/01_quickstart.html" in told.stdout and "<mark" in page.read_text("utf-8")


def test_a_second_run_reads_nothing_again(folder: Path) -> None:
    told = _call("motadata_nb.cli", "demo", QUICKSTART, folder=folder)
    assert told.returncode == 0, told.stderr
    executed = nbformat.read(folder / "out" / QUICKSTART, as_version=4)
    report = next(cell for cell in executed.cells if cell.source.startswith("%ingest"))
    shown = next(o["data"]["text/plain"] for o in report.outputs if "Added" in o.get("data", {}).get("text/plain", ""))
    counts = shown.splitlines()[2].split()
    assert counts == ["0", "0", "2", "0", "0"], "added, updated, unchanged, removed, quarantined"


def test_no_cell_shows_where_it_ran_or_fails(folder: Path) -> None:
    executed = nbformat.read(folder / "out" / QUICKSTART, as_version=4)
    outputs = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    assert len(outputs) >= 6
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [str(output)[:300] for output in outputs if output.get("name") == "stderr"] == []


def test_nbval_accepts_it(folder: Path) -> None:
    told = _call("pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", QUICKSTART, folder=folder)
    assert told.returncode == 0, told.stdout[-3000:]
    assert re.search(r"\d+ passed", told.stdout)


def test_papermill_runs_it(folder: Path) -> None:
    told = _call("papermill", QUICKSTART, "out/papermill.ipynb", "--no-progress-bar", folder=folder)
    assert told.returncode == 0, told.stderr[-3000:]
