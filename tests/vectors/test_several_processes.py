"""Several kernels on one workspace: real processes, one index."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import motadata_nb
from motadata_nb.workspace import Workspace
from tests.vectors import kernels
from tests.vectors.spread import register

SCRIPT = Path(kernels.__file__)


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> str:
    told, wrong = process.communicate(timeout=160)
    assert process.returncode == 0, wrong[-3000:]
    return told


def opened(home: Path, backend: str) -> Workspace:
    register()
    return motadata_nb.open(home, embedder="spread", backend=backend)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["chroma", "duckdb"])
def test_four_write_while_a_fifth_reads(workspace: Path, backend: str) -> None:
    with opened(workspace, backend) as ws:
        ended(start("write", workspace, backend, 0, 8))
        assert ws.index("many").describe().chunks == 8
        reader = start("read", workspace, backend, workspace / "stop")
        assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
        for writer in [start("write", workspace, backend, n) for n in range(4)]:
            ended(writer)
        (workspace / "stop.part").write_text("4")
        (workspace / "stop.part").rename(workspace / "stop")
        told: dict[str, Any] = json.loads(ended(reader).splitlines()[-1])
        assert told["missing"] == 0, "by the reader that was open all the time"
        assert told["reads"] > 10
        index = ws.index("many")
        assert index.describe().documents == 4000 and index.describe().pending == 0
        assert kernels._missing(index, 4) == [], "by one that opens now"


@pytest.mark.parametrize("backend", ["chroma", "duckdb", "lancedb"])
def test_a_writer_that_is_killed_is_caught_up_by_the_next(workspace: Path, backend: str) -> None:
    with opened(workspace, backend) as ws:
        writer = start("write", workspace, backend, 0)
        folder = workspace / "indexes" / "1" / f"vector-{backend}"
        end = time.monotonic() + 100
        while not (folder.exists() and any(folder.iterdir())) and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
        assert writer.returncode == -signal.SIGKILL
        index = ws.index("many")
        index.catch_up()
        assert 0 < index.describe().documents <= 1000 and index.describe().pending == 0
        ended(start("write", workspace, backend, 0))
        index.catch_up()
        assert kernels._missing(index, 1) == []


def test_two_open_a_new_workspace_at_once(workspace: Path) -> None:
    writers = [start("write", workspace, "memory", n, 8) for n in range(2)]
    assert [ended(writer) for writer in writers] == ["done\n", "done\n"]
    with opened(workspace, "memory") as ws:
        assert ws.index("many").describe().documents == 16
