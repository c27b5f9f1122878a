"""The `motadata-nb` command from outside, as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from motadata_nb.cli import COMMANDS


def _call(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "motadata_nb.cli", *words], cwd=folder, capture_output=True, text=True)


def _notebook(path: Path, *sources: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, path)
    return path


def test_overview_names_every_command(tmp_path: Path) -> None:
    told = _call(folder=tmp_path)
    assert told.returncode == 0
    assert [name for name in COMMANDS if f"  {name}" not in told.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, tmp_path: Path) -> None:
    told = _call(name, "--help", folder=tmp_path)
    assert told.returncode == 0 and f"motadata-nb {name}" in told.stdout


def test_commands_are_sorted() -> None:
    assert list(COMMANDS) == sorted(COMMANDS)


def test_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    told = _call("dmeo", folder=tmp_path)
    assert told.returncode == 1
    assert told.stderr == "No command is called 'dmeo'.\nTry: motadata-nb demo\n"


def test_demo_without_its_notebook_says_what_to_type(tmp_path: Path) -> None:
    told = _call("demo", "missing.ipynb", folder=tmp_path)
    assert told.returncode == 1 and told.stderr.startswith("There is no notebook missing.ipynb.\nType:")


def test_demo_runs_any_notebook_in_a_real_kernel(tmp_path: Path) -> None:
    _notebook(tmp_path / "small.ipynb", "import os; os.getpid()", "6 * 7")
    told = _call("demo", "small.ipynb", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "out/small.html" in told.stdout
    assert "42" in (tmp_path / "out" / "small.html").read_text()


def test_demo_of_a_failing_notebook_fails_and_keeps_what_it_had(tmp_path: Path) -> None:
    _notebook(tmp_path / "bad.ipynb", "6 * 7", "1 / 0")
    told = _call("demo", "bad.ipynb", folder=tmp_path)
    assert told.returncode == 1 and "ZeroDivisionError: division by zero" in told.stderr
    assert "42" in (tmp_path / "out" / "bad.html").read_text()


def test_lab_of_a_missing_folder_says_what_to_type(tmp_path: Path) -> None:
    told = _call("lab", "nowhere", folder=tmp_path)
    assert told.returncode == 1 and told.stderr == "There is no folder nowhere.\nType: motadata-nb lab FOLDER\n"
