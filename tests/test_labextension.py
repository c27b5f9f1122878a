"""The committed bundle of the JupyterLab extension is what its TypeScript builds to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "widgets" / "lab"
BUNDLE = ROOT / "widgets" / "labextension"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.mark.slow
def test_rebuilding_gives_the_committed_bundle(tmp_path: Path) -> None:
    if not (LAB / "node_modules").is_dir() or shutil.which("node") is None:
        pytest.skip("needs node and its packages: cd widgets/lab && npm ci")
    source = tmp_path / "widgets" / "lab"
    shutil.copytree(LAB, source, ignore=shutil.ignore_patterns("node_modules", "lib"))
    shutil.copytree(LAB / "node_modules", source / "node_modules", symlinks=True, copy_function=_link)
    tsc = LAB / "node_modules" / "typescript" / "bin" / "tsc"
    subprocess.run(["node", tsc, "--sourceMap", "false"], cwd=source, check=True)
    subprocess.run([sys.executable, "-m", "jupyter_builder.main", "build", "."], cwd=source, check=True, timeout=120)
    assert _files(tmp_path / "widgets" / "labextension") == _files(BUNDLE)


def test_lock_file_has_no_addresses() -> None:
    lock = json.loads((LAB / "package-lock.json").read_text("utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_the_bundle_names_the_version_of_its_source() -> None:
    source, built = (json.loads((folder / "package.json").read_text("utf-8")) for folder in (LAB, BUNDLE))
    assert built["version"] == source["version"]
    assert (BUNDLE / built["jupyterlab"]["_build"]["load"]).is_file()
