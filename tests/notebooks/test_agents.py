"""The notebook about agents, executed as CI systems do, in a workspace of its own; twice, as people do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.conftest import ROOT

AGENTS = "02_agents.ipynb"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebook with its documents."""
    copy = tmp_path_factory.mktemp("user") / "notebooks"
    shutil.copytree(ROOT / "notebooks", copy, ignore=shutil.ignore_patterns(".motadata", "out", ".ipynb_checkpoints"))
    return copy


@pytest.fixture(scope="module")
def cells(folder: Path) -> list[Any]:
    """The executed code cells."""
    words = ["papermill", AGENTS, "executed.ipynb", "--no-progress-bar"]
    told = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    executed = nbformat.read(folder / "executed.ipynb", as_version=4)
    return [cell for cell in executed.cells if cell.cell_type == "code"]


def _shown(cells: list[Any], beginning: str) -> str:
    cell = next(cell for cell in cells if cell.source.startswith(beginning))
    return str(cell.outputs[-1]["data"]["text/plain"])


def test_it_answers_waits_is_allowed_and_remembers(cells: list[Any]) -> None:
    assert "extractive: no language model" in _shown(cells, "%%agent reader")
    assert "MANAGE" in _shown(cells, "%%agent reader")
    waiting = _shown(cells, "script = [")
    assert "waiting for approval" in waiting and "add_to_register" in waiting and "failed" not in waiting
    assert "on the register now" in _shown(cells, "%agent resume review --allow")
    assert "résumé screening: MEASURE 2.3" in _shown(cells, "register")
    assert "page number with every citation" in _shown(cells, "memories")
    assert "Nothing is remembered" in _shown(cells, "%agent memory --user ada --forget all")
    assert "ask_lawyer" in _shown(cells, "lawyer")


def test_no_cell_fails_or_shows_a_path_of_this_machine(cells: list[Any], folder: Path) -> None:
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    assert str(folder) not in str(outputs)
    assert "failed" not in str(outputs)


def test_it_runs_again_in_the_same_workspace(cells: list[Any], folder: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", AGENTS],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-3000:]
