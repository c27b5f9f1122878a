"""The two commands of a newcomer: what `make` says on a machine that is not ready, and what it would run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

CHORES = ["bench", "demo", "docs", "fix", "lab", "test"]


def _make(*words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    env = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run([make, *words], cwd=ROOT, env=env, capture_output=True, text=True)


def test_without_a_python_that_is_new_enough_it_says_what_to_type(tmp_path: Path) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("python3", "python"):
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    told = _make("demo", f"VENV={tmp_path / 'venv'}", path=str(old))
    assert told.returncode != 0
    assert "No Python 3.11 or newer with venv was found.  Try: make PYTHON=" in told.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("chore", CHORES)
def test_every_chore_is_one_word(chore: str) -> None:
    told = _make("--dry-run", chore)
    assert told.returncode == 0, told.stderr


def test_help_names_every_chore() -> None:
    assert sorted(re.findall(r"^make (\w+)", _make().stdout, re.M)) == CHORES


def test_the_ci_script_is_sound() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    text = script.read_text()
    assert "set -euo pipefail" in text and "MOTADATA_TEST_REQUIRE=1" in text and text.rstrip().endswith("make test")
