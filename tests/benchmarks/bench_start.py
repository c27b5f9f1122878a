"""What a newcomer waits for: loading the extension, the first answer of a process, the next, the second demo."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import json, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
at = time.perf_counter()
shell.run_line_magic("load_ext", "motadata_nb")
print(json.dumps(time.perf_counter() - at))
"""
ANSWERS = """
import json, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "motadata_nb")
def ask(question):
    at = time.perf_counter()
    shell.run_cell_magic("rag", "nist --quiet", question)
    return time.perf_counter() - at
questions = (
    "How is risk measured?", "Who governs AI?", "What is bias?", "Who is an AI actor?", "What does transparency need?",
    "How should third-party software be monitored?", "When is a system decommissioned?", "What are harms to people?",
)
print(json.dumps([ask(question) for question in questions]))
"""


def run() -> list[dict[str, Any]]:
    """Seconds; each in processes of its own, medians of several."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "notebooks"
        shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".motadata", "out"))
        demo = [sys.executable, "-m", "motadata_nb.cli", "demo", "01_quickstart.ipynb"]
        _call(demo, folder)
        started = time.perf_counter()
        _call(demo, folder)
        second_demo = time.perf_counter() - started
        loads = [json.loads(_call([sys.executable, "-c", LOAD], folder)) for _ in range(7)]
        answers = [json.loads(_call([sys.executable, "-c", ANSWERS], folder).splitlines()[-1]) for _ in range(3)]
    return [
        _row("%load_ext over bare IPython", statistics.median(loads), 0.05, "median of 7 processes"),
        _row("first %%rag of a process", statistics.median(a[0] for a in answers), 2.0, "790 chunks, median of 3"),
        _row(
            "next %%rag", statistics.median(t for a in answers for t in a[1:]), 0.1, "median of 21 different questions"
        ),
        _row("second make demo", second_demo, 60.0, "kernel, notebook and HTML"),
    ]


def _call(command: list[str], folder: Path) -> str:
    env = {**os.environ, "HOME": str(folder.parent), "IPYTHONDIR": str(folder.parent / "ipython")}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout


def _row(name: str, figure: float, target: float, note: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": "s", "target": f"≤ {target}", "ok": figure <= target, "note": note}
